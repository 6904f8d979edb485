"""`ppf runs`: the records of earlier runs."""

from typing import TYPE_CHECKING, Any

import click

from ppf_core.cli.groups import LazyGroup
from ppf_core.cli.options import verb
from ppf_core.cli.output import Output, seconds
from ppf_core.cli.results import RUN_SHAPE, print_result
from ppf_core.cli.stores import find_store, store_options

if TYPE_CHECKING:
    from ppf_core.state.store import RunRecords

_LOOK_SECONDS = 0.2
_MEMBERS = {
    "list": f"{__name__}:list_",
    "show": f"{__name__}:show",
    "stop": f"{__name__}:stop",
    "recover": "ppf_core.verbs.recover:command",
    "clean": "ppf_core.verbs.clean:command",
    "breakers": "ppf_core.verbs.breakers:command",
}


command = LazyGroup("Look at earlier runs.", _MEMBERS, "ppf runs list", "ppf runs show 20260131T235959-1f2e3d", path="runs")


@verb("ppf runs list", "ppf runs list --pipeline flights.conf", runs=[], problems=[])
@store_options
def list_(output: Output, pipeline: str | None, state_dir: str | None, overrides: dict[str, str]) -> int:
    """List the runs, the oldest first; of a stream that goes on, with its last batch."""
    from ppf_core.cli.stream_text import newest_text
    from ppf_core.monitoring.history import last_batches
    from ppf_core.threads import threads

    store, name = find_store(pipeline, state_dir, overrides)
    runs = store.list(name)
    for run in runs:
        if run["status"] == "running" and (queries := last_batches(store.folder(run["run_id"]))):
            run["streams"] = queries
    if output.json:
        output.document({"runs": runs})
    elif runs:
        headings = ["run", "pipeline", "status", "started", "duration"]
        rows = [
            [each["run_id"], each["pipeline"], each["status"], each["started_at"], seconds(each["duration"])] for each in runs
        ]
        if any("streams" in each for each in runs):
            headings.append("last batch")
            rows = [[*row, newest_text(each.get("streams", ()), threads().now())] for row, each in zip(rows, runs, strict=True)]
        output.table(headings, rows)
    else:
        output.text(f"There are no runs{f' of {name}' if name else ''} in {store.state_dir}.")
    return 0


@verb("ppf runs show 20260131T235959-1f2e3d", **RUN_SHAPE)
@click.argument("run_id", metavar="ID")
@store_options
def show(output: Output, run_id: str, pipeline: str | None, state_dir: str | None, overrides: dict[str, str]) -> int:
    """Show how the components of one run went, and how the queries of a stream stand."""
    from ppf_core.cli.stream_text import print_queries
    from ppf_core.monitoring.history import last_batches

    store, _ = find_store(pipeline, state_dir, overrides)
    run = store.show(run_id)
    if queries := last_batches(store.folder(run_id)):
        run["streams"] = queries
    if output.json:
        # The command succeeded; `ok` and `exit_code` tell of the run, as they did when it ended.
        output.document(run, ok=run["status"] == "success")
    else:
        print_queries(output, queries)
        print_result(output, run)
        output.problems([_problem(problem) for problem in run["problems"]])
    return 0


@verb("ppf runs stop 20260131T235959-1f2e3d", **dict.fromkeys(("run_id", "pipeline", "status")), problems=())
@click.argument("run_id", metavar="ID")
@click.option("--now", is_flag=True, help="Cancel the batches at work: nothing of them is shown, and the next run does them.")
@click.option("--no-wait", is_flag=True, help="Return at once; the stream ends soon after.")
@store_options
def stop(
    output: Output,
    run_id: str,
    now: bool,
    no_wait: bool,
    pipeline: str | None,
    state_dir: str | None,
    overrides: dict[str, str],
) -> int:
    """Drain a stream that runs elsewhere, by the ID of its run.

    The batches at work are finished and published, and the run ends with the status success. Waits until it has ended.
    """
    from ppf_core.errors import RunError
    from ppf_core.streams.handle import ask_to_stop

    store, _ = find_store(pipeline, state_dir, overrides)
    _require_stream_alive(store, run_id)
    try:
        ask_to_stop(store.folder(run_id), "now" if now else "drain")
    except OSError as error:
        hint = "Free space there, or make it writable; or end the process of the run with SIGTERM."
        raise RunError(f"The run {run_id!r} cannot be told to end: {error.strerror or error}.", hint=hint) from error
    run = store.show(run_id) if no_wait else _ended(store, run_id)
    if output.json:
        output.document(run, ok=run["status"] != "failed")
    elif no_wait:
        output.text(f"Run {run_id} ends soon.")
    else:
        output.text(f"Run {run_id} of {run['pipeline']}: {run['status']} after {seconds(run['duration'])}.")
    return int(run["status"] == "failed")


def _require_stream_alive(store: "RunRecords", run_id: str) -> None:
    from ppf_core.errors import ConfigError
    from ppf_core.state.recorded import holder_of

    run = store.report(run_id)
    if run["mode"] != "streaming":
        hint = (
            f"A batch run ends by itself. To interrupt it, send SIGINT or SIGTERM to process {holder_of(store.folder(run_id))}."
        )
        raise ConfigError(f"The run {run_id!r} is no stream: it cannot be drained.", hint=hint)
    if run["status"] != "running":
        message = f"The run {run_id!r} is not alive: its status is {run['status']}."
        raise ConfigError(message, hint="Nothing is left to stop. `ppf runs list` shows which runs are running.")


def _ended(store: "RunRecords", run_id: str) -> dict[str, Any]:
    from ppf_core.threads import threads

    while (run := store.show(run_id))["status"] == "running":
        threads().sleep(_LOOK_SECONDS)
    return run


def _problem(document: dict[str, Any]) -> Any:
    from ppf_core.errors import Problem

    return Problem(**document)
