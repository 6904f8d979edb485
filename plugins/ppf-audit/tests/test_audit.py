import dataclasses
import datetime
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ppf_audit.audit import AuditHooks
from pyspark.sql import SparkSession

from ppf_core import (
    Checkpoint,
    ComponentInfo,
    ComponentResult,
    Dataset,
    ErrorInfo,
    PipelineResult,
    PipelineRunner,
    QualityResult,
    RunInfo,
)
from ppf_core.errors import ConfigError
from ppf_core.testing import build

NOON = datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)
RUN = RunInfo(
    run_id="r1",
    pipeline="flights",
    version="1.0",
    environment="dev",
    mode="batch",
    tags={"team": "ops"},
    started_at=NOON,
    record_path="/records/r1",
)
OUT = ComponentInfo(
    name="out",
    kind="sink",
    plugin="parquet",
    distribution="ppf-files",
    inputs={"late": "late"},
    datasets=(Dataset("file", "/out"),),
    options={},
)
SOURCE = dataclasses.replace(OUT, name="flights", kind="source", plugin="csv")
ERROR = ErrorInfo("ValueError", 'no "such"\nvalue')
ENDED = ComponentResult(
    name="out",
    kind="sink",
    plugin="parquet",
    distribution="ppf-files",
    status="failed",
    attempts=2,
    duration=1.5,
    rows_written=9,
    staged=True,
    error=ERROR,
)
FINISHED = PipelineResult(
    run_id="r1",
    pipeline="flights",
    version="1.0",
    environment="dev",
    status="failed",
    exit_code=1,
    started_at=NOON,
    ended_at=NOON,
    duration=2.5,
    components=(ENDED,),
)
CHECKED = QualityResult(check="not_null", name="carrier", action="warn", status="warned", failed=2, evaluated=9)
SAVED = Checkpoint(run_id="r1", pipeline="flights", saved_at=NOON, components={"out": "{}", "late": "{}"})

KEYS = ["time", "run_id", "pipeline", "event", "component", "status", "attempt", "duration", "error", "details"]
Act = Callable[[AuditHooks], object]
EVENTS: list[tuple[str, Act, dict[str, Any]]] = [
    ("component_started", lambda audit: audit.ppf_component_start(RUN, OUT), {"component": "out"}),
    (
        "component_retried",
        lambda audit: audit.ppf_component_retry(RUN, OUT, 1, 2.5, ERROR),
        {"component": "out", "attempt": 1, "error": {"type": "ValueError", "message": 'no "such"\nvalue'}},
    ),
    (
        "component_ended",
        lambda audit: audit.ppf_component_end(RUN, OUT, ENDED),
        {"component": "out", "status": "failed", "attempt": 2, "duration": 1.5},
    ),
    (
        "circuit_changed",
        lambda audit: audit.ppf_circuit_change(RUN, OUT, "closed", "open"),
        {"component": "out", "status": "open", "details": {"old": "closed", "new": "open"}},
    ),
    (
        "quality_result",
        lambda audit: audit.ppf_quality_result(RUN, OUT, CHECKED),
        {"component": "out", "status": "warned"},
    ),
    (
        "secret_accessed",
        lambda audit: audit.ppf_secret_accessed(RUN, "vault", "db"),
        {"component": None, "details": {"backend": "vault", "key": "db"}},
    ),
    (
        "checkpoint_saved",
        lambda audit: audit.ppf_checkpoint_save(RUN, SAVED),
        {"component": None, "details": {"saved_at": "2024-03-01T12:00:00.000Z", "components": ["late", "out"]}},
    ),
    ("pipeline_ended", lambda audit: audit.ppf_pipeline_end(RUN, FINISHED), {"status": "failed", "duration": 2.5}),
]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def told(tmp_path: Path) -> Callable[[Act], dict[str, Any]]:
    def act(event: Act) -> dict[str, Any]:
        audit = build(AuditHooks, tmp_path, path="audit.jsonl")
        event(audit)
        audit.close()
        (line,) = read(tmp_path / "audit.jsonl")
        return line

    return act


@pytest.mark.parametrize(("name", "event", "known"), EVENTS, ids=[name for name, _, _ in EVENTS])
def test_every_event_is_one_line_with_all_keys(
    told: Callable[[Act], dict[str, Any]], name: str, event: Act, known: dict[str, Any]
) -> None:
    line = told(event)
    assert list(line) == KEYS
    assert (line["event"], line["run_id"], line["pipeline"]) == (name, "r1", "flights")
    assert datetime.datetime.fromisoformat(line["time"]).utcoffset() == datetime.timedelta(0)
    assert known.items() <= line.items()
    unknown = set(KEYS) - {"time", "run_id", "pipeline", "event", "details"} - set(known)
    assert [key for key in unknown if line[key] is not None] == (["error"] if name == "component_ended" else [])


