import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ppf_logging.logging import LoggingHooks

from ppf_core import ComponentInfo, ComponentResult, ErrorInfo, PipelineResult, QualityResult, RunInfo, StreamProgress
from ppf_core.errors import ConfigError, Problem
from ppf_core.testing import build

NOON = datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)
RUN = RunInfo(
    run_id="r1",
    pipeline="flights",
    version=None,
    environment="dev",
    mode="batch",
    tags={},
    started_at=NOON,
    record_path="/records/r1",
)
LATE = ComponentInfo(name="late", kind="transform", plugin="sql", distribution="ppf-sql", inputs={}, datasets=(), options={})
ERROR = ErrorInfo("ValueError", 'no "such"\nvalue')


def ended(status: Any, **known: Any) -> ComponentResult:
    return ComponentResult(name="late", kind="transform", plugin="sql", distribution="ppf-sql", status=status, **known)


def finished(status: Any, exit_code: int) -> PipelineResult:
    return PipelineResult(
        run_id="r1",
        pipeline="flights",
        version=None,
        environment="dev",
        status=status,
        exit_code=exit_code,
        started_at=NOON,
        ended_at=NOON,
        duration=1.23456,
        components=(ended("failed" if exit_code else "success"),),
    )


def checked(status: Any) -> QualityResult:
    return QualityResult(check="not_null", name="carrier", action="warn", status=status, failed=2, evaluated=9)


PROGRESS = StreamProgress(
    query="q",
    batch_id=3,
    input_rows=10,
    input_rate=1.0,
    output_rate=None,
    duration=0.5,
    started_at=NOON,
)
EVENTS: list[tuple[str, str, Callable[[LoggingHooks], None]]] = [
    ("info", "pipeline_started", lambda log: log.ppf_pipeline_start(RUN)),
    ("info", "component_started", lambda log: log.ppf_component_start(RUN, LATE)),
    ("warning", "component_retried", lambda log: log.ppf_component_retry(RUN, LATE, 1, 2.5, ERROR)),
    ("info", "component_ended", lambda log: log.ppf_component_end(RUN, LATE, ended("success"))),
    ("error", "component_ended", lambda log: log.ppf_component_end(RUN, LATE, ended("failed", error=ERROR))),
    ("warning", "component_ended", lambda log: log.ppf_component_end(RUN, LATE, ended("skipped", reason="flights"))),
    ("warning", "circuit_changed", lambda log: log.ppf_circuit_change(RUN, LATE, "closed", "open")),
    ("info", "circuit_changed", lambda log: log.ppf_circuit_change(RUN, LATE, "half_open", "closed")),
    ("info", "quality_result", lambda log: log.ppf_quality_result(RUN, LATE, checked("passed"))),
    ("warning", "quality_result", lambda log: log.ppf_quality_result(RUN, LATE, checked("warned"))),
    ("error", "quality_result", lambda log: log.ppf_quality_result(RUN, LATE, checked("error"))),
    ("debug", "secret_accessed", lambda log: log.ppf_secret_accessed(RUN, "env", "DB")),
    ("debug", "stream_progress", lambda log: log.ppf_stream_progress(RUN, LATE, PROGRESS)),
    ("info", "pipeline_ended", lambda log: log.ppf_pipeline_end(RUN, finished("success", 0))),
    ("error", "pipeline_ended", lambda log: log.ppf_pipeline_end(RUN, finished("failed", 1))),
]


@pytest.fixture
def logged(tmp_path: Path) -> Callable[[Callable[[LoggingHooks], None]], dict[str, Any]]:
    def act(event: Callable[[LoggingHooks], None]) -> dict[str, Any]:
        log = build(LoggingHooks, tmp_path, level="debug", format="json", path="log.jsonl")
        event(log)
        log.close()
        (line,) = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
        return dict(json.loads(line))

    return act


@pytest.mark.parametrize(("level", "name", "event"), EVENTS)
def test_every_event_is_one_json_object(logged: Callable[..., dict[str, Any]], level: str, name: str, event: Any) -> None:
    line = logged(event)
    assert (line["level"], line["event"], line["run_id"], line["pipeline"]) == (level, name, "r1", "flights")
    assert line["time"].endswith("Z")
    assert line["component"] == (None if name.startswith(("pipeline", "secret")) else "late")


def test_the_end_of_a_component_tells_how_it_went(logged: Callable[..., dict[str, Any]]) -> None:
    line = logged(lambda log: log.ppf_component_end(RUN, LATE, ended("failed", duration=0.12345, attempts=2, error=ERROR)))
    assert (line["status"], line["duration"], line["attempts"]) == ("failed", 0.123, 2)
    assert line["error"] == 'ValueError: no "such"\nvalue'


def test_the_end_of_a_run_names_what_failed(logged: Callable[..., dict[str, Any]]) -> None:
    line = logged(lambda log: log.ppf_pipeline_end(RUN, finished("failed", 1)))
    assert (line["status"], line["duration"], line["exit_code"], line["failed"]) == ("failed", 1.235, 1, ["late"])


def test_the_end_of_a_run_tells_its_problems(logged: Callable[..., dict[str, Any]]) -> None:
    result = replace(finished("failed", 1), problems=(Problem(code="hook", message="The hook failed."),))
    assert logged(lambda log: log.ppf_pipeline_end(RUN, result))["problems"] == ["The hook failed."]


def test_what_utf8_cannot_say_does_not_cost_the_line(logged: Callable[..., dict[str, Any]]) -> None:
    line = logged(lambda log: log.ppf_secret_accessed(RUN, "file", "caf\u00e9 \udc80"))
    assert line["key"] == "caf\u00e9 \udc80"


def test_what_json_cannot_say_is_a_text(logged: Callable[..., dict[str, Any]]) -> None:
    result = QualityResult(check="statistic", name="mean", action="warn", status="error", value=float("nan"))
    assert logged(lambda log: log.ppf_quality_result(RUN, LATE, result))["value"] == "nan"


def test_text_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    log = build(LoggingHooks)
    log.ppf_component_retry(RUN, LATE, 1, 2.5, ERROR)
    line = capsys.readouterr().err
    expected = r'WARNING flights/late component_retried attempt=1 delay=2.5 error="ValueError: no \"such\"\nvalue"'
    assert line.partition(" ")[2] == expected + "\n"


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    log = build(LoggingHooks, level="warning")
    for _, _, event in EVENTS:
        event(log)
    levels = [line.split()[1].lower() for line in capsys.readouterr().err.splitlines()]
    assert levels == [level for level, _, _ in EVENTS if level in ("warning", "error")]


def test_a_file_is_appended_to_and_every_line_is_there_at_once(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "run.log"
    first, second = (build(LoggingHooks, tmp_path, path="logs/run.log") for _ in range(2))
    first.ppf_pipeline_start(RUN)
    second.ppf_pipeline_start(RUN)
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2
    first.close()
    second.close()


@pytest.mark.parametrize(("wrong", "message"), [({"level": "loud"}, "debug"), ({"path": "s3a://logs/run"}, "not a local file")])
def test_options_that_cannot_work_are_mistakes(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(LoggingHooks, **wrong)
