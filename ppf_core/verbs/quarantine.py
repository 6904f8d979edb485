"""`ppf quarantine`: the rows that checks set apart, and running them again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ppf_core.cli.groups import LazyGroup
from ppf_core.cli.options import verb
from ppf_core.cli.output import Output, counted
from ppf_core.cli.results import RUN_SHAPE, report_result
from ppf_core.cli.stores import find_store, store_options

if TYPE_CHECKING:
    from ppf_core.runs.replay import Quarantined
    from ppf_core.state.store import RunStore

_MEMBERS = {name: f"{__name__}:{name.replace('list', 'list_')}" for name in ("list", "show", "replay")}

command = LazyGroup(
    "Look at the rows that checks set apart, and run them again.",
    _MEMBERS,
    "ppf quarantine list",
    "ppf quarantine replay 20260131T235959-1f2e3d",
    path="quarantine",
)

_run = click.argument("run_id", metavar="RUN_ID")
_component = click.option("--component", metavar="C", help="The rows of this component; needed where a run has several.")


@verb("ppf quarantine list", "ppf quarantine list --pipeline flights.conf", quarantined=[], problems=[])
@click.argument("run_id", metavar="[RUN_ID]", required=False)
@store_options
def list_(output: Output, run_id: str | None, pipeline: str | None, state_dir: str | None, overrides: dict[str, str]) -> int:
    """List what lies in quarantine: how many rows, and whether they were replayed."""
    from ppf_core.runs.replay import find_quarantined

    store, name = find_store(pipeline, state_dir, overrides)
    found = find_quarantined(store, run_id, name)
    if output.json:
        output.document({"quarantined": [vars(each) for each in found]})
    elif found:
        rows = [(each.run_id, each.pipeline, each.component, each.rows, each.replayed_by, each.path) for each in found]
        output.table(("run", "pipeline", "component", "rows", "replayed by", "path"), rows)
    else:
        output.text(f"There are no rows in quarantine{f' of {name}' if name else ''} in {store.state_dir}.")
    return 0


@verb(
    "ppf quarantine show 20260131T235959-1f2e3d --component late",
    run_id=None,
    component=None,
    columns=[],
    rows=[],
    problems=[],
)
@_run
@_component
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="How many rows.")
@store_options
def show(
    output: Output,
    run_id: str,
    component: str | None,
    limit: int,
    pipeline: str | None,
    state_dir: str | None,
    overrides: dict[str, str],
) -> int:
    """Print quarantined rows, each with the names of the checks that it failed."""
    from ppf_core.jvm.standard_streams import StandardStreams
    from ppf_core.runs.replay import look
    from ppf_core.state.documents import to_document

    store, _ = find_store(pipeline, state_dir, overrides)
    rows = _find(store, run_id, component)
    preview = look(store, rows, limit, StandardStreams(output.json).capture)
    if output.json:
        shown = [dict(zip(preview.columns, row, strict=True)) for row in preview.rows]
        document = {"run_id": run_id, "component": rows.component, "columns": preview.columns, "rows": shown, "problems": []}
        output.document(to_document(document))
    else:
        output.table(preview.columns, [["NULL" if value is None else value for value in row] for row in preview.rows])
        output.note(f"{counted(len(preview.rows), 'row')}.")
    return 0


@verb("ppf quarantine replay 20260131T235959-1f2e3d --component late", **RUN_SHAPE)
@_run
@_component
@click.option("--empty", metavar="B", multiple=True, help="A component that meets the rows and gives none: for a union.")
@click.option(
    "--read", metavar="B", multiple=True, help="A component that meets the rows and gives all of its own: for a join."
)
@click.option("--no-progress", is_flag=True, help="Show nothing while the run goes on.")
@store_options
def replay(
    output: Output,
    run_id: str,
    component: str | None,
    empty: tuple[str, ...],
    read: tuple[str, ...],
    no_progress: bool,
    pipeline: str | None,
    state_dir: str | None,
    overrides: dict[str, str],
) -> int:
    """Run the pipeline, as its file is now, on quarantined rows alone.

    The rows take the place of what the component gives, and are checked again. What is good now is added to the targets; what
    is bad again lies in quarantine under the new run. Rows that were replayed never come again. Where they meet the rows of
    another component, say with --empty or --read what that gives. The file is the one that the run had, or --pipeline.
    """
    from ppf_core.cli.progress import progress
    from ppf_core.jvm.standard_streams import StandardStreams
    from ppf_core.runs.replay import SideInputs, merging
    from ppf_core.runs.runner import PipelineRunner, RunRequest
    from ppf_core.validation.validate import validate_pipeline

    store, _ = find_store(pipeline, state_dir, overrides)
    rows = _find(store, run_id, component)
    file = pipeline or rows.file
    settings: dict[str, object] = {**overrides, "runtime.state_dir": str(Path(store.state_dir).absolute())}
    settings |= merging(validate_pipeline(file, settings), rows.component)
    with progress(output, wanted=not no_progress) as display:
        request = RunRequest(observers=(display,), capture=StandardStreams(output.json).capture)
        result = PipelineRunner.from_file(file, settings).replay(rows, request, SideInputs(frozenset(empty), frozenset(read)))
    return report_result(output, result, store.folder(result.run_id) / "record.jsonl")


def _find(store: "RunStore", run_id: str, component: str | None) -> "Quarantined":
    from ppf_core.runs.replay import chosen, find_quarantined

    return chosen(find_quarantined(store, run_id), run_id, component)
