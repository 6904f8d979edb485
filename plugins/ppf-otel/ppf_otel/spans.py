"""The trace of a run: a span for the run, one for each component, and one for each of its attempts.

    run flights ────────────────────────────────────────────
      source flights ───────
      sink late               ──────────────────────────────
        attempt 1             ─────────
        attempt 2                        (delay)  ──────────

Hooks hear of an event when those before it were told to all. So spans of components are made when these have ended, from the
times of their results; only the moment of a failed attempt is the one at which it was heard of.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode, Tracer, set_span_in_context

from ppf_core import ComponentInfo, ComponentResult, ErrorInfo, PipelineResult, QualityResult, RunInfo
from ppf_otel.attributes import Attribute, attributes, nanoseconds, text
from ppf_otel.listening import Listener

MOST_EVENTS = 1000
"""How many events a span keeps, the newest ones: the checks of a stream go on for ever."""
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class _FailedAttempt:
    number: int
    moment: int
    delay: float
    error: ErrorInfo


@dataclass(frozen=True)
class _Event:
    name: str
    moment: int
    known: Mapping[str, Attribute | None]


@dataclass
class _OpenComponent:
    """What was heard of a component since it began."""

    info: ComponentInfo
    since: int
    failed: list[_FailedAttempt] = field(default_factory=list)
    events: deque[_Event] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))


class RunTrace(Listener):
    """Makes one trace of a run. clock: tells the time in nanoseconds since 1970.

    trace = RunTrace(provider.get_tracer("ppf"), run)
    trace.run_ended(result)
    """

    def __init__(self, tracer: Tracer, run: RunInfo, clock: Callable[[], int] = time.time_ns) -> None:
        self._tracer = tracer
        self._clock = clock
        self._place = {"ppf.pipeline": run.pipeline, "ppf.run_id": run.run_id, "ppf.environment": run.environment}
        self._open: dict[str, _OpenComponent] = {}
        # An empty context: a span that is current where the pipeline was called is not ours to hang on.
        self._span = tracer.start_span(
            text(f"run {run.pipeline}"),
            context=Context(),
            start_time=nanoseconds(run.started_at),
            attributes=attributes(
                {
                    **self._place,
                    "ppf.version": run.version,
                    "ppf.mode": run.mode,
                    "ppf.resumed_from": run.resumed_from,
                    **{f"ppf.tag.{name}": value for name, value in run.tags.items()},
                }
            ),
        )

    def component_started(self, component: ComponentInfo) -> None:
        """A component begins."""
        self._open[component.name] = _OpenComponent(component, self._clock())

    def attempt_failed(self, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        """An attempt failed: its span ends, the next one begins after the delay."""
        self._open[component.name].failed.append(_FailedAttempt(attempt, self._clock(), delay, error))

    def circuit_changed(self, component: ComponentInfo, old: str, new: str) -> None:
        """A circuit breaker opened or closed: an event in its component's span."""
        self._note(component, "circuit_changed", {"ppf.circuit.old": old, "ppf.circuit.new": new})

    def checked(self, component: ComponentInfo, result: QualityResult) -> None:
        """A check was evaluated: an event in its component's span."""
        known: dict[str, Attribute | None] = {
            "ppf.check": result.check,
            "ppf.check.name": result.name,
            "ppf.check.action": result.action,
            "ppf.check.status": result.status,
            "ppf.check.failed": result.failed,
            "ppf.check.evaluated": result.evaluated,
            "ppf.check.value": result.value,
            "ppf.check.message": result.message or None,
        }
        self._note(component, "quality_result", known)

    def component_ended(self, component: ComponentInfo, result: ComponentResult) -> None:
        """A component ended: its span, and those of its attempts. One that never started has none."""
        heard = self._open.pop(component.name, None)
        if heard is None:
            return
        start = nanoseconds(result.started_at) if result.started_at else heard.since
        end = max(start, nanoseconds(result.ended_at) if result.ended_at else self._clock())
        span = self._start(f"{component.kind} {component.name}", start, self._span, _of_component(component, result))
        for event in heard.events:
            span.add_event(event.name, attributes(event.known), event.moment)
        self._make_attempts(span, heard, result, start, end)
        _end(span, end, result.error)

    def run_ended(self, result: PipelineResult) -> None:
        """The run ended."""
        self._end_run(
            {"ppf.status": result.status, "ppf.exit_code": result.exit_code},
            None if result.ok else _why(result),
            max(nanoseconds(result.started_at), nanoseconds(result.ended_at) if result.ended_at else self._clock()),
        )

    def run_vanished(self) -> None:
        """Nothing more will be heard: what is open ends now."""
        error = ErrorInfo("Interrupted", "Nothing was heard of its end.")
        for heard in list(self._open.values()):
            info = heard.info
            unknown = ComponentResult(
                name=info.name,
                kind=info.kind,
                plugin=info.plugin,
                distribution=info.distribution,
                status="failed",
                attempts=len(heard.failed) + 1,
                error=error,
            )
            self.component_ended(info, unknown)
        if self._span.is_recording():
            self._end_run({"ppf.status": "interrupted"}, error, self._clock())

    def _end_run(self, known: Mapping[str, Attribute | None], error: ErrorInfo | None, end: int) -> None:
        self._span.set_attributes(attributes(known))
        _end(self._span, end, error)

    def _note(self, component: ComponentInfo, name: str, known: Mapping[str, Attribute | None]) -> None:
        """An event of a component; where it does not run, of the run."""
        if component.name in self._open:
            self._open[component.name].events.append(_Event(name, self._clock(), known))
        else:
            self._span.add_event(name, attributes({"ppf.component": component.name, **known}), self._clock())

    def _make_attempts(self, span: Span, heard: _OpenComponent, result: ComponentResult, start: int, end: int) -> None:
        """The spans of the attempts, one after the other, all within the time of their component."""
        for failed in heard.failed:
            until = min(max(start, failed.moment), end)
            known = {"ppf.attempt": failed.number, "ppf.retry_delay": failed.delay}
            _end(self._start(f"attempt {failed.number}", start, span, known), until, failed.error)
            start = min(until + int(failed.delay * _NANOSECONDS), end)
        # Without a further one, the run ended while the component waited, or its circuit breaker let it make none.
        if result.attempts > len(heard.failed):
            known = {"ppf.attempt": result.attempts}
            _end(self._start(f"attempt {result.attempts}", start, span, known), end, result.error)

    def _start(self, name: str, start: int, parent: Span, known: Mapping[str, Attribute | None]) -> Span:
        return self._tracer.start_span(
            text(name),
            context=set_span_in_context(parent, Context()),
            start_time=start,
            attributes=attributes({**self._place, **known}),
        )


