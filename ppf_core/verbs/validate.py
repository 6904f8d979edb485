"""`ppf validate`: everything that is wrong with a file, without Spark."""

from ppf_core.cli.options import pipeline_argument, verb
from ppf_core.cli.output import Output, counted


@verb("ppf validate flights.conf", "ppf validate flights.conf --json", pipeline=None, problems=[], warnings=[])
@pipeline_argument
def command(output: Output, pipeline: str, overrides: dict[str, str]) -> int:
    """Report every mistake in PIPELINE with its place.

    All of them at once. Starts no Spark, needs no network, and imports only the plugins that the file names.
    """
    from ppf_core.state.documents import to_document
    from ppf_core.validation.validate import validate_pipeline

    validated = validate_pipeline(pipeline, overrides)
    config = validated.file.config
    if output.json:
        found = {"pipeline": config.name or None, "problems": validated.problems, "warnings": validated.warnings}
        output.document(to_document(found), ok=not validated.problems)
        return validated.exit_code
    output.problems(validated.warnings, warning=True)
    if validated.problems:
        return output.failure(validated.problems, validated.exit_code)
    output.text(f"{pipeline}: ok, pipeline {config.name!r} with {counted(len(validated.components), 'component')}.")
    return 0
