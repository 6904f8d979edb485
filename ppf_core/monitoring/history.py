"""What the batches of a run were like, in one small file of its folder: for those who watch the stream, and for its report.

    <state_dir>/runs/<run id>/streams.json

It is replaced as a whole. The newest batches stand in it as they were; older ones are folded together, those first that span
the fewest batches, so that the file stays small and still tells of the first day after a month.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ppf_core.contracts.results import StreamProgress
from ppf_core.state.documents import to_document
from ppf_core.storage.state_files import state_files
from ppf_core.threads import threads

HISTORY = "streams.json"
_MOST_POINTS, _NEWEST = 240, 60
_KEEP_SECONDS = 1.0
_SHARE = 0.01
"""Of a core, for writing the file: where there are many queries, it is written less often."""


@dataclass(frozen=True)
class Point:
    """Batches in a row, from the first to the last one. Field names are keys of the document.

    duration: of the longest one. lag, state_rows: after the last one. Rates: their mean, in rows per second.
    """

    first: int
    last: int
    batches: int
    started_at: datetime.datetime
    duration: float
    input_rows: int
    input_rate: float | None
    output_rate: float | None
    lag: float | None
    state_rows: int | None
    bad_rows: int

    @classmethod
    def of(cls, batch: StreamProgress) -> "Point":
        """One batch."""
        shared = {
            name: getattr(batch, name)
            for name in ("started_at", "duration", "input_rows", "input_rate", "output_rate", "lag", "state_rows", "bad_rows")
        }
        return cls(first=batch.batch_id, last=batch.batch_id, batches=1, **shared)

    def __add__(self, later: "Point") -> "Point":
        return Point(
            first=self.first,
            last=later.last,
            batches=self.batches + later.batches,
            started_at=self.started_at,
            duration=max(self.duration, later.duration),
            input_rows=self.input_rows + later.input_rows,
            input_rate=_mean((self.input_rate, self.batches), (later.input_rate, later.batches)),
            output_rate=_mean((self.output_rate, self.batches), (later.output_rate, later.batches)),
            lag=later.lag,
            state_rows=later.state_rows,
            bad_rows=self.bad_rows + later.bad_rows,
        )


@dataclass
class QueryHistory:
    """The batches of one query. Field names are keys of the document."""

    query: str
    sinks: Sequence[str]
    batches: int = 0
    input_rows: int = 0
    bad_rows: int = 0
    last: StreamProgress | None = None
    points: list[Point] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list, repr=False)  # of the points: most stay as they are from write to write

    def add(self, batch: StreamProgress) -> None:
        """A batch ended."""
        self.batches += 1
        self.input_rows += batch.input_rows
        self.bad_rows += batch.bad_rows
        self.last = batch
        self._put(len(self.points), len(self.points), Point.of(batch))
        if len(self.points) > _MOST_POINTS:
            old = range(len(self.points) - _NEWEST - 1)
            at = min(old, key=lambda each: self.points[each].batches + self.points[each + 1].batches)
            self._put(at, at + 2, self.points[at] + self.points[at + 1])

    @property
    def text(self) -> str:
        """Its part of the document."""
        keys = ("query", "sinks", "batches", "input_rows", "bad_rows", "last")
        head = json.dumps({key: to_document(getattr(self, key)) for key in keys})
        return f'{head[:-1]}, "points": [{", ".join(self._texts)}]}}'

    def _put(self, start: int, end: int, point: Point) -> None:
        self.points[start:end] = [point]
        self._texts[start:end] = [json.dumps(to_document(point))]


class History:
    """The batches of all queries of a run. Not for several threads at once. queries: each with its sinks."""

    def __init__(self, folder: Path, queries: Mapping[str, Sequence[str]]) -> None:
        self.queries = {name: QueryHistory(name, tuple(sinks)) for name, sinks in queries.items()}
        self._path = folder / HISTORY
        self._is_kept = False
        self._next = 0.0

    def knows(self, batch: StreamProgress) -> bool:
        """Whether it is in there, or a later one. A query that began anew, within the run, counts its batches from 0 again."""
        last = self.queries[batch.query].last
        return last is not None and last.batch_id >= batch.batch_id and last.started_at >= batch.started_at

    def add(self, batch: StreamProgress) -> None:
        """A batch ended."""
        self.queries[batch.query].add(batch)
        self._is_kept = False

    def keep(self, *, is_last: bool = False) -> None:
        """Writes the file, if there is something new and it is time to. Raises OSError."""
        began = threads().monotonic()
        if self._is_kept or (began < self._next and not is_last):
            return
        parts = ",\n".join(each.text for each in self.queries.values())
        state_files().write(self._path, f'{{"queries": [\n{parts}\n]}}\n', mode=0o600)
        self._is_kept = True
        self._next = began + max(_KEEP_SECONDS, (threads().monotonic() - began) / _SHARE)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """What is known of the queries of the run that lies in a folder: nothing before their first batch, and of a batch run."""
    try:
        queries: list[dict[str, Any]] = json.loads(state_files().read(folder / HISTORY))["queries"]
    except FileNotFoundError:
        return []
    return queries


def last_batches(folder: Path) -> list[dict[str, Any]]:
    """The same without the past: counters and the last batch of each query."""
    return [{key: value for key, value in query.items() if key != "points"} for query in read_history(folder)]


def _mean(*rates: tuple[float | None, int]) -> float | None:
    known = [(rate, count) for rate, count in rates if rate is not None]
    return sum(rate * count for rate, count in known) / sum(count for _, count in known) if known else None
