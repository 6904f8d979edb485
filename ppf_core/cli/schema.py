"""`ppf schema`: the JSON Schema of a pipeline file, for editors and other tools."""

import click

from ppf_core.cli.options import CONTEXT, example, json_option
from ppf_core.cli.output import Output


@click.command(context_settings=CONTEXT, epilog=example("ppf schema > pipeline.schema.json"))
@json_option
@click.pass_obj
def command(output: Output) -> int:
    """Print the JSON Schema of a pipeline file.

    Version 2020-12, merged from the options of the installed plugins. Editors use it to complete and to check.
    """
    from ppf_core.pipeline.file_schema import pipeline_schema
    from ppf_core.plugins.registry import PluginRegistry

    output.use_json()  # a plugin that prints while it is imported must not spoil the schema
    output.raw(pipeline_schema(PluginRegistry.discover()))
    return 0
