"""`ppf show`: a look at the rows of one component."""

import click

from ppf_core.cli.options import pipeline_argument, verb
from ppf_core.cli.output import Output, counted


@verb("ppf show flights.conf late --limit 5", component=None, columns=[], rows=[], problems=[])
@pipeline_argument
@click.argument("component")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="How many rows.")
def command(output: Output, pipeline: str, overrides: dict[str, str], component: str, limit: int) -> int:
    """Print rows of one COMPONENT of PIPELINE. Runs what the component needs; writes and publishes nothing."""
    output.expect(component=component)
    from ppf_core.jvm.standard_streams import StandardStreams
    from ppf_core.runs.runner import PipelineRunner
    from ppf_core.state.documents import to_document

    capture = StandardStreams(output.json).capture
    preview = PipelineRunner.from_file(pipeline, overrides).preview(component, limit, capture=capture)
    if output.json:
        rows = [dict(zip(preview.columns, row, strict=True)) for row in preview.rows]
        shown = {"component": component, "columns": preview.columns, "rows": rows, "problems": []}
        output.document(to_document(shown))
    else:
        output.table(preview.columns, [["NULL" if value is None else value for value in row] for row in preview.rows])
        output.note(f"{counted(len(preview.rows), 'row')}.")
    return 0
