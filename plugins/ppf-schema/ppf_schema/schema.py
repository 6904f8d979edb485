"""`ppf schema`: the JSON Schema of a pipeline file, for editors and other tools."""

from ppf_core import Output, command, pipeline_grammar


@command("ppf schema > pipeline.schema.json")
def schema(output: Output) -> int:
    """Print the JSON Schema of a pipeline file.

    Version 2020-12, merged from the options of the installed plugins. Editors use it to complete and to check.
    """
    from ppf_schema.file_schema import pipeline_schema

    output.use_json()  # a plugin that prints while it is imported must not spoil the schema
    output.raw(pipeline_schema(pipeline_grammar()))
    return 0
