"""Records of runs as the kernel writes them, without a run: what the tests of the report look at."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ppf_core.contracts.results import ComponentResult, ErrorInfo, PipelineResult, QualityResult, RunInfo, UsedPlugin
from ppf_core.errors import Problem
from ppf_core.state import lines
from ppf_core.state.record import RunRecord
from ppf_core.state.store import RunRecords

BEGAN = datetime.datetime(2026, 1, 31, 23, 59, 50, tzinfo=datetime.UTC)
NOW = datetime.datetime(2026, 2, 1, 1, 0, tzinfo=datetime.UTC)
HOSTILE = '</style><script>alert(1)</script>\x1b[31m\u202e & "quoted" \''


def later(seconds: float) -> datetime.datetime:
    """A moment of the run."""
    return BEGAN + datetime.timedelta(seconds=seconds)


def planned(name: str, kind: str, stage: int, inputs: Mapping[str, str] = {}, **more: Any) -> dict[str, Any]:
    """A component of the plan."""
    plugin = {"source": "csv", "transform": "sql", "sink": "parquet"}[kind]
    facts = {
        "name": name,
        "kind": kind,
        "plugin": plugin,
        "distribution": "ppf-files",
        "version": "0.1.0",
        "stage": stage,
        "inputs": dict(inputs),
        "needs": list(inputs.values()),
        "selected": True,
        "staged": kind == "sink" or None,
        "quality": [],
        "datasets": [],
        "options": {},
        "description": None,
        "persist": "none",
        "persist_reason": None,
    }
    return {**facts, **more}


def ended(plan: Mapping[str, Any], begin: float | None, duration: float | None, **more: Any) -> ComponentResult:
    """How a component ended, by default well."""
    facts = {key: plan[key] for key in ("name", "kind", "plugin", "distribution")}
    result = ComponentResult(
        **facts,
        status="success",
        attempts=1 if begin is not None else 0,
        started_at=later(begin) if begin is not None else None,
        ended_at=later(begin + duration) if begin is not None and duration is not None else None,
        duration=duration,
    )
    return replace(result, **more)


def begun(folder: Path, components: Sequence[Mapping[str, Any]], **settings: Any) -> RunRecord:
    """The record of the run `r1` that has just begun."""
    record = RunRecords(folder).create("r1")
    info = RunInfo(
        run_id="r1",
        pipeline="flights",
        version="1.0",
        environment="prod",
        mode="batch",
        tags={"team": "ops"},
        started_at=BEGAN,
        record_path=str(record.path),
    )
    plan = lines.PlanMade(list(components), {"ppf": "0.1.0", "file": "flights.conf", **settings})
    record.begin(info, (UsedPlugin(distribution="ppf-files", version="0.1.0"),), plan)
    record.write(lines.SessionOpened({"spark_version": "4.1.1", "ansi": "true", "time_zone": "UTC", "master": "local[2]"}))
    return record


def result(status: Any, exit_code: int, components: Sequence[ComponentResult], *problems: Problem) -> PipelineResult:
    """How the run `r1` ended, after ten seconds."""
    return PipelineResult(
        run_id="r1",
        pipeline="flights",
        version="1.0",
        environment="prod",
        status=status,
        exit_code=exit_code,
        started_at=BEGAN,
        ended_at=later(10),
        duration=10.0,
        components=components,
        problems=problems,
    )


FLIGHTS = planned("flights", "source", 1, options={"path": "data/flights.csv", "password": "secret://env/DB"})
LATE = planned("late", "transform", 2, {"f": "flights"}, options={"query": "SELECT 1 WHERE 1 < 2"})
OUT = planned("out", "sink", 3, {"late": "late"})


def failed_run(folder: Path) -> None:
    """A source that succeeded, a transform that failed twice and whose error is hostile, a sink that was skipped."""
    record = begun(folder, [FLIGHTS, LATE, OUT], spark={"master": "local[2]", "conf": {"spark.ui.enabled": "false"}})
    record.write(lines.Pinned("flights", "v7"))
    bad = QualityResult(
        check="in_range", name="delay", action="warn", status="warned", failed=3, evaluated=1000, message="3 of 1000 rows."
    )
    error = ErrorInfo("ValueError", HOSTILE)
    components = [
        ended(FLIGHTS, 2, 3, quality=(bad,)),
        ended(LATE, 5, 4, status="failed", error=error, attempts=2),
        ended(OUT, None, None, status="skipped", reason="'late' failed."),
    ]
    record.write(lines.ComponentEnded(components[0]))
    for attempt, (begin, end, delay) in enumerate(((5, 6, 1.5), (7.5, 9, None)), 1):
        record.write(lines.AttemptEnded("late", attempt, "build", later(begin), later(end), error, delay))
    record.write(lines.ComponentEnded(components[1]))
    problem = Problem(code="hook", message="The hook is deaf.", hint="Wake it.", path="hooks.audit")
    record.end(result("failed", 1, components, problem))


WRITTEN = {"rows_written": 336776, "staged": True, "published": True}


def large_run(folder: Path, count: int = 200) -> list[str]:
    """A run of many components: sources, three layers of transforms that read the layer before, and sinks. Gives the names."""
    wide = count // 5
    plans: list[dict[str, Any]] = []
    for layer, kind in enumerate(("source", "transform", "transform", "transform", "sink")):
        for number in range(wide):
            feeding = [f"step_{layer - 1}_{(number * 7 + shift) % wide}" for shift in range(1 if kind == "sink" else 2)]
            inputs = dict(zip(feeding, feeding, strict=True)) if layer else {}
            plans.append(planned(f"step_{layer}_{number}", kind, layer + 1, inputs))
    record = begun(folder, plans)
    components = [
        ended(plan, plan["stage"] * 1.5, 0.5 + number % 7 / 4, **(WRITTEN if plan["kind"] == "sink" else {}))
        for number, plan in enumerate(plans)
    ]
    for component in components:
        record.write(lines.ComponentEnded(component))
    record.end(result("success", 0, components))
    return [plan["name"] for plan in plans]
