"""`ppf runs`: the records of earlier runs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ppf_core.cli.groups import LazyGroup
from ppf_core.cli.options import set_option, verb
from ppf_core.cli.output import Output, seconds
from ppf_core.cli.results import RUN_SHAPE, print_result

if TYPE_CHECKING:
    from ppf_core.state.store import RunStore

F = TypeVar("F", bound=Callable[..., Any])


_MEMBERS = {
    "list": f"{__name__}:list_",
    "show": f"{__name__}:show",
    "recover": "ppf_core.cli.recover:command",
    "clean": "ppf_core.cli.clean:command",
    "breakers": "ppf_core.cli.breakers:command",
}


command = LazyGroup("Look at earlier runs.", _MEMBERS, "ppf runs list", "ppf runs show 20260131T235959-1f2e3d", path="runs")


def store_options(function: F) -> F:
    """Where the records lie: `--pipeline` with `--set`, or `--state-dir`."""
    which = click.option("--pipeline", type=click.Path(), metavar="FILE", help="Runs of this pipeline file.")
    where = click.option("--state-dir", type=click.Path(), metavar="DIR", help="Runs under this folder. Default: .ppf.")
    return which(where(set_option(function)))


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


def find_store(pipeline: str | None, state_dir: str | None, overrides: dict[str, str]) -> "tuple[RunStore, str | None]":
    """The store, and the name of the pipeline whose runs are wanted. RunError for one that this version does not read."""
    from ppf_core.config.loader import ConfigLoader
    from ppf_core.state.store import RunStore

    file = ConfigLoader(pipeline, overrides).load() if pipeline is not None else None
    default = Path(".ppf") if file is None else file.folder / file.config.runtime.state_dir
    store = RunStore(Path(state_dir) if state_dir else default)
    store.require_known()
    return store, (file.config.name or None) if file is not None else None


def _problem(document: dict[str, Any]) -> Any:
    from ppf_core.errors import Problem

    return Problem(**document)
