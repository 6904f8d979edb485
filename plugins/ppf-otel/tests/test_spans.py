import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from ppf_otel.attributes import LONGEST_TEXT, nanoseconds
from ppf_otel.spans import RunTrace

from ppf_core import ComponentInfo, ComponentResult, ErrorInfo, PipelineResult, QualityResult, RunInfo
from ppf_core.errors import Problem

Ended = Callable[..., ComponentResult]
Finished = Callable[..., PipelineResult]
SECOND = 1_000_000_000
ERROR = ErrorInfo("ValueError", "no such flight")
PLACE = {"ppf.pipeline": "flights", "ppf.run_id": "r1", "ppf.environment": "dev"}


class Traced:
    """A trace, and the spans that have ended in it, by name."""

    def __init__(self, run: RunInfo, clock: Callable[[], int] = time.time_ns) -> None:
        self._ended = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._ended))
        self.trace = RunTrace(provider.get_tracer("test"), run, clock)

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._ended.get_finished_spans()}


@pytest.fixture
def traced(run: RunInfo) -> Traced:
    return Traced(run)


def seconds_of(span: ReadableSpan, run: RunInfo) -> tuple[float, float]:
    """When a span began and ended, in seconds of the run."""
    began = nanoseconds(run.started_at)
    assert span.start_time is not None
    assert span.end_time is not None
    return (span.start_time - began) / SECOND, (span.end_time - began) / SECOND


def test_a_run_is_one_trace_of_components_and_attempts(
    traced: Traced, run: RunInfo, out: ComponentInfo, end: Ended, finish: Finished
) -> None:
    traced.trace.component_started(out)
    traced.trace.component_ended(out, end())
    traced.trace.run_ended(finish())
    root, component, attempt = (traced.spans[name] for name in ("run flights", "sink out", "attempt 1"))
    assert root.parent is None
    assert component.parent == root.context
    assert attempt.parent == component.context
    assert [seconds_of(span, run) for span in (root, component, attempt)] == [(0, 20), (10, 15), (10, 15)]


def test_spans_say_what_is_known_and_nothing_else(traced: Traced, out: ComponentInfo, end: Ended, finish: Finished) -> None:
    traced.trace.component_started(out)
    traced.trace.component_ended(out, end(rows_written=7))
    traced.trace.run_ended(finish())
    assert traced.spans["run flights"].attributes == {
        **PLACE,
        "ppf.version": "1.0",
        "ppf.mode": "batch",
        "ppf.tag.team": "ops",
        "ppf.status": "success",
        "ppf.exit_code": 0,
    }
    assert traced.spans["sink out"].attributes == {
        **PLACE,
        "ppf.component": "out",
        "ppf.kind": "sink",
        "ppf.plugin": "noop",
        "ppf.distribution": "ppf-console",
        "ppf.status": "success",
        "ppf.attempts": 1,
        "ppf.rows_written": 7,
    }
    assert traced.spans["attempt 1"].attributes == {**PLACE, "ppf.attempt": 1}
    assert {span.status.status_code for span in traced.spans.values()} == {StatusCode.UNSET}


def test_a_retry_ends_one_attempt_with_its_error_and_begins_the_next_after_the_delay(
    run: RunInfo, out: ComponentInfo, end: Ended
) -> None:
    traced = Traced(run, clock=lambda: nanoseconds(run.started_at) + 12 * SECOND)
    traced.trace.component_started(out)
    traced.trace.attempt_failed(out, 1, 1.5, ERROR)
    traced.trace.component_ended(out, end(attempts=2))
    first, second = traced.spans["attempt 1"], traced.spans["attempt 2"]
    assert (seconds_of(first, run), seconds_of(second, run)) == ((10, 12), (13.5, 15))
    assert (first.status.status_code, first.status.description) == (StatusCode.ERROR, "ValueError: no such flight")
    assert first.attributes == {**PLACE, "ppf.attempt": 1, "ppf.retry_delay": 1.5, "error.type": "ValueError"}
    assert second.status.status_code is StatusCode.UNSET
    assert traced.spans["sink out"].status.status_code is StatusCode.UNSET


def test_an_attempt_that_was_heard_of_late_stays_within_its_component(
    traced: Traced, run: RunInfo, out: ComponentInfo, end: Ended
) -> None:
    traced.trace.component_started(out)
    traced.trace.attempt_failed(out, 1, 1.5, ERROR)
    traced.trace.component_ended(out, end(attempts=2))
    assert [seconds_of(traced.spans[f"attempt {number}"], run) for number in (1, 2)] == [(10, 15), (15, 15)]


def test_the_last_attempt_of_a_failed_component_and_the_component_carry_the_error(
    traced: Traced, out: ComponentInfo, end: Ended, finish: Finished
) -> None:
    traced.trace.component_started(out)
    traced.trace.component_ended(out, end("failed", error=ERROR))
    traced.trace.run_ended(finish("failed", 1, components=(end("failed", error=ERROR),)))
    for name in ("attempt 1", "sink out"):
        span = traced.spans[name]
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError: no such flight")
        (event,) = span.events
        assert (event.name, event.timestamp) == ("exception", span.end_time)
        assert event.attributes == {"exception.type": "ValueError", "exception.message": "no such flight"}
    assert traced.spans["run flights"].status.description == "ValueError: sink 'out': no such flight"


