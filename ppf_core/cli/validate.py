"""`ppf validate`: everything that is wrong with a file, without Spark."""

import click

from ppf_core.cli.options import CONTEXT, example, json_option, pipeline_argument
from ppf_core.cli.output import Output, counted


@click.command(context_settings=CONTEXT, epilog=example("ppf validate flights.conf", "ppf validate flights.conf --json"))
@pipeline_argument
@json_option
@click.pass_obj
def command(output: Output, pipeline: str, overrides: dict[str, str]) -> int:
    """Report every mistake in PIPELINE with its place.

    All of them at once. Starts no Spark, needs no network, and imports only the plugins that the file names.
    """
    output.expect(pipeline=None, problems=[], warnings=[])
    from ppf_core.pipeline.documents import to_document
    from ppf_core.pipeline.validation import check_pipeline

    checked = check_pipeline(pipeline, overrides)
    config = checked.file.config
    if output.json:
        found = {"pipeline": config.name or None, "problems": checked.problems, "warnings": checked.warnings}
        output.document(to_document(found), ok=not checked.problems)
        return checked.exit_code
    output.problems(checked.warnings, warning=True)
    if checked.problems:
        return output.failure(checked.problems, checked.exit_code)
    output.text(f"{pipeline}: ok, pipeline {config.name!r} with {counted(len(config.components), 'component')}.")
    return 0
