"""Finishing what a run left behind that was killed, or whose publishing failed: in any later process.

What was committed is shown, in its order; all else that was staged is removed. Both may be repeated, so it does not matter
where this itself is killed.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ppf_core.contracts.components import TargetMoved
from ppf_core.contracts.context import Dataset
from ppf_core.contracts.results import ComponentResult, RunInfo, RunStatus
from ppf_core.contracts.secrets import MASK
from ppf_core.errors import PpfError, Problem, RunError, RunLocked
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.quarantine_folders import folder_at
from ppf_core.execution.run_frames import RunFrames
from ppf_core.execution.steps import Steps
from ppf_core.jvm.errors import describe_error
from ppf_core.planning.roles import is_quarantine, roles_of
from ppf_core.resources.run_resources import RunResources
from ppf_core.runs.cursor_commits import move_cursors, move_due
from ppf_core.secrets.redaction import redacted_cause, redacted_error
from ppf_core.spark.engine import Engine
from ppf_core.spark.engines import engines
from ppf_core.state import lines
from ppf_core.state.journal import Journal, Write
from ppf_core.state.record import RunRecord
from ppf_core.state.recorded import RECORD, Recorded, is_held
from ppf_core.state.recorded_plan import without_secrets
from ppf_core.state.store import RunRecords
from ppf_core.threads import threads
from ppf_core.validation.selection import BoundPlugin
from ppf_core.validation.targets import overlap
from ppf_core.validation.validate import check_writes
from ppf_core.validation.validated import ValidatedPipeline

_DONE = ("success", "resumed")

Capture = Callable[[Path, Callable[[str], str]], AbstractContextManager[None]]
EngineOf = Callable[[RunResources], Engine]


@dataclass
class Finished:
    """What was done for one run, by the names of its sinks. target_changed: those that could not be shown, with the reason."""

    run_id: str
    pipeline: str
    published: list[str]
    discarded: list[str]
    target_changed: dict[str, str]

    @property
    def text(self) -> str:
        """In one sentence."""
        parts = [f"published {', '.join(self.published)}"] if self.published else []
        parts += [f"discarded {', '.join(self.discarded)}"] if self.discarded else []
        parts += [f"could not publish {name} ({reason})" for name, reason in self.target_changed.items()]
        return f"The run {self.run_id!r} was finished: {'; '.join(parts) or 'nothing was left to do'}."


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
        if not journal.is_open:
            record.settle()
            return Finished(run_id, journal.pipeline, [], [], {})
        was: RunStatus = "failed" if journal.is_publishing else before.status
        finished = finish_writes(record, engine, store, abandon=abandon, current=current)
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
    finished = Finished(journal.run_id, journal.pipeline, [], [], {})
    if journal.open_writes:
        names = [write.component for write in journal.open_writes if not is_quarantine(write.component)]
        resources = RunResources(_whole(check_writes(journal.file, journal.source.parent, names), current), names)
        redactor = resources.redactor
        try:
            resources.resolve_secrets()
            validated = resources.validated
            components = resources.components(roles_of(validated, names)) | _folders(journal)
            spark = engine(resources)
            own = journal.run_id, journal.pipeline
            frames = RunFrames(spark, *own, components, record.write, validated.dataflow, redact=redactor.redact)
            steps = Steps.of(frames)
            for write in journal.open_writes:
                component = components[write.component]
                _finish(write, component, steps, finished, abandon=abandon)
                if component.status is not None and not component.is_quarantine:
                    record.write(lines.ComponentEnded(component.result()))
        except PpfError as error:
            redacted_error(error, redactor)
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code
            told = describe_error(error)
            raise RunError(redactor.redact(f"{told.type}: {told.message}")) from redacted_cause(error, redactor)
        finally:
            resources.close()
    move_due(record, store)
    return finished


def _folders(journal: Journal) -> dict[str, ComponentRun]:
    """The folders of bad rows among the open writes; these need no plugin."""
    return {
        write.component: folder_at(write.component, write.datasets[0], journal.run_id)
        for write in journal.open_writes
        if is_quarantine(write.component)
    }


def _finish(write: Write, component: ComponentRun, steps: Steps, finished: Finished, *, abandon: bool) -> None:
    component.ticket = write.ticket
    component.start()
    name = write.component
    if write.state == "committed" and not abandon:
        try:
            steps.publish(component)
        except TargetMoved as error:
            steps.discard(component)
            finished.target_changed[name] = steps.frames.redact(str(error))
        else:
            component.end("success")
            component.staged = True
            finished.published.append(name)
    else:
        steps.discard(component)
        finished.discarded.append(name)


def _whole(validated: ValidatedPipeline, current: ValidatedPipeline | None) -> ValidatedPipeline:
    """The journal keeps no secret that stands in the file itself; the file of the run that asks may have it still."""
    lends = current is not None and current.file.config.name == validated.file.config.name
    own = {name: each.plugin for name, each in current.components.items()} if current is not None and lends else {}
    backends = current.backends if current is not None and lends else {}
    return replace(
        validated,
        components={
            name: replace(each, plugin=_with_secrets(each.plugin, own.get(name))) for name, each in validated.components.items()
        },
        backends={name: _with_secrets(each, backends.get(name)) for name, each in validated.backends.items()},
    )


def _with_secrets(plugin: BoundPlugin, now: BoundPlugin | None) -> BoundPlugin:
    if not _holds_mask(plugin.values):
        return plugin
    if now is None or without_secrets(now) != without_secrets(plugin):
        hint = "Run the same pipeline again, or use a reference such as secret://env/NAME."
        raise RunError(f"The options of {plugin.name!r} hold a secret as text, which the journal does not keep.", hint=hint)
    return now


def _holds_mask(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_mask, value.values()))
    return any(map(_holds_mask, value)) if isinstance(value, list) else value == MASK


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