def test_the_start_tells_who_runs_what_and_where(tmp_path: Path) -> None:
    audit = build(AuditHooks, tmp_path, path="audit.jsonl")
    audit.ppf_pipeline_start(RUN)
    (line,) = read(tmp_path / "audit.jsonl")
    audit.close()
    assert (line["event"], line["details"]["tags"]) == ("pipeline_started", {"team": "ops"})
    assert (line["details"]["host"], line["details"]["process"]) == (socket.gethostname(), os.getpid())
    assert line["details"]["user"]


def test_a_component_tells_what_it_writes_and_how_that_went(told: Callable[[Act], dict[str, Any]]) -> None:
    details = told(lambda audit: audit.ppf_component_end(RUN, OUT, ENDED))["details"]
    assert (details["plugin"], details["rows_written"], details["staged"], details["published"]) == ("parquet", 9, True, False)


def test_the_datasets_of_a_component_are_named(told: Callable[[Act], dict[str, Any]]) -> None:
    details = told(lambda audit: audit.ppf_component_start(RUN, OUT))["details"]
    assert details["datasets"] == [{"namespace": "file", "name": "/out"}]


def test_a_checkpoint_is_left_to_the_hook_that_keeps_it(tmp_path: Path) -> None:
    audit = build(AuditHooks, tmp_path, path="audit.jsonl")
    assert audit.ppf_checkpoint_save(RUN, SAVED) is None  # type: ignore[func-returns-value]
    audit.close()


def test_what_json_or_utf8_cannot_say_is_a_text(told: Callable[[Act], dict[str, Any]]) -> None:
    result = QualityResult(check="x", name="é \udc80", action="warn", status="error", value=float("nan"))
    details = told(lambda audit: audit.ppf_quality_result(RUN, OUT, result))["details"]
    assert (details["value"], details["name"]) == ("nan", "é \udc80")


def test_a_run_whose_end_was_never_told_gets_its_line_when_the_hook_is_closed(tmp_path: Path) -> None:
    audit = build(AuditHooks, tmp_path, path="audit.jsonl")
    audit.ppf_pipeline_start(RUN)
    audit.close()
    assert [(line["event"], line["status"]) for line in read(tmp_path / "audit.jsonl")] == [
        ("pipeline_started", None),
        ("pipeline_ended", "interrupted"),
    ]


