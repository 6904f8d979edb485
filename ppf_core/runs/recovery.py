"""Finishing what a run left behind that was killed, or whose publishing failed: in any later process.

What was committed is shown, in its order; all else that was staged is removed. Both may be repeated, so it does not matter
where this itself is killed.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from ppf_core.contracts.context import Dataset
from ppf_core.contracts.results import ComponentResult, RunInfo, RunStatus
from ppf_core.errors import PpfError, Problem, RunError, RunLocked
from ppf_core.resources.finishing import EngineOf, Finished, Finishing
from ppf_core.resources.run_resources import RunResources
from ppf_core.runs.cursor_commits import move_cursors, move_due
from ppf_core.spark.engine import Engine
from ppf_core.spark.engines import engines
from ppf_core.state import lines
from ppf_core.state.journal import Journal
from ppf_core.state.record import RunRecord
from ppf_core.state.recorded import RECORD, Recorded, is_held
from ppf_core.state.store import RunRecords
from ppf_core.streams.finishing import finish_batches
from ppf_core.threads import threads
from ppf_core.validation.targets import overlap
from ppf_core.validation.validate import written_values
from ppf_core.validation.validated import ValidatedPipeline

_DONE = ("success", "resumed")

Capture = Callable[[Path, Callable[[str], str]], AbstractContextManager[None]]


def recover(
    store: RunRecords, run_id: str, engine: EngineOf, *, abandon: bool = False, current: ValidatedPipeline | None = None
) -> Finished:
    """Finishes one run. abandon: shows nothing any more, removes what was staged, and so frees the targets.

    current: a file as it is now; where it has the very same sinks, it lends the secrets that the journal does not keep.
    Raises RunLocked when the run is alive, and PpfError when it cannot be finished here; then it stays as it is.
    """
    before = store.recorded(run_id)  # asked before: once we hold the record, the run looks alive
    record = store.reopen(run_id)
    try:
        journal = record.journal
        if current is not None and current.file.config.name == journal.pipeline and not abandon:
            move_cursors(record, current, store)
        batches = finish_batches(journal, engine, current, abandon=abandon) if journal.mode == "streaming" else None
        if not journal.is_open:
            record.settle()
            return batches or Finished(run_id, journal.pipeline)
        was: RunStatus = "failed" if journal.is_publishing else before.status
        finished = finish_writes(record, engine, store, abandon=abandon, current=current)
        if batches is not None:
            finished.add(batches)
        _end_published(record, before)
        problem = Problem(code="abandoned" if abandon else "recovered", message=finished.text)
        record.conclude(_ending(before, store.recorded(run_id), journal, was, problem))
    finally:
        record.release()
    return finished


def recover_alone(store: RunRecords, run_id: str, capture: Capture, *, abandon: bool = False) -> Finished:
    """`recover` with a Spark session of its own, which is only opened when there is something to do with it."""
    with ExitStack() as stack:

        def engine(resources: RunResources) -> Engine:
            log = store.folder(run_id) / "spark.log"
            stack.enter_context(capture(log, resources.redactor.redact))
            session = resources.open_session(None, log)
            stack.callback(session.close)
            return engines().engine(session.spark)

        return recover(store, run_id, engine, abandon=abandon)


def recover_touching(
    store: RunRecords, own: RunInfo, datasets: Sequence[Dataset], engine: Engine, current: ValidatedPipeline
) -> list[Finished]:
    """Finishes every dead run of the same pipeline, and every other that has left something in one of the datasets.

    own: the run that asks. Sinks need not say what they write, so all that runs of this pipeline left comes first. A run that
    is alive is left alone: its sinks hold what they write. Raises RunError for one that cannot be finished.
    """
    found = []
    for run_id, journal in store.unfinished().items():
        if run_id == own.run_id or is_held(journal.folder / RECORD):
            continue
        touches = any(overlap(write.datasets, datasets) for write in journal.open_writes)
        if touches or journal.pipeline == own.pipeline or not journal.open_writes:
            try:
                found.append(recover(store, run_id, lambda _resources: engine, current=current))
            except RunLocked:
                continue
            except PpfError as error:
                hint = f"Look at `ppf runs show {run_id}`, then `ppf runs recover {run_id}`; --abandon frees the target."
                where = "a target of this one" if touches else "this pipeline"
                message = f"The run {run_id!r} has left something in {where}, which cannot be finished: {error}"
                raise RunError(message, hint=hint) from error
    return found


def finish_writes(
    record: RunRecord,
    engine: EngineOf,
    store: RunRecords,
    *,
    abandon: bool = False,
    current: ValidatedPipeline | None = None,
) -> Finished:
    """Shows or removes what is open, and moves the cursors. The record is open, and stays so."""
    journal = record.journal
    finished = Finished(journal.run_id, journal.pipeline)

    def ended(result: ComponentResult) -> None:
        record.write(lines.ComponentEnded(result))

    if journal.open_writes:
        values, home = written_values(journal.file), journal.source.parent
        Finishing(values, journal.file, home, record.write, engine, current, ended=ended).finish(
            journal.open_writes, finished, abandon=abandon
        )
    move_due(record, store)
    return finished


def _end_published(record: RunRecord, before: Recorded) -> None:
    """The sinks that are published and whose end was never told: death came in between."""
    told = {result.name for result in before.results if result.status in _DONE} | record.journal.written
    for planned in before.plan.components:
        if planned["name"] in record.journal.published - told:
            known = {key: planned[key] for key in ("name", "kind", "plugin", "distribution")}
            record.write(lines.ComponentEnded(ComponentResult(**known, status="success", staged=True, published=True)))


def _ending(before: Recorded, now: Recorded, journal: Journal, was: RunStatus, problem: Problem) -> lines.RunEnded:
    """The last line: a success only when all that was committed is shown, and all that was asked for has succeeded."""
    asked = {planned["name"] for planned in now.plan.components if planned["selected"]}
    done = {result.name for result in now.results if result.status in _DONE}
    earlier = before.ended
    problems = tuple(earlier.problems) if earlier is not None else ()
    is_whole = asked <= done and not journal.hidden and not problems
    return lines.RunEnded(
        status="success" if is_whole else was,
        exit_code=0 if is_whole else (earlier.exit_code if earlier is not None else 0) or 1,
        ended_at=threads().now(),
        duration=earlier.duration if earlier is not None else None,
        problems=(*problems, problem),
    )
