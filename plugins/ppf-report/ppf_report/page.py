"""From what the record of a run knows to its page."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ppf_core import __version__
from ppf_report import words
from ppf_report.graph import lay_out
from ppf_report.outcome import outcome
from ppf_report.plots import HEIGHT, WIDTH, stream_plots
from ppf_report.timeline import make_timeline

_MANY = 60
"""Components from which on boxes are small."""
_CHARACTER = 7.4
_PADDING = 28


_NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("reason", "circuit", "started_at", "ended_at", "duration", "rows_written", "error", "schema", "progress")),
    **dict.fromkeys(("version", "description", "persist_reason", "retry")),
    **dict.fromkeys(("staged", "published"), False),
    "attempts": 0,
    "inputs": {},
    "datasets": (),
    "persist": "none",
}
"""What stands in for what a record does not say."""


def render(report: Mapping[str, Any], now: datetime.datetime) -> str:
    """The page of a run, from what `RunStore.report` gives. It needs no other file, no network and no script."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ppf_report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clipped=words.clipped,
        columns=words.columns_text,
        duration=words.duration_text,
        number=words.number_text,
        time=words.time_text,
    )
    components = list(_components(report))
    now_text = words.time_text(now)
    return environment.get_template("page.html").render(
        run=report,
        components=components,
        by_name={component["name"]: component for component in components},
        numbers={component["name"]: number for number, component in enumerate(components)},
        outcome=outcome(report, components, now_text),
        facts=list(_facts(report)),
        graph=_graph(report["plan"]["components"]),
        timeline=make_timeline(report, components, now),
        streams=[stream_plots(query) for query in report.get("streams", ())],
        plot_size=(WIDTH, HEIGHT),
        failed_attempts=[attempt for attempt in report["attempts"] if attempt.get("error")],
        settings=list(words.flattened(report["plan"]["settings"])),
        now=now_text,
        ppf=__version__,
    )


def _components(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each component with what was planned and how it went, in the order of the file."""
    ended = {component["name"]: component for component in report["components"]}
    planned = {component["name"]: component for component in report["plan"]["components"]}
    for name in planned or ended:
        plan, result, noted = planned.get(name, {}), ended.get(name), report["noted"].get(name)
        yield {
            **_NOTHING,
            **plan,
            **(result or _unended(report, plan, noted)),
            "is_staged_sink": plan.get("staged"),
            "checks": _checks(result, noted),
            "options": list(words.flattened(plan.get("options", {}))),
            "after": [need for need in plan.get("needs", ()) if need not in plan["inputs"].values()],
            **{key: noted[key] if noted else None for key in ("pinned", "kept", "has_stage")},
        }


def _checks(result: Mapping[str, Any] | None, noted: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What its checks found, so far if it has not ended, each with the bad rows that the record has of it."""
    found = result["quality"] if result else noted["checks"] if noted else []
    samples = noted["samples"] if noted else {}
    return [{**check, "samples": samples.get(number)} for number, check in enumerate(found)]


def _unended(report: Mapping[str, Any], plan: Mapping[str, Any], noted: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is known of a component that has not ended: its first line says that, and about when, it has started."""
    is_dead = report["status"] == "interrupted"
    if not plan.get("selected", True):
        return {"status": "not_run"}
    if noted is None:
        return {"status": "not started" if is_dead else "waiting"}
    status = "unfinished" if is_dead else "running"
    return {"status": status, "started_at": noted["started_at"], "attempts": noted["attempts"]}


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    settings, spark = report["plan"]["settings"], report["facts"]
    tags = ", ".join(f"{key} = {value}" for key, value in (report["tags"] or {}).items())
    facts = {
        "Pipeline": " ".join(filter(None, (report["pipeline"], report["version"]))),
        "Run": report["run_id"],
        "Resumed from": report["resumed_from"],
        "Environment": report["environment"],
        "Mode": report["mode"],
        "Tags": tags,
        "Started": words.time_text(report["started_at"]),
        "Ended": words.time_text(report["ended_at"]),
        "Duration": words.duration_text(report["duration"]),
        "Exit code": words.exit_code_text(report["exit_code"]),
        "Spark": spark.get("spark_version"),
        "Master": spark.get("master"),
        "ANSI mode": {"true": "on", "false": "off"}.get(spark.get("ansi", ""), spark.get("ansi")),
        "Time zone": spark.get("time_zone"),
        "ppf": settings.get("ppf"),
        "Python": settings.get("python"),
        "File": settings.get("file"),
        "Record": report["record_path"],
    }
    yield from ((name, value) for name, value in facts.items() if value)


def _graph(planned: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The graph, and how many characters fit into a box; where there are many, boxes are small."""
    is_small = len(planned) > _MANY
    graph = lay_out(planned, 40.0 if is_small else 58.0)
    return {**vars(graph), "characters": int((graph.width - _PADDING) / _CHARACTER), "is_small": is_small}