def test_a_component_that_waited_for_its_next_attempt_in_vain_has_no_span_for_it(
    traced: Traced, out: ComponentInfo, end: Ended
) -> None:
    traced.trace.component_started(out)
    traced.trace.attempt_failed(out, 1, 60, ERROR)
    traced.trace.component_ended(out, end("skipped", attempts=1, reason="The run ended before it ended."))
    assert sorted(traced.spans) == ["attempt 1", "sink out"]


def test_a_component_that_its_breaker_rejected_has_no_attempt(traced: Traced, out: ComponentInfo, end: Ended) -> None:
    traced.trace.component_started(out)
    traced.trace.component_ended(out, end("failed", attempts=0, circuit="open", error=ErrorInfo("CircuitOpen", "open")))
    assert list(traced.spans) == ["sink out"]


def test_a_component_that_never_started_has_no_span(traced: Traced, out: ComponentInfo, end: Ended, finish: Finished) -> None:
    traced.trace.component_ended(out, end("skipped", started_at=None, ended_at=None, duration=None, attempts=0))
    traced.trace.run_ended(finish())
    assert list(traced.spans) == ["run flights"]


def test_checks_and_breakers_are_events_of_their_component(traced: Traced, out: ComponentInfo, end: Ended) -> None:
    traced.trace.component_started(out)
    traced.trace.checked(
        out, QualityResult(check="not_null", name="carrier", action="warn", status="warned", failed=2, evaluated=9)
    )
    traced.trace.circuit_changed(out, "closed", "open")
    traced.trace.component_ended(out, end())
    check, circuit = traced.spans["sink out"].events
    assert check.name == "quality_result"
    assert check.attributes == {
        "ppf.check": "not_null",
        "ppf.check.name": "carrier",
        "ppf.check.action": "warn",
        "ppf.check.status": "warned",
        "ppf.check.failed": 2,
        "ppf.check.evaluated": 9,
    }
    assert (circuit.name, circuit.attributes) == ("circuit_changed", {"ppf.circuit.old": "closed", "ppf.circuit.new": "open"})


def test_an_event_of_a_component_that_does_not_run_is_one_of_the_run(
    traced: Traced, out: ComponentInfo, finish: Finished
) -> None:
    traced.trace.circuit_changed(out, "half_open", "closed")
    traced.trace.run_ended(finish())
    (event,) = traced.spans["run flights"].events
    assert event.attributes == {"ppf.component": "out", "ppf.circuit.old": "half_open", "ppf.circuit.new": "closed"}


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"problems": (Problem(code="timeout", message="It took too long."),)}, "timeout: It took too long."),
        ({}, "interrupted: The run ended with exit code 143."),
    ],
)
def test_a_run_that_did_not_succeed_says_why(traced: Traced, finish: Finished, known: dict[str, Any], told: str) -> None:
    traced.trace.run_ended(finish("interrupted", 143, **known))
    status = traced.spans["run flights"].status
    assert (status.status_code, status.description) == (StatusCode.ERROR, told)


def test_a_run_of_which_nothing_more_is_heard_ends_with_all_that_is_open(traced: Traced, out: ComponentInfo) -> None:
    traced.trace.component_started(out)
    traced.trace.run_vanished()
    assert sorted(traced.spans) == ["attempt 1", "run flights", "sink out"]
    assert {span.status.status_code for span in traced.spans.values()} == {StatusCode.ERROR}


def test_a_run_that_ended_does_not_vanish(traced: Traced, finish: Finished) -> None:
    traced.trace.run_ended(finish())
    traced.trace.run_vanished()
    assert traced.spans["run flights"].status.status_code is StatusCode.UNSET


def test_a_span_that_is_current_where_the_pipeline_is_called_is_no_parent(run: RunInfo, finish: Finished) -> None:
    with TracerProvider(shutdown_on_exit=False).get_tracer("caller").start_as_current_span("theirs"):
        traced = Traced(run)
        traced.trace.run_ended(finish())
    assert traced.spans["run flights"].parent is None


def test_a_clock_that_was_set_back_makes_no_span_end_before_it_began(
    traced: Traced, run: RunInfo, out: ComponentInfo, end: Ended, finish: Finished
) -> None:
    traced.trace.component_started(out)
    traced.trace.component_ended(out, end(ended_at=run.started_at))
    traced.trace.run_ended(replace(finish(), ended_at=run.started_at.replace(year=2023)))
    assert {name: seconds_of(span, run) for name, span in traced.spans.items()} == {
        "attempt 1": (10, 10),
        "sink out": (10, 10),
        "run flights": (0, 0),
    }


def test_a_long_or_broken_message_is_cut_and_escaped(traced: Traced, out: ComponentInfo, end: Ended) -> None:
    traced.trace.component_started(out)
    traced.trace.component_ended(out, end("failed", error=ErrorInfo("E", "\udc80" + "x" * 2 * LONGEST_TEXT)))
    description = traced.spans["sink out"].status.description
    assert description is not None
    assert description.startswith("E: \\udc80xxx")
    assert len(description.encode()) < LONGEST_TEXT + 10
