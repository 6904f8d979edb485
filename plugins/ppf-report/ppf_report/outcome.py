"""What happened in a run, in sentences: for a reader who has nothing but the page."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ppf_report.words import counted, duration_text, time_text

_VERBS = {
    "success": "succeeded",
    "failed": "failed",
    "skipped": "skipped",
    "resumed": "kept from an earlier attempt",
    "not_run": "not asked for",
    "running": "at work",
    "waiting": "waiting",
    "unfinished": "unfinished",
    "not started": "not started",
}
"""Every status of a component on the page, and what it says in a sentence."""

Documents = Sequence[Mapping[str, Any]]


def outcome(report: Mapping[str, Any], components: Documents, now: str) -> list[str]:
    """The sentences, the most important one first."""
    return [_head(report, now), *_causes(components), _counts(components), *_shown(report, components)]


def _head(report: Mapping[str, Any], now: str) -> str:
    took = f" after {duration_text(report['duration'])}" if report["duration"] is not None else ""
    if report["status"] == "success":
        return f"The run succeeded{took}."
    if report["status"] == "failed":
        return f"The run failed{took}."
    if report["status"] != "interrupted":
        return f"The run was still going on when this page was written, at {now}."
    if report["ended_at"] is None:
        return (
            "The run did not end: its process was killed, or its machine stopped. It gave its last sign of life at"
            f" {time_text(report['written_at'])}; what was known by then is below."
        )
    cause = {130: " by Ctrl-C or SIGINT", 143: " by SIGTERM"}.get(report["exit_code"], "")
    return f"The run was interrupted{cause}{took}."


def _causes(components: Documents) -> Iterator[str]:
    failed = [component["name"] for component in components if component["status"] == "failed"]
    if failed:
        yield f"What failed: {_listed(failed)}."
    checks = [
        f"{check['name']} of {component['name']}"
        for component in components
        for check in component["checks"]
        if check["status"] in ("failed", "error")
    ]
    if checks:
        yield f"Checks that did not pass: {_listed(checks)}."


def _counts(components: Documents) -> str:
    counts = Counter(component["status"] for component in components)
    told = ", ".join(f"{counts[status]} {verb}" for status, verb in _VERBS.items() if counts[status])
    return f"Of {counted(len(components), 'component')}: {told}." if told else "No component has started."


def _shown(report: Mapping[str, Any], components: Documents) -> Iterator[str]:
    """What readers of the targets see now."""
    staged = [component for component in components if component["kind"] == "sink" and component["is_staged_sink"]]
    published = [component["name"] for component in staged if component["published"]]
    if staged and len(published) == len(staged):
        yield f"Published: {_listed(published)}." if len(staged) > 1 else f"Its output is published: {published[0]}."
    elif published:
        rest = [component["name"] for component in staged if not component["published"]]
        yield f"Published: {_listed(published)}. Not published: {_listed(rest)}."
    elif staged and report["ended_at"] is not None:
        yield "Nothing was published: the targets of its staged sinks are as they were before."
    elif staged:
        yield "No staged sink was published by then."
    direct = [
        component["name"]
        for component in components
        if component["kind"] == "sink" and component["is_staged_sink"] is False and component["started_at"]
    ]
    if direct and report["status"] != "success":
        yield f"Not staged, so that what was written stays written: {_listed(direct)}."


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
