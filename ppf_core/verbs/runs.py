"""`ppf runs`: the records of earlier runs."""

from typing import Any

import click

from ppf_core.cli.groups import LazyGroup
from ppf_core.cli.options import verb
from ppf_core.cli.output import Output, seconds
from ppf_core.cli.results import RUN_SHAPE, print_result
from ppf_core.cli.stores import find_store, store_options

_MEMBERS = {
    "list": f"{__name__}:list_",
    "show": f"{__name__}:show",
    "recover": "ppf_core.verbs.recover:command",
    "clean": "ppf_core.verbs.clean:command",
    "breakers": "ppf_core.verbs.breakers:command",
}


command = LazyGroup("Look at earlier runs.", _MEMBERS, "ppf runs list", "ppf runs show 20260131T235959-1f2e3d", path="runs")


@verb("ppf runs list", "ppf runs list --pipeline flights.conf", runs=[], problems=[])
@store_options
def list_(output: Output, pipeline: str | None, state_dir: str | None, overrides: dict[str, str]) -> int:
    """List the runs, the oldest first."""
    store, name = find_store(pipeline, state_dir, overrides)
    runs = store.list(name)
    if output.json:
        output.document({"runs": runs})
    elif runs:
        rows = [
            (each["run_id"], each["pipeline"], each["status"], each["started_at"], seconds(each["duration"])) for each in runs
        ]
        output.table(("run", "pipeline", "status", "started", "duration"), rows)
    else:
        output.text(f"There are no runs{f' of {name}' if name else ''} in {store.state_dir}.")
    return 0


@verb("ppf runs show 20260131T235959-1f2e3d", **RUN_SHAPE)
@click.argument("run_id", metavar="ID")
@store_options
def show(output: Output, run_id: str, pipeline: str | None, state_dir: str | None, overrides: dict[str, str]) -> int:
    """Show how the components of one run went."""
    store, _ = find_store(pipeline, state_dir, overrides)
    run = store.show(run_id)
    if output.json:
        # The command succeeded; `ok` and `exit_code` tell of the run, as they did when it ended.
        output.document(run, ok=run["status"] == "success")
    else:
        print_result(output, run)
        output.problems([_problem(problem) for problem in run["problems"]])
    return 0


def _problem(document: dict[str, Any]) -> Any:
    from ppf_core.errors import Problem

    return Problem(**document)