def test_an_end_that_could_not_be_written_is_written_when_there_is_room_again(tmp_path: Path) -> None:
    audit = build(AuditHooks, tmp_path, path="logs/audit.jsonl")
    audit.ppf_pipeline_start(RUN)
    (tmp_path / "logs").rename(tmp_path / "moved")
    (tmp_path / "logs").write_text("in the way")
    with pytest.raises(OSError, match="cannot be written"):
        audit.ppf_pipeline_end(RUN, FINISHED)
    (tmp_path / "logs").unlink()
    audit.close()
    assert [(line["event"], line["status"]) for line in read(tmp_path / "logs" / "audit.jsonl")] == [
        ("pipeline_ended", "failed")
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_bytes": 0}, "1 or more, not 0"),
        ({"backups": 0}, "1 or more, not 0"),
        ({"path": "s3a://logs/audit"}, "not a local file"),
    ],
)
def test_options_that_cannot_work_are_mistakes(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(AuditHooks, **{"path": "audit.jsonl", **wrong})


@pytest.fixture
def on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The events of the lines that were brought to the disk."""
    kept: list[list[str]] = [[]]
    really = os.fsync

    def noted(file: int) -> None:
        path = Path(f"/proc/self/fd/{file}").resolve()
        if path.is_file():
            kept.append([line["event"] for line in read(path)])
        really(file)

    monkeypatch.setattr(os, "fsync", noted)
    return lambda: kept[-1]


@pytest.mark.parametrize(("name", "event", "_known"), EVENTS, ids=[name for name, _, _ in EVENTS])
def test_what_others_can_see_is_on_disk_at_once_with_all_that_led_there(
    tmp_path: Path, on_disk: Callable[[], list[str]], name: str, event: Act, _known: dict[str, Any]
) -> None:
    audit = build(AuditHooks, tmp_path, path="audit.jsonl")
    audit.ppf_secret_accessed(RUN, "env", "KEY")
    audit.ppf_component_start(RUN, SOURCE)
    audit.ppf_component_retry(RUN, SOURCE, 1, 0.5, ERROR)
    audit.ppf_component_end(RUN, SOURCE, ENDED)
    assert on_disk() == []  # a sync for each of these would cost more than they do
    event(audit)
    expected = ["secret_accessed", "component_started", "component_retried", "component_ended", name]
    assert on_disk() == ([] if name == "secret_accessed" else expected)
    audit.close()
    assert on_disk()[:5] == expected


PIPELINE = """
name = audited
components {{
  numbers {{ source = inline, options {{ schema = "id INT", rows = [{{ id = 1 }}, {{ id = 2 }}] }} }}
  odd     {{ transform = sql, inputs = [numbers], options {{ query = "{query}" }} }}
  out     {{ sink = noop, inputs = [odd] }}
}}
hooks {{ audit {{ path = "{path}", required = true }} }}
"""


def run(folder: Path, query: str = "SELECT * FROM numbers WHERE id % 2 = 1", path: str = "audit.jsonl") -> Path:
    """Writes a pipeline with an audit."""
    file = folder / "audited.conf"
    file.write_text(PIPELINE.format(query=query, path=path))
    return file


def test_a_run_leaves_its_trail(spark: SparkSession, tmp_path: Path) -> None:
    result = PipelineRunner.from_file(run(tmp_path)).run(spark=spark)
    assert result.ok
    lines = read(tmp_path / "audit.jsonl")
    assert (lines[0]["event"], lines[-1]["event"]) == ("pipeline_started", "pipeline_ended")
    assert {line["run_id"] for line in lines} == {result.run_id}
    ended = {line["component"]: line["status"] for line in lines if line["event"] == "component_ended"}
    assert ended == {"numbers": "success", "odd": "success", "out": "success"}
    assert sorted(line["component"] for line in lines if line["event"] == "component_started") == sorted(ended)
    assert (lines[-1]["status"], lines[-1]["details"]["components"]) == ("success", ended)


def test_a_run_that_fails_has_exactly_one_end(spark: SparkSession, tmp_path: Path) -> None:
    result = PipelineRunner.from_file(run(tmp_path, query="SELECT raise_error('no luck') FROM numbers")).run(spark=spark)
    assert not result.ok
    lines = read(tmp_path / "audit.jsonl")
    (end,) = [line for line in lines if line["event"] == "pipeline_ended"]
    assert (end["status"], end["details"]["exit_code"]) == ("failed", 1)
    (out,) = [line for line in lines if line["event"] == "component_ended" and line["component"] == "out"]
    assert "no luck" in out["error"]["message"]


def test_retries_and_secrets_of_a_run_are_in_its_trail_but_no_value(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "yellow-bird-7")
    file = run(tmp_path, query="SELECT raise_error(:canary) FROM numbers")
    retry = {"max_attempts": "2", "initial_delay": "0.01"}
    settings = {f"components.out.retry.{key}": value for key, value in retry.items()}
    settings["components.odd.options.params.canary"] = '"secret://env/CANARY"'
    PipelineRunner.from_file(file, settings).run(spark=spark)
    lines = read(tmp_path / "audit.jsonl")
    (retried,) = [line for line in lines if line["event"] == "component_retried"]
    assert (retried["component"], retried["attempt"], retried["error"]["type"]) == ("out", 1, "SparkRuntimeException")
    (accessed,) = [line for line in lines if line["event"] == "secret_accessed"]
    assert accessed["details"] == {"backend": "env", "key": "CANARY"}
    assert "yellow-bird" not in (tmp_path / "audit.jsonl").read_text()


def test_a_required_audit_that_cannot_be_written_fails_the_run(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    result = PipelineRunner.from_file(run(tmp_path, path="logs/audit.jsonl")).run(spark=spark)
    assert (result.status, result.exit_code) == ("failed", 1)
    assert f"The audit trail '{tmp_path}/logs/audit.jsonl' cannot be written" in result.problems[0].message


@pytest.mark.parametrize(("signal_number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_interrupted_has_exactly_one_end(tmp_path: Path, signal_number: int, exit_code: int) -> None:
    query = "SELECT a.id FROM range(1000000) a, range(1000000) b WHERE hash(a.id, b.id) = hash(b.id)"
    command = [Path(sys.executable).with_name("ppf"), "run", run(tmp_path, query=query)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path) as process:
        wait_for(tmp_path / "audit.jsonl", '"out"', process)
        process.send_signal(signal_number)
        assert process.wait(60) == exit_code
    ends = [line for line in read(tmp_path / "audit.jsonl") if line["event"] == "pipeline_ended"]
    assert [(end["status"], end["details"]["exit_code"]) for end in ends] == [("interrupted", exit_code)]


def wait_for(path: Path, text: str, process: "subprocess.Popen[bytes]") -> None:
    """Until a file holds a text."""
    until = time.monotonic() + 60
    while not (path.exists() and text in path.read_text()):
        assert process.poll() is None, "the run ended before it was interrupted"
        assert time.monotonic() < until, f"{text!r} did not appear in {path}"
        time.sleep(0.1)
