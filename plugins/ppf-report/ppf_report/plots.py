"""What the batches of a stream were like over time, as lines in plots of one size."""

import datetime
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppf_report.words import duration_text, number_text, time_text

WIDTH, HEIGHT = 520.0, 90.0
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Line:
    """One line. path: of SVG. dots: where a value stands alone, so that no line leads to it. label: where there are several."""

    path: str
    dots: tuple[tuple[float, float], ...]
    label: str | None


@dataclass(frozen=True)
class Plot:
    """One plot. top: what its upper edge means. mark: the height of a line that values should stay below, and what it is."""

    title: str
    top: str
    lines: tuple[Line, ...]
    mark: tuple[float, str] | None = None


@dataclass(frozen=True)
class StreamPlots:
    """The plots of one query, and what they are about. began, ended: the times of their left and right edge."""

    query: str
    summary: str
    began: str
    ended: str
    plots: tuple[Plot, ...]


def stream_plots(query: Mapping[str, Any]) -> StreamPlots:
    """The plots of a query, from what `RunStore.report` has of it."""
    points = [{**each, "bad_rows": each["bad_rows"] / each["batches"]} for each in query["points"]]
    times = [datetime.datetime.fromisoformat(each["started_at"]) for each in points]
    facts = (
        "1 batch" if query["batches"] == 1 else f"{number_text(query['batches'])} batches",
        f"{number_text(query['input_rows'])} rows",
        f"{number_text(query['bad_rows'])} bad rows",
        f"to {', '.join(query['sinks'])}",
    )
    ends = (time_text(times[0]), time_text(times[-1])) if times else ("", "")
    return StreamPlots(query["query"], ", ".join(facts), *ends, tuple(_plots(query, points, _across(times))))


def _plots(query: Mapping[str, Any], points: Sequence[Mapping[str, Any]], across: Sequence[float]) -> Iterator[Plot]:
    trigger = (query["last"] or {}).get("trigger")
    kinds: tuple[tuple[str, Mapping[str, str | None], Callable[[float], str]], ...] = (
        ("Time of a batch", {"duration": None}, duration_text),
        ("Rows per second", {"input_rate": "in", "output_rate": "out"}, number_text),
        ("Lag of the source", {"lag": None}, number_text),
        ("Rows of state", {"state_rows": None}, number_text),
        ("Bad rows of a batch", {"bad_rows": None}, number_text),
    )
    for title, keys, text in kinds:
        known = [point[key] for key in keys for point in points if point[key] is not None]
        if not known or ("bad_rows" in keys and not query["bad_rows"]):
            continue
        top = _round_up(max([*known, trigger or 0.0] if "duration" in keys else known))
        lines = (_line(list(zip(across, (point[key] for point in points), strict=True)), top, keys[key]) for key in keys)
        mark = (_height(trigger, top), f"trigger {duration_text(trigger)}") if "duration" in keys and trigger else None
        yield Plot(title, text(top), tuple(line for line in lines if line.path or line.dots), mark)


def _line(places: Sequence[tuple[float, float | None]], top: float, label: str | None) -> Line:
    stretches: list[list[tuple[float, float]]] = [[]]
    for x, value in places:
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((x, _height(value, top)))
    path = " ".join(f"M{' L'.join(f'{x:g} {y:g}' for x, y in stretch)}" for stretch in stretches if len(stretch) > 1)
    return Line(path, tuple(stretch[0] for stretch in stretches if len(stretch) == 1), label)


def _across(times: Sequence[datetime.datetime]) -> list[float]:
    """From the left to the right edge, by time; where the clock was set back, not to the left."""
    length = (times[-1] - times[0]).total_seconds() if times else 0.0
    found, latest = [], 0.0
    for moment in times:
        share = (moment - times[0]).total_seconds() / length if length > 0 else 0.0
        latest = max(latest, min(1.0, share))
        found.append(round(latest * WIDTH, 1))
    return found


def _height(value: float, top: float) -> float:
    return round(HEIGHT * (1 - value / top), 1)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    size: float = 10 ** math.floor(math.log10(value))
    return next(step * size for step in _STEPS if value <= step * size * (1 + 1e-9))
