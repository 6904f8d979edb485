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
    from ppf_core.validation.validate import check_pipeline

    checked = check_pipeline(pipeline, overrides)
    config = checked.file.config
    if output.json:
        found = {"pipeline": config.name or None, "problems": checked.problems, "warnings": checked.warnings}
        output.document(to_document(found), ok=not checked.problems)
        return checked.exit_code
    output.problems(checked.warnings, warning=True)
    if checked.problems:
        return output.failure(checked.problems, checked.exit_code)
    output.text(f"{pipeline}: ok, pipeline {config.name!r} with {counted(len(checked.components), 'component')}.")
    return 0
