"""What is done with a batch: a small run of all that lies below the input of its query, by the executor of every run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ppf_core.contracts.components import StagedSink
from ppf_core.contracts.results import ErrorInfo, RunInfo
from ppf_core.errors import CheckFailed
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.executor import Executor
from ppf_core.execution.quarantine_folders import quarantine_sink
from ppf_core.execution.run_frames import Batch, RunFrames
from ppf_core.execution.steps import Steps
from ppf_core.planning.roles import has_quarantine, origin_of_quarantine, quarantine_of
from ppf_core.planning.streams import BatchPlan
from ppf_core.quality.checking import Checking, Evaluate
from ppf_core.spark.engines import engines
from ppf_core.spark.rules import BATCH
from ppf_core.state.events import ComponentEnded, ComponentStarted, Event, Observer, StepStarted
from ppf_core.streams.journal import BatchJournal
from ppf_core.streams.lease import Lease
from ppf_core.streams.totals import run_folder
from ppf_core.validation.replacing import GivenRows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_OF_THE_RUN = (ComponentStarted, ComponentEnded, StepStarted)
"""What a stream tells once, and not for each batch."""


class BatchFailed(Exception):
    """A batch could not be done. Nothing of it is shown, or what was decided will be. component: what failed first."""

    def __init__(self, component: ComponentRun, error: ErrorInfo) -> None:
        super().__init__(f"{component.info.name!r}: {error.type}: {error.message}")
        self.component = component
        self.error = error


def reason_of(error: BaseException) -> BaseException:
    """What made a query fail: the error of a component, or that its checks rejected a batch."""
    if not isinstance(error, BatchFailed):
        return error
    if error.component.rejection is not None:
        return CheckFailed(error.error.message)
    return error.component.failure or error


@dataclass
class Batches:
    """The batches of one query. `run` is called for one after the other.

    components: those of the run, whose instances serve in every batch. given: the frames that batches read besides their own
    rows. is_steady: whether a batch has the same rows each time it is computed. recognise: raises where its rows may be those
    of something else. veto: why nothing may be shown any more. set_apart: hears of the components of which bad rows will be
    shown, and where. done: hears of each batch that was shown. repeated: the batch that came again, and was not computed again.
    """

    query: str
    input: str
    plan: BatchPlan
    components: Mapping[str, ComponentRun]
    given: "Mapping[str, DataFrame]"
    journal: BatchJournal
    lease: Lease
    checkpoint: str
    run_info: RunInfo
    data_dir: str
    emit: Observer
    describe: Callable[[BaseException], ErrorInfo]
    evaluate: Evaluate
    redact: Callable[[str], str]
    is_steady: bool
    recognise: Callable[[], None]
    veto: Callable[[], str | None]
    set_apart: Callable[[str, str], None]
    done: Callable[[int, Mapping[str, ComponentRun]], None]
    repeated: int | None = field(default=None, init=False)
    _is_first: bool = field(default=True, init=False)

    def run(self, frame: "DataFrame", number: int) -> None:
        """Stages, judges, commits and shows one batch; does nothing when that was done before. Raises BatchFailed."""
        if self.journal.number == number and self.journal.is_done:
            self.repeated = number
            return
        steps = self._steps(frame, number)
        if self.journal.number == number and self.journal.to_show:
            self.repeated = number
            self._finish(steps)
        else:
            self._walk(steps, number)
        self.journal.end({name: each.rows_written or 0 for name, each in steps.components.items() if each.info.kind == "sink"})
        self.done(number, steps.components)

    def _finish(self, steps: Steps) -> None:
        """Shows what an earlier attempt had decided to show."""
        for write in self.journal.to_show:
            component = steps.components[write.component]
            component.ticket = write.ticket
            try:
                steps.publish(component)
            except Exception as error:
                raise BatchFailed(component, self.describe(error)) from error
            component.staged = True

    def _walk(self, steps: Steps, number: int) -> None:
        self.journal.begin(number, self.run_info.run_id)
        if self._is_first:
            self._remove_leftovers(steps)
            self._is_first = False
        Executor(
            steps=steps,
            graph=self.plan.validated.graph,
            dataflow=self.plan.validated.dataflow,
            runtime=replace(self.plan.validated.file.config.runtime, timeout=None, on_failure="stop"),
            emit=self._tell,
            describe=self.describe,
            veto=self.veto,
            commit=lambda sinks: self._commit(steps, sinks),
            before_write=lambda _component: None,
            save_progress=lambda: None,
        ).walk(self.plan.steps)
        undone = [each for each in steps.components.values() if not _is_done(each)]
        if undone:
            first = min(undone, key=lambda each: each.status != "failed")
            raise BatchFailed(first, first.error or ErrorInfo("RunError", first.reason or "It was not done."))

    def _commit(self, steps: Steps, sinks: Sequence[str]) -> None:
        self.lease.require()  # another process may have gone on while this one slept
        self.recognise()  # now, once all rows were read
        for name, component in steps.components.items():
            if component.is_quarantine and component.ticket is not None:
                self.set_apart(origin_of_quarantine(name), run_folder(component.ticket))
        steps.commit(sinks)

    def _remove_leftovers(self, steps: Steps) -> None:
        """A driver that died while it staged has left something under the same write id."""
        for component in steps.components.values():
            if isinstance(component.plugin, StagedSink):
                component.plugin.discard(steps.frames.context(component), None)

    def _steps(self, frame: "DataFrame", number: int) -> Steps:
        given = {**self.given, self.input: frame}
        components = {name: self._component(name, given.get(name), number) for name in self.plan.validated.components}
        place, stage = f"{self.run_info.run_id}/{BATCH}={number}", f"{self.checkpoint}-{number}"
        folders = {
            quarantine_of(name): quarantine_sink(name, self.data_dir, place, stage)
            for name, each in self.plan.validated.components.items()
            if has_quarantine(each)
        }
        frames = RunFrames(
            engine=engines().engine(frame.sparkSession),
            run_id=self.run_info.run_id,
            pipeline=self.run_info.pipeline,
            components={**folders, **components},
            record=self.journal.record,
            dataflow=self.plan.validated.dataflow,
            root=f"{self.data_dir}/batches/{self.run_info.run_id}/{self.query}",
            redact=self.redact,
            batch=Batch(self.query, self.checkpoint, number),
        )
        return Steps.of(frames, self.evaluate, self.redact)

    def _component(self, name: str, frame: "DataFrame | None", number: int) -> ComponentRun:
        of_run, planned = self.components[name], self.plan.validated.components[name]
        role = self.plan.roles[name]
        checking = Checking(of_run.checking.checks, role.carrier) if of_run.checking and role.carrier is not None else None
        component = ComponentRun(
            replace(of_run.info, inputs=planned.config.inputs),
            of_run.plugin,
            planned.config,
            role,
            planned.frames,
            of_run.breaker if of_run.info.kind == "sink" else None,
            checking=checking,
        )
        if frame is not None:
            component.plugin = GivenRows.of(frame)
            component.pinned = f"batch {number}" if self.is_steady else None
        return component

    def _tell(self, event: Event) -> None:
        if not isinstance(event, _OF_THE_RUN):
            self.emit(event)


def _is_done(component: ComponentRun) -> bool:
    return component.status == "success" or (component.is_quarantine and component.status is None)  # no bad rows came
