"""When each component was at work, as bars in percent of the length of the run."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppf_report.words import duration_text

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TICKS = 8


@dataclass(frozen=True)
class Bar:
    """A stretch of time. status: of the component, or `failed` for an attempt that failed."""

    left: float
    width: float
    status: str
    title: str


@dataclass(frozen=True)
class Track:
    """One component: from its start to its end, and its attempts within."""

    name: str
    duration: str
    whole: Bar
    attempts: tuple[Bar, ...]


@dataclass(frozen=True)
class Timeline:
    """All components that started, the first one first. step: the distance of the ticks in percent.

    is_exact: false when the clock of the machine was set while the run went on, so that some bar is not where it should be.
    """

    tracks: tuple[Track, ...]
    ticks: tuple[tuple[float, str], ...]
    step: float
    is_exact: bool


@dataclass(frozen=True)
class _Span:
    """Seconds since the run began."""

    begin: float
    end: float


def make_timeline(
    report: Mapping[str, Any], components: Sequence[Mapping[str, Any]], now: datetime.datetime
) -> Timeline | None:
    """The timeline of a run; None when no component has started. Components are those of the page."""
    began = _time(report["started_at"])
    end = _length(report, began, now)
    spans = {each["name"]: span for each in components if (span := _span(each, began, end)) is not None}
    attempts = _attempts(report["attempts"], began)
    known = [*spans.values(), *(span for each in attempts.values() for span, *_ in each)]
    length = end if end > 0 else max((span.end for span in known), default=0.0)
    if not spans or length <= 0:
        return None
    is_exact = all(-1 <= span.begin <= span.end <= end + 1 for span in known)
    by_name = {each["name"]: each for each in components}
    tracks = [*_start_of_spark(report, began, length)]
    tracks += [
        Track(
            name,
            duration_text(spans[name].end - spans[name].begin),
            _bar(spans[name], length, by_name[name]["status"], name),
            tuple(_bar(span, length, status, title) for span, status, title in attempts.get(name, ())),
        )
        for name in sorted(spans, key=lambda name: spans[name].begin)
    ]
    step = next((step for step in _STEPS if length / step <= _MOST_TICKS), length)
    ticks = tuple(
        (100 * step * number / length, duration_text(step * number).replace(".0 s", " s"))
        for number in range(int(length / step) + 1)
    )
    return Timeline(tuple(tracks), ticks, 100 * step / length, is_exact)


def _length(report: Mapping[str, Any], began: datetime.datetime, now: datetime.datetime) -> float:
    """Seconds from the start to the end: to the last sign of life of a run that was killed, until now of one that goes on."""
    if report["duration"] is not None:
        return float(report["duration"])
    return (now - began).total_seconds() if report["status"] == "running" else _since(began, report["written_at"])


def _start_of_spark(report: Mapping[str, Any], began: datetime.datetime, length: float) -> Iterator[Track]:
    if report["session_at"] is not None:
        ready = _Span(0, min(max(0.0, _since(began, report["session_at"])), length))
        title = "Plugins are made ready, then Spark."
        yield Track("start of Spark", duration_text(ready.end), _bar(ready, length, "preparation", title), ())


def _span(component: Mapping[str, Any], began: datetime.datetime, end: float) -> _Span | None:
    """From its start for as long as it took: the duration is right, also when the clock was set in between."""
    if component["started_at"] is None:
        return None
    begin = _since(began, component["started_at"])
    return _Span(begin, begin + component["duration"] if component["duration"] is not None else max(begin, end))


def _attempts(lines: Iterable[Mapping[str, Any]], began: datetime.datetime) -> dict[str, list[tuple[_Span, str, str]]]:
    """Component → its attempts, each with its outcome and its words."""
    found: dict[str, list[tuple[_Span, str, str]]] = {}
    for line in lines:
        if line.get("started_at") and line.get("ended_at"):
            span = _Span(_since(began, line["started_at"]), _since(began, line["ended_at"]))
            error = line.get("error")
            step = f", {line['step']}" if line.get("step") else ""
            outcome = f"{error['type']}: {error['message']}" if error else "success"
            title = f"{line['component']}{step}, attempt {line['attempt']}, {duration_text(span.end - span.begin)}: {outcome}"
            found.setdefault(line["component"], []).append((span, "failed" if error else "success", title))
    return found


def _bar(span: _Span, length: float, status: str, title: str) -> Bar:
    left = min(max(0.0, span.begin), length)
    right = min(max(left, span.end), length)
    return Bar(round(100 * left / length, 3), round(100 * (right - left) / length, 3), status, title)


def _since(began: datetime.datetime, text: str) -> float:
    return (_time(text) - began).total_seconds()


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
