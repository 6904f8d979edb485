"""`ppf quarantine`: the rows that checks set apart, and running them again."""

from collections.abc import Callable
from typing import Any

import click

from ppf_core import Output, PipelineResult, RunStore, command

Execute = Callable[[Callable[[Any], PipelineResult], RunStore], int]
"""Shows how what it is given runs and ends, and gives the exit code."""

_run = click.argument("run_id", metavar="RUN_ID")
_component = click.option("--component", metavar="C", help="The rows of this component; needed where a run has several.")


@command("ppf quarantine list", "ppf quarantine list --pipeline flights.conf", takes=["runs"], quarantined=[], problems=[])
@click.argument("run_id", metavar="[RUN_ID]", required=False)
def list_(output: Output, store: RunStore, run_id: str | None) -> int:
    """List what lies in quarantine: how many rows, and whether they were replayed."""
    found = store.quarantine.find(run_id)
    if output.json:
        output.document({"quarantined": found})
    elif found:
        rows = [(each.run_id, each.pipeline, each.component, each.rows, each.replayed_by, each.path) for each in found]
        output.table(("run", "pipeline", "component", "rows", "replayed by", "path"), rows)
    else:
        output.text(f"There are no rows in quarantine{f' of {store.pipeline}' if store.pipeline else ''} in {store.state_dir}.")
    return 0


@command(
    "ppf quarantine show 20260131T235959-1f2e3d --component late",
    takes=["runs"],
    run_id=None,
    component=None,
    columns=[],
    rows=[],
    problems=[],
)
@_run
@_component
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="How many rows.")
def show(output: Output, store: RunStore, run_id: str, component: str | None, limit: int) -> int:
    """Print quarantined rows, each with the names of the checks that it failed."""
    found = store.quarantine.choose(run_id, component)
    seen = store.quarantine.preview(found, limit, output.capture)
    if output.json:
        shown = [dict(zip(seen.columns, row, strict=True)) for row in seen.rows]
        document = {"run_id": run_id, "component": found.component, "columns": seen.columns, "rows": shown, "problems": []}
        output.document(document)
    else:
        output.table(seen.columns, [["NULL" if value is None else value for value in row] for row in seen.rows])
        output.note(f"{len(seen.rows)} row{'' if len(seen.rows) == 1 else 's'}.")
    return 0


@command("ppf quarantine replay 20260131T235959-1f2e3d --component late", takes=["run", "runs"])
@_run
@_component
@click.option("--empty", metavar="B", multiple=True, help="A component that meets the rows and gives none: for a union.")
@click.option(
    "--read", metavar="B", multiple=True, help="A component that meets the rows and gives all of its own: for a join."
)
def replay(
    _output: Output,
    store: RunStore,
    execute: Execute,
    run_id: str,
    component: str | None,
    empty: tuple[str, ...],
    read: tuple[str, ...],
) -> int:
    """Run the pipeline, as its file is now, on quarantined rows alone.

    The rows take the place of what the component gives, and are checked again. What is good now is added to the targets; what
    is bad again lies in quarantine under the new run. Rows that were replayed never come again. Where they meet the rows of
    another component, say with --empty or --read what that gives. The file is the one that the run had, or --pipeline.
    """
    rows = store.quarantine.choose(run_id, component)
    return execute(lambda request: store.quarantine.replay(rows, request, empty=empty, read=read), store)
