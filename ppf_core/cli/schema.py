"""`ppf schema`: the JSON Schema of a pipeline file, for editors and other tools."""

from ppf_core.cli.options import verb
from ppf_core.cli.output import Output


@verb("ppf schema > pipeline.schema.json")
def command(output: Output) -> int:
    """Print the JSON Schema of a pipeline file.

    Version 2020-12, merged from the options of the installed plugins. Editors use it to complete and to check.
    """
    from ppf_core.plugins.registry import PluginRegistry
    from ppf_core.validation.file_schema import pipeline_schema

    output.use_json()  # a plugin that prints while it is imported must not spoil the schema
    output.raw(pipeline_schema(PluginRegistry.discover()))
    return 0
