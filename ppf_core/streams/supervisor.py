"""Starts all queries of a stream, watches them, and drains them: when one fails, when a signal comes, when time is over."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ppf_core.config.durations import parse_duration
from ppf_core.config.model import RuntimeConfig
from ppf_core.contracts.components import StreamingSink
from ppf_core.contracts.context import Context
from ppf_core.contracts.results import CircuitState, ErrorInfo, RunInfo
from ppf_core.errors import ConfigError, PpfError, Problem, RunError, Terminated
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.executor import INTERRUPTED
from ppf_core.execution.interrupts import interrupts
from ppf_core.execution.retry import RetryExecutor
from ppf_core.execution.steps import Steps
from ppf_core.execution.work import GRACE_SECONDS
from ppf_core.monitoring.history import History
from ppf_core.monitoring.progress import progress_of
from ppf_core.planning.plan import Plan
from ppf_core.planning.roles import is_quarantine, origin_of_quarantine
from ppf_core.quality.checking import Evaluate
from ppf_core.state import lines
from ppf_core.state.events import (
    CheckJudged,
    CircuitChanged,
    ComponentEnded,
    ComponentStarted,
    Event,
    Observer,
    Retried,
    StreamProgressed,
    TasksCounted,
    Warned,
)
from ppf_core.streams.batches import Batches, BatchFailed
from ppf_core.streams.checkpoints import QueryFolder
from ppf_core.streams.frames import NotBuilt, StreamFrames
from ppf_core.streams.handle import asked_to_stop
from ppf_core.streams.lease import Lease
from ppf_core.streams.opening import Fresh, Opening, OpenQuery
from ppf_core.streams.query import RunningQuery
from ppf_core.streams.recognition import Recognition
from ppf_core.streams.totals import Totals
from ppf_core.threads import SIGTERM, Empty, Queue, threads
from ppf_core.validation.queries import Query
from ppf_core.validation.validated import ValidatedPipeline

_WATCH_SECONDS = 0.5
_RECORDED = 200
"""What batches say besides how they went, such as retries and warnings: a stream that fails now and then for a month must not
fill its record. Hooks still hear of all."""


@dataclass(frozen=True)
class _Ended:
    """A query is over. error: the failure after which it was not started again."""

    query: str
    error: BaseException | None


@dataclass(frozen=True)
class _Signalled:
    number: int


@dataclass
class Supervisor:
    """The queries of one run. `run` returns when all have ended; every component has a status then.

    steps: of the run, whose frames it builds. emit: tells and records; tell: only tells, of what comes with every batch.
    veto: why nothing may be shown any more. fresh: which queries begin anew. second: what a second signal does. beat: hears
    twice a second that the run is looked after, and what is not as it should be.
    """

    validated: ValidatedPipeline
    plan: Plan
    steps: Steps
    run_info: RunInfo
    data_dir: str
    emit: Observer
    tell: Observer
    describe: Callable[[BaseException], ErrorInfo]
    veto: Callable[[], str | None]
    evaluate: Evaluate
    redact: Callable[[str], str]
    fresh: Fresh = field(default_factory=Fresh)
    second: Callable[[int], None] | None = None
    beat: Callable[[str | None], None] = lambda _unready: None
    _queries: dict[str, RunningQuery] = field(default_factory=dict)
    _heard: Queue[_Ended | _Signalled | Mapping[str, Any]] = field(default_factory=lambda: threads().queue())
    _leases: list[Lease] = field(default_factory=list)
    _interrupt: KeyboardInterrupt | None = None
    _broken: list[Query] = field(default_factory=list)
    _is_cut: bool = False
    _recorded: int = 0
    _is_history_lost: bool = False

    def __post_init__(self) -> None:
        self._totals = Totals(self.components)
        self._frames = StreamFrames(self.validated, self.steps)
        self._folder = Path(self.run_info.record_path).parent
        self._history = History(self._folder, {query.name: query.sinks for query in self.validated.queries})
        self._noted: set[str] = set()
        self._lock = threads().lock()
        self._recognising = threads().lock()

    @property
    def components(self) -> Mapping[str, ComponentRun]:
        """Those of the run."""
        return self.steps.components

    def run(self) -> None:
        """Raises KeyboardInterrupt (Terminated for SIGTERM) when a signal ended the stream."""
        with ExitStack() as stack:
            stack.enter_context(interrupts(lambda number: self._heard.put(_Signalled(number)), self.second))
            self._start_components()
            self._build()
            self._frames.require_stateless()
            for opened in [self._open(query, stack) for query in self.validated.queries]:
                self._queries[opened.query.name] = self._running(opened)
            stack.enter_context(self.steps.engine.streams.listening(self._heard.put))
            open_ = set(self._queries)
            living = [
                threads().start(partial(self._live, name, running), f"ppf-query-{name}")
                for name, running in self._queries.items()
            ]
            try:
                self._watch(open_)
            finally:
                self._drain()  # nothing is left at work, also where something went wrong here
                for thread in living:
                    thread.join(GRACE_SECONDS)
            self._keep_history(is_last=True)
            self._end_components()
        if self._interrupt is not None:
            raise self._interrupt

    # ---- starting

    def _start_components(self) -> None:
        for component in self.components.values():
            if not component.is_quarantine:
                component.start()
                self.emit(ComponentStarted(component.info))

    def _build(self) -> None:
        try:
            self._frames.build()
        except NotBuilt as error:
            self._fail(error.component, self.describe(error.error))
            raise RunError(f"{error.component!r} could not be built, so that no query was started.") from error

    def _open(self, query: Query, stack: ExitStack) -> OpenQuery:
        files = self.steps.engine.files_at(self.data_dir)
        folder = QueryFolder(files, self.data_dir, self.run_info.pipeline, query.name)
        opened = Opening(self.validated, self.steps, self.run_info, self.fresh).open(query, folder)
        self._leases.append(opened.lease)
        stack.callback(opened.lease.give_up)
        for warning in opened.warnings:
            self.emit(Warned(warning))
        return opened

    def _running(self, opened: OpenQuery) -> RunningQuery:
        query = opened.query
        head = self.components[query.input]
        stopped = threads().event()
        return RunningQuery(
            query=query,
            checkpoint=opened.folder.path,
            trigger=None if query.trigger == "available_now" else parse_duration(query.trigger or 0).total_seconds(),
            frame=self._frames.head(query),
            streams=self.steps.engine.streams,
            batches=None if query.native else self._batches(opened),
            native=self._native(query) if query.native else None,
            retrying=RetryExecutor(head.role.retry, stopped, is_gone=self.steps.engine.is_gone),
            admit=lambda: self._admit(head),
            settled=lambda is_good: self._settle(head, is_good=is_good),
            told=self._heard.put,
            retried=lambda number, error, delay: self._retried(head, number, error, delay),
            is_draining=stopped,
        )

    def _native(self, query: Query) -> tuple[StreamingSink[Any], Context]:
        (name,) = query.sinks
        sink = self.components[name]
        assert isinstance(sink.plugin, StreamingSink)  # noqa: S101 -- what makes a query native
        return sink.plugin, self.steps.frames.context(sink)

    def _batches(self, opened: OpenQuery) -> Batches:
        query, frames = opened.query, self.steps.frames
        plan = self.plan.batches[query.name]
        return Batches(
            query=query.name,
            input=query.input,
            plan=plan,
            components=self.components,
            given={name: frames.frame(name) for name in plan.given - {query.input}},
            journal=opened.journal,
            lease=opened.lease,
            checkpoint=opened.checkpoint,
            run_info=self.run_info,
            data_dir=self.data_dir,
            emit=self._hear_batch,
            describe=self.describe,
            evaluate=self.evaluate,
            redact=self.redact,
            is_steady=self.steps.engine.streams.repeats(frames.frame(query.input)),
            recognise=partial(self._recognise, opened.recognition),
            veto=self._veto_batch,
            set_apart=self._set_apart,
            done=partial(self._add, query.name),
        )

    def _live(self, name: str, running: RunningQuery) -> None:
        error: BaseException | None = None
        try:
            error = running.run()
        except BaseException as raised:  # noqa: BLE001 -- it is told, whatever it is
            error = raised
        self._heard.put(_Ended(name, error))

    # ---- watching

    def _watch(self, open_: set[str]) -> None:
        limit = self._runtime.timeout
        deadline = threads().monotonic() + limit.total_seconds() if limit is not None else None
        next_look = 0.0
        while open_:
            if threads().monotonic() >= next_look:
                self._look(deadline, open_)
                next_look = threads().monotonic() + _WATCH_SECONDS
            try:
                message = self._heard.get(timeout=_WATCH_SECONDS)
            except Empty:
                continue
            match message:
                case _Ended(name, error):
                    open_.discard(name)
                    if error is not None and not self._is_cut:
                        self._end_query(self._queries[name].query, error)
                case _Signalled(number):
                    self._interrupt = self._interrupt or (Terminated() if number == SIGTERM else KeyboardInterrupt())
                    self._drain()
                case told:
                    self._progressed(told)

    def _look(self, deadline: float | None, open_: Collection[str]) -> None:
        """What nobody tells, and what need not be done for every batch."""
        for lease in self._leases:
            lease.renew()
        asked = asked_to_stop(self._folder)
        if asked is not None or (deadline is not None and threads().monotonic() >= deadline):
            self._drain()
        if asked == "now":
            self._interrupt, self._is_cut = self._interrupt or KeyboardInterrupt(), True
            self.steps.cancel()  # again and again: a batch may start one job after the other
        self.beat(next((said for name in open_ if (said := self._queries[name].unready)), None))
        self._keep_history()

    def _keep_history(self, *, is_last: bool = False) -> None:
        try:
            self._history.keep(is_last=is_last)
        except OSError as error:
            if not self._is_history_lost:
                message = f"What the batches were like cannot be kept in {self._folder}: {error.strerror or error}."
                hint = "The stream goes on. Free space there."
                self.tell(Warned(Problem(code="stream-history", message=message, hint=hint)))
            self._is_history_lost = True

    def _drain(self) -> None:
        for running in self._queries.values():
            running.drain()

    @property
    def _runtime(self) -> RuntimeConfig:
        return self.validated.file.config.runtime

    def _end_query(self, query: Query, error: BaseException) -> None:
        self._broken.append(query)
        if isinstance(error, BatchFailed):
            self._totals.reject(error.component)
            self._fail(error.component.info.name, error.error)
        else:
            self._fail(query.input, self.describe(error))
        if self._runtime.on_failure == "stop":
            self._drain()

    def _progressed(self, told: Mapping[str, Any]) -> None:
        progress = progress_of(told)
        running = next((each for each in self._queries.values() if each.spark_name == progress.query), None)
        if running is None:
            return
        progress = replace(progress, query=running.query.name, trigger=running.trigger or None)
        if self._history.knows(progress):
            return
        is_repeated = running.batches is not None and running.batches.repeated == progress.batch_id
        found = {} if is_repeated else self._frames.results(progress.query, told.get("observedMetrics") or {})
        with self._lock:
            whole = self._totals.progressed(progress, running.query.sinks, found)
        self._history.add(whole)
        for name, results in found.items():
            for result in results:
                self.tell(CheckJudged(self.components[name].info, result))
        for name in running.query.sinks:
            self.tell(StreamProgressed(self.components[name].info, whole))

    def _recognise(self, recognition: Recognition) -> None:
        with self._recognising:  # queries may share a source; it may wait for a broker, and the lease waits for nobody
            recognition.require()

    def _veto_batch(self) -> str | None:
        with self._lock:
            return self.veto()

    def _add(self, query: str, number: int, components: Mapping[str, ComponentRun]) -> None:
        with self._lock:
            self._totals.add(query, number, components)

    def _set_apart(self, component: str, path: str) -> None:
        """Noted before the first of these rows is shown, so that whatever happens they are found."""
        with self._lock:
            if component not in self._noted:
                self._noted.add(component)
                self.steps.frames.record(lines.BatchesSetApart(component, path))

    def _hear_batch(self, event: Event) -> None:
        with self._lock:
            self._emit_some(event)

    def _emit_some(self, event: Event) -> None:
        if isinstance(event, CheckJudged | TasksCounted) or self._recorded >= _RECORDED:
            self.tell(event)
        else:
            self._recorded += 1
            self.emit(event)

    def _retried(self, head: ComponentRun, number: int, error: BaseException, delay: float) -> None:
        told = error.error if isinstance(error, BatchFailed) else self.describe(error)
        now = threads().now()
        head.attempts = max(head.attempts, number + 1)
        with self._lock:
            self._emit_some(Retried(head.info, number, "stream", head.started_at, now, told, delay))

    def _admit(self, head: ComponentRun) -> str | None:
        """Why the circuit breaker of a query's input keeps the query from starting."""
        if head.breaker is None:
            return None
        admission = head.breaker.admit(self.run_info.run_id)
        self._tell_changes(head, admission.changes)
        return None if admission.allowed else admission.reason

    def _settle(self, head: ComponentRun, *, is_good: bool) -> None:
        if head.breaker is None:
            return
        try:
            self._tell_changes(head, head.breaker.succeeded() if is_good else head.breaker.failed())
        except PpfError as error:
            path = f"components.{head.info.name}"
            with self._lock:
                self._emit_some(Warned(Problem(code="circuit", message=str(error), path=path)))

    def _tell_changes(self, head: ComponentRun, changes: Sequence[tuple[CircuitState, CircuitState]]) -> None:
        for old, new in changes:
            with self._lock:
                self._emit_some(CircuitChanged(head.info, old, new))

    # ---- outcomes

    def _fail(self, name: str, error: ErrorInfo) -> None:
        component = self.components[origin_of_quarantine(name) if is_quarantine(name) else name]
        if component.status is None:
            component.end("failed", error=error)

    def _end_components(self) -> None:
        """Those that did not fail have done what they were asked to, as far as they got."""
        reason = INTERRUPTED if self._interrupt is not None else None
        for name, (path, rows) in self._totals.quarantine.items():
            self.steps.frames.record(lines.BatchesSetApart(name, path, rows))
        for component in self.components.values():
            if component.is_quarantine:
                continue
            if component.status is None:
                broken = self._breaking(component.info.name)
                component.end("success" if broken is None else "skipped", reason=reason if broken is None else broken)
            component.is_told = True
            self.emit(ComponentEnded(component.info, component.result(), started=True))

    def _breaking(self, name: str) -> str | None:
        """Why a component has not done what it was asked to: all queries that it belongs to failed."""
        own = [query for query in self.validated.queries if name in query.above | query.below]
        if not own or any(query not in self._broken for query in own):
            return None
        return f"The query {own[0].name!r} failed. What was published before stays."


def refuse_parts(only: Sequence[str], resume: str | None) -> None:
    """A stream has no steps of which some could be left out, or were done before. ConfigError says what to do instead."""
    if only:
        raise ConfigError("--only is for batch pipelines.", hint="Set enabled = false on what the stream is to leave out.")
    if resume is not None:
        hint = "Run it without --resume: every query goes on from its checkpoint by itself."
        raise ConfigError("--resume is for batch pipelines.", hint=hint)
