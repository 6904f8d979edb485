"""The record of a run: durable, folded from lines, honest about a killed run."""

import datetime
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ppf_core.contracts.results import ComponentResult, ErrorInfo, PipelineResult, RunInfo
from ppf_core.errors import ConfigError, RunError, RunLocked
from ppf_core.pipeline.record import RunStore, new_run_id

NOW = datetime.datetime(2026, 1, 31, 23, 59, 59, tzinfo=datetime.UTC)


def info(run_id: str, pipeline: str = "flights") -> RunInfo:
    return RunInfo(
        run_id=run_id,
        pipeline=pipeline,
        version=None,
        environment="dev",
        mode="batch",
        tags={},
        started_at=NOW,
        record_path="",
    )


def component(name: str) -> ComponentResult:
    error = ErrorInfo("ValueError", "no \u2028 such thing")
    return ComponentResult(name=name, kind="source", plugin="csv", distribution="ppf-files", status="failed", error=error)


def result(run_id: str, *components: ComponentResult) -> PipelineResult:
    return PipelineResult(
        run_id=run_id,
        pipeline="flights",
        version=None,
        environment="dev",
        status="failed",
        exit_code=1,
        started_at=NOW,
        ended_at=NOW,
        duration=1.5,
        components=components,
    )


def test_a_finished_run_is_shown_as_its_result_was(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    record = store.create("r1")
    record.begin(info("r1"), ())
    record.component(component("b"))
    record.component(component("a"))
    record.end(result("r1", component("a"), component("b")))
    shown = store.show("r1")
    assert (shown["status"], shown["exit_code"], shown["duration"]) == ("failed", 1, 1.5)
    assert [each["name"] for each in shown["components"]] == ["a", "b"]
    assert shown["components"][0]["error"] == {"type": "ValueError", "message": "no \u2028 such thing"}


def test_a_run_that_is_going_on_is_running(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    record = store.create("r1")
    record.begin(info("r1"), ())
    assert store.list()[0]["status"] == "running"


def test_a_killed_run_is_interrupted_and_keeps_what_ended(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; from ppf_core.pipeline.record import RunStore\n"
        "from test_record import info, component\n"
        "import os, signal\n"
        "record = RunStore(Path(sys.argv[1])).create('r1'); record.begin(info('r1'), ()); record.component(component('a'))\n"
        'record._file.write(\'{"line": "compo\'); record._file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n'
    )
    folder = os.path.dirname(__file__)  # noqa: PTH120
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path), folder], check=False)
    assert killed.returncode == -signal.SIGKILL
    shown = RunStore(tmp_path).show("r1")
    assert shown["status"] == "interrupted"
    assert [each["name"] for each in shown["components"]] == ["a"]


def test_a_run_id_is_taken_once(tmp_path: Path) -> None:
    RunStore(tmp_path).create("r1")
    with pytest.raises(RunLocked, match="'r1' exists already"):
        RunStore(tmp_path).create("r1")


def test_an_unknown_run_is_named_with_its_near_miss(tmp_path: Path) -> None:
    record = RunStore(tmp_path).create("nightly-1")
    record.begin(info("nightly-1"), ())
    with pytest.raises(ConfigError, match=r"'nightly-2'.*'nightly-1'"):
        RunStore(tmp_path).show("nightly-2")


def test_a_state_directory_that_is_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(RunError, match="state"):
        RunStore(tmp_path / "state").create("r1")


def test_looking_at_a_state_directory_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert RunStore(tmp_path / "none").list() == []
    assert not (tmp_path / "none").exists()


def test_runs_are_listed_oldest_first_and_by_pipeline(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for run_id, pipeline in (("a", "flights"), ("b", "other"), ("c", "flights")):
        store.create(run_id).begin(info(run_id, pipeline), ())
    assert [head["run_id"] for head in store.list("flights")] == ["a", "c"]


def test_run_ids_sort_by_time_and_differ() -> None:
    assert new_run_id(NOW).startswith("20260131T235959-")
    assert len({new_run_id(NOW) for _ in range(100)}) == 100
