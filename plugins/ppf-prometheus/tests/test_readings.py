import datetime
import math
from dataclasses import replace
from typing import Any

import pytest
from ppf_prometheus.readings import FAMILIES, Reading, of_batch, of_check, of_circuit, of_component, of_run

from ppf_core import ComponentInfo, ComponentResult, PipelineResult, QualityResult, RunInfo, StreamProgress

NOON = datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)


def told(readings: Any) -> dict[str, tuple[tuple[str, ...], float]]:
    return {reading.family.name: (reading.labels, reading.value) for reading in readings}


def ended(status: Any = "success", **known: Any) -> ComponentResult:
    return ComponentResult(name="out", kind="sink", plugin="noop", distribution="ppf-console", status=status, **known)


def finished(status: Any, ended_at: datetime.datetime | None = NOON) -> PipelineResult:
    return PipelineResult(
        run_id="r1",
        pipeline="flights",
        version=None,
        environment="dev",
        status=status,
        exit_code=0,
        started_at=NOON,
        ended_at=ended_at,
        duration=2.5,
    )


def test_a_component_tells_its_duration_attempts_rows_and_breaker(run: RunInfo, out: ComponentInfo) -> None:
    result = ended("failed", duration=1.5, attempts=3, rows_written=7, circuit="open")
    assert told(of_component(run, out, result)) == {
        "ppf_component_duration_seconds": (("flights", "out", "failed"), 1.5),
        "ppf_component_attempts_total": (("flights", "out"), 3),
        "ppf_component_rows_written_total": (("flights", "out"), 7),
        "ppf_circuit_state": (("flights", "out"), 2),
    }


def test_what_a_component_does_not_know_is_not_told(run: RunInfo, out: ComponentInfo) -> None:
    assert list(told(of_component(run, out, ended()))) == ["ppf_component_attempts_total"]


@pytest.mark.parametrize(("state", "number"), [("closed", 0), ("half_open", 1), ("open", 2)])
def test_the_state_of_a_breaker_is_a_number(state: str, number: int, run: RunInfo, out: ComponentInfo) -> None:
    assert told(of_circuit(run, out, state)) == {"ppf_circuit_state": (("flights", "out"), number)}


def test_a_check_is_told_under_its_own_name(run: RunInfo, out: ComponentInfo) -> None:
    result = QualityResult(check="not_null", name="carrier", action="warn", status="warned", failed=2, evaluated=9)
    assert told(of_check(run, out, result)) == {
        "ppf_quality_results_total": (("flights", "out", "carrier", "warned"), 1),
        "ppf_quality_failed_rows": (("flights", "out", "carrier"), 2),
    }


def test_a_check_that_counts_no_rows_tells_none(run: RunInfo, out: ComponentInfo) -> None:
    result = QualityResult(check="statistic", name="mean", action="fail", status="failed", value=0.5)
    assert list(told(of_check(run, out, result))) == ["ppf_quality_results_total"]


def test_after_an_error_nobody_knows_how_many_rows_are_bad(run: RunInfo, out: ComponentInfo) -> None:
    result = QualityResult(check="not_null", name="carrier", action="fail", status="error")
    assert math.isnan(told(of_check(run, out, result))["ppf_quality_failed_rows"][1])


def test_a_batch_tells_its_rows_its_duration_and_what_is_known_of_lag_and_state(run: RunInfo, out: ComponentInfo) -> None:
    progress = StreamProgress(
        query="q",
        batch_id=3,
        input_rows=10,
        input_rate=1.0,
        output_rate=None,
        duration=0.5,
        started_at=NOON,
    )
    assert told(of_batch(run, out, progress)) == {
        "ppf_stream_input_rows_total": (("flights", "out"), 10),
        "ppf_stream_batch_duration_seconds": (("flights", "out"), 0.5),
        "ppf_stream_last_batch_timestamp_seconds": (("flights", "out"), NOON.timestamp() + 0.5),
        "ppf_stream_bad_rows_total": (("flights", "out"), 0),
    }
    more = told(of_batch(run, out, replace(progress, lag=7.0, state_rows=3)))
    assert (more["ppf_stream_lag"][1], more["ppf_stream_state_rows"][1]) == (7.0, 3)


def test_a_run_tells_its_status_and_duration_and_when_it_last_succeeded(run: RunInfo) -> None:
    assert told(of_run(run, finished("success"))) == {
        "ppf_pipeline_runs_total": (("flights", "success"), 1),
        "ppf_pipeline_duration_seconds": (("flights",), 2.5),
        "ppf_pipeline_last_success_timestamp_seconds": (("flights",), NOON.timestamp()),
    }


def test_a_run_that_failed_is_no_success(run: RunInfo) -> None:
    assert "ppf_pipeline_last_success_timestamp_seconds" not in told(of_run(run, finished("failed")))


def test_every_family_has_a_name_of_its_own() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_a_reading_without_all_its_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = Reading(FAMILIES[0], ("flights",), 1).series