def _of_component(component: ComponentInfo, result: ComponentResult) -> dict[str, Attribute | None]:
    return {
        "ppf.component": component.name,
        "ppf.kind": component.kind,
        "ppf.plugin": component.plugin,
        "ppf.distribution": component.distribution,
        "ppf.status": result.status,
        "ppf.reason": result.reason,
        "ppf.attempts": result.attempts,
        "ppf.rows_written": result.rows_written,
        "ppf.circuit": result.circuit,
    }


def _why(result: PipelineResult) -> ErrorInfo:
    """Why a run did not succeed: what went wrong in itself, or the first component that failed."""
    if result.problems:
        return ErrorInfo(result.problems[0].code, result.problems[0].message)
    for component in result.components:
        if component.error is not None:
            return ErrorInfo(component.error.type, f"{component.kind} {component.name!r}: {component.error.message}")
    return ErrorInfo(result.status, f"The run ended with exit code {result.exit_code}.")


def _end(span: Span, end: int, error: ErrorInfo | None) -> None:
    """Ends a span, with what went wrong in it."""
    if error is not None:
        span.set_status(StatusCode.ERROR, text(f"{error.type}: {error.message}"))
        span.set_attribute("error.type", text(error.type))
        known = {"exception.type": error.type, "exception.message": error.message}
        span.add_event("exception", attributes(known), end)
    span.end(end)
