"""How a verb is written: `command` makes it, for plugins and with the options that the kernel's own verbs have."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ppf_core.cli.options import pipeline_argument, session_options, verb
from ppf_core.cli.output import Output
from ppf_core.cli.results import RUN_SHAPE, report_result
from ppf_core.cli.stores import find_store, store_options

if TYPE_CHECKING:
    from ppf_core.contracts.results import PipelineResult
    from ppf_core.runs.quarantine import Quarantine
    from ppf_core.runs.runner import RunRequest
    from ppf_core.state.store import RunRecords


class RunStore:
    """The records of the runs below one state directory. pipeline: the name of the one that `--pipeline` asks for.

    Raises ConfigError, with a near miss, for a run that is not there.
    """

    def __init__(
        self,
        records: "RunRecords",
        pipeline: str | None = None,
        file: str | None = None,
        overrides: Mapping[str, object] | None = None,
    ) -> None:
        self.state_dir = records.state_dir
        self.pipeline = pipeline
        self._records = records
        self._found_by = pipeline, file, overrides

    def show(self, run_id: str) -> dict[str, Any]:
        """The document of one run, as `ppf runs show` prints it."""
        return self._records.show(run_id)

    def report(self, run_id: str) -> dict[str, Any]:
        """The document of one run and all else that its record knows; `streams`: how the batches of each query were."""
        from ppf_core.monitoring.history import read_history

        return {**self._records.report(run_id), "streams": read_history(self._records.folder(run_id))}

    def folder(self, run_id: str) -> Path:
        """Where the record of one run lies."""
        return self._records.folder(run_id)

    @property
    def quarantine(self) -> "Quarantine":
        """The rows that checks set apart in these runs."""
        from ppf_core.runs.quarantine import Quarantine

        return Quarantine(self._records, *self._found_by)

    def list(self) -> list[dict[str, Any]]:
        """The heads of the runs, the oldest first."""
        return self._records.list(self.pipeline)


def command(*examples: str, takes: Sequence[str] = (), **shape: Any) -> Callable[[Callable[..., int]], click.Command]:
    """Makes a verb of ppf of a function. It takes the Output first, gives the exit code, and has `--json` as every verb.

    examples: command lines for its help. shape: the keys of its document, with the values that they have when it fails.
    takes: what its command line has besides its own options, each with the argument of the function that it becomes:
    `pipeline`, the PIPELINE file and `--set`, as `pipeline` and `overrides`; `session`, `--master` and `--remote`, which
    join the `overrides`; `runs`, `--pipeline`, `--state-dir` and `--set`, as `store`, a RunStore; `run`, `--no-progress` and
    the keys of the document of a run, as `execute`: it shows how what it is given runs and ends, and gives the exit code.
    """

    def decorate(function: Callable[..., int]) -> click.Command:
        for each in reversed(takes):
            function = _TAKERS[each](function)
        return verb(*examples, **(RUN_SHAPE if "run" in takes else {}), **shape)(function)

    return decorate


def _with_store(function: Callable[..., int]) -> Callable[..., int]:
    @wraps(function)
    def found(output: Output, *, pipeline: str | None, state_dir: str | None, overrides: dict[str, str], **others: Any) -> int:
        records, name = find_store(pipeline, state_dir, overrides)
        return function(output, store=RunStore(records, name, pipeline, overrides), **others)

    return store_options(found)


def _with_execute(function: Callable[..., int]) -> Callable[..., int]:
    @click.option("--no-progress", is_flag=True, help="Show nothing while the run goes on.")
    @wraps(function)
    def found(output: Output, *, no_progress: bool, **others: Any) -> int:
        def execute(run: "Callable[[RunRequest], PipelineResult]", store: RunStore) -> int:
            from ppf_core.cli.progress import progress
            from ppf_core.jvm.standard_streams import StandardStreams
            from ppf_core.runs.runner import RunRequest

            with progress(output, wanted=not no_progress) as display:
                result = run(RunRequest(observers=(display,), capture=StandardStreams(output.json).capture))
            return report_result(output, result, store.folder(result.run_id) / "record.jsonl")

        return function(output, execute=execute, **others)

    return found


_TAKERS: dict[str, Callable[[Callable[..., int]], Callable[..., int]]] = {
    "pipeline": pipeline_argument,
    "session": session_options,
    "runs": _with_store,
    "run": _with_execute,
}
