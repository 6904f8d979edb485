"""Runs that end the way SIGKILL ends them, and what they leave on disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.execution import steps
from ppf_core.resources.finishing import Finished
from ppf_core.runs.recovery import recover
from ppf_core.spark.engines import engines
from ppf_core.state.store import RunRecords

WritePipeline = Callable[[str], Path]


def run(
    path: Path, spark: SparkSession, run_id: str | None = None, resume: str | None = None, **settings: str
) -> PipelineResult:
    return PipelineRunner.from_file(path, settings).run(spark=spark, run_id=run_id, resume=resume)


def store(path: Path) -> RunRecords:
    return RunRecords(path.parent / ".ppf")


def rows(path: Path, name: str) -> int | None:
    file = path.with_name(name) / "rows.json"
    return len(json.loads(file.read_text())) if file.exists() else None


def status(path: Path, run_id: str) -> str:
    return str(store(path).show(run_id)["status"])


def unfinished(path: Path) -> list[str]:
    return sorted(each.name for each in (path.parent / ".ppf" / "unfinished").iterdir())


def stages(path: Path) -> list[str]:
    return [each.name for each in path.parent.iterdir() if each.name.startswith(".") and each.name != ".ppf"]


def do(path: Path, spark: SparkSession, run_id: str, *, abandon: bool = False) -> Finished:
    return recover(store(path), run_id, lambda _workspace: engines().engine(spark), abandon=abandon)


class Killed(BaseException):
    """Ends a run the way SIGKILL does: what would come after is not done."""


def kill(path: Path, spark: SparkSession, run_id: str, at: str, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Runs until a step begins, and leaves everything as it is then."""

    def die(*_arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(steps.Steps, at, die)
        patched.setattr("ppf_core.execution.executor.Executor._fail", die)
        patched.setattr("ppf_core.execution.executor.Executor._give_up", lambda _self: None)
        patched.setattr("ppf_core.runs.run.Run._finish", die)
        with pytest.raises(Killed):
            run(path, spark, run_id, **settings)
