"""Where the boxes and lines of a graph stand: stages from left to right; a long graph breaks into rows, like a text.

Layers are given by the stages. A line over several stages gets an empty slot in each stage between, so that it passes boxes
instead of crossing them. Slots are ordered by the mean position of their neighbours, then placed as near to them as the order
allows. Everything is linear in slots, but for the sorting.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import Any

_PAGE = 1240.0
_NARROWEST, _WIDEST = 150.0, 230.0
_MOST_STAGES = 7
_WRAPPED = 6
_GAP_X, _GAP_Y = 44, 12
_THIN = 8
_SWEEPS = 6


@dataclass(frozen=True)
class Box:
    """Where a component stands. again: it stands in a row above; here it only feeds what is beside it."""

    name: str
    x: float
    y: float
    again: bool


@dataclass(frozen=True)
class Line:
    """An edge as the path of an SVG. `carries_rows` is false for mere order."""

    start: str
    end: str
    path: str
    carries_rows: bool


@dataclass(frozen=True)
class Row:
    """A part of the graph that fits across a page."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    height: float


@dataclass(frozen=True)
class Graph:
    """The rows, which share one span from left to right, and the size of every box."""

    rows: tuple[Row, ...]
    span: float
    width: float
    height: float


@dataclass(eq=False)
class _Slot:
    """A place in a column: of a box, or of a line that passes. y: of its middle."""

    column: int
    height: float
    name: str = ""
    again: bool = False
    before: list["_Slot"] = field(default_factory=list)
    after: list["_Slot"] = field(default_factory=list)
    at: float = 0
    y: float = 0


def lay_out(components: Sequence[Mapping[str, Any]], height: float) -> Graph:
    """The graph of components that have `name`, `stage`, `inputs` and `needs`; its boxes as wide as a page allows."""
    stages = max((component["stage"] for component in components), default=0)
    a_row = stages if stages <= _MOST_STAGES else ceil(stages / ceil(stages / _WRAPPED))
    columns = max(a_row + (a_row < stages), 1)
    width = min(max(_NARROWEST, (_PAGE + _GAP_X) / columns - _GAP_X), _WIDEST)
    rows: dict[int, list[Mapping[str, Any]]] = {}
    for component in components:
        rows.setdefault((component["stage"] - 1) // a_row, []).append(component)
    laid_out = (_RowLayout(rows[number], number * a_row, width, height).row() for number in sorted(rows))
    return Graph(tuple(laid_out), columns * (width + _GAP_X) - _GAP_X, width, height)


class _RowLayout:
    """One row. first: the stage before its first one."""

    def __init__(self, components: Sequence[Mapping[str, Any]], first: int, width: float, height: float) -> None:
        self._width, self._height = width, height
        own = {component["name"] for component in components}
        feeding = dict.fromkeys(need for component in components for need in component["needs"] if need not in own)
        self._slots = {name: _Slot(0, height, name, again=True) for name in feeding}
        shift = first + (0 if feeding else 1)
        self._slots.update({each["name"]: _Slot(each["stage"] - shift, height, each["name"]) for each in components})
        self._columns: list[list[_Slot]] = [[] for _ in range(1 + max(slot.column for slot in self._slots.values()))]
        for slot in self._slots.values():
            self._columns[slot.column].append(slot)
        self._edges = [
            (self._chain(self._slots[need], self._slots[each["name"]]), need in each["inputs"].values())
            for each in components
            for need in each["needs"]
        ]

    def _chain(self, start: _Slot, end: _Slot) -> list[_Slot]:
        """The slots of a line, from box to box."""
        passing = [_Slot(column, _THIN) for column in range(start.column + 1, end.column)]
        for slot in passing:
            self._columns[slot.column].append(slot)
        chain = [start, *passing, end]
        for left, right in pairwise(chain):
            left.after.append(right)
            right.before.append(left)
        return chain

    def row(self) -> Row:
        """Orders, places and draws."""
        self._order()
        self._place()
        boxes = tuple(Box(slot.name, self._x(slot), slot.y - self._height / 2, slot.again) for slot in self._slots.values())
        lines = tuple(Line(chain[0].name, chain[-1].name, self._path(chain), is_rows) for chain, is_rows in self._edges)
        bottom = max(slot.y + slot.height / 2 for column in self._columns for slot in column)
        return Row(boxes, lines, bottom)

    def _order(self) -> None:
        for column in self._columns:
            _number(column)
        for sweep in range(_SWEEPS):
            for column in self._sweep(sweep):
                column.sort(key=lambda slot: _mean([each.at for each in _fixed(slot, sweep)], slot.at))
                _number(column)

    def _place(self) -> None:
        for column in self._columns:
            _spread(column, [0.0] * len(column))
        for sweep in range(_SWEEPS + 1):
            for column in self._sweep(sweep):
                _spread(column, [_mean([each.y for each in _fixed(slot, sweep)], slot.y) for slot in column])
        top = min(slot.y - slot.height / 2 for column in self._columns for slot in column)
        for column in self._columns:
            for slot in column:
                slot.y -= top

    def _sweep(self, number: int) -> Iterable[list[_Slot]]:
        """To the right and to the left by turns; the first column of each way stays."""
        return self._columns[1:] if number % 2 == 0 else self._columns[-2::-1]

    def _path(self, chain: list[_Slot]) -> str:
        return " ".join(self._strokes(chain))

    def _strokes(self, chain: list[_Slot]) -> Iterator[str]:
        yield f"M{self._x(chain[0]) + self._width:.1f} {chain[0].y:.1f}"
        for left, right in pairwise(chain):
            x, half = self._x(right), _GAP_X / 2
            yield f"C{x - half:.1f} {left.y:.1f} {x - half:.1f} {right.y:.1f} {x:.1f} {right.y:.1f}"
            if not right.name:
                yield f"H{x + self._width:.1f}"

    def _x(self, slot: _Slot) -> float:
        return slot.column * (self._width + _GAP_X)


def _fixed(slot: _Slot, sweep: int) -> list[_Slot]:
    """The neighbours that were placed just before: on the left on the way to the right, and the other way round."""
    return slot.before if sweep % 2 == 0 else slot.after


def _number(column: list[_Slot]) -> None:
    for index, slot in enumerate(column):
        slot.at = index


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _spread(column: list[_Slot], wanted: list[float]) -> None:
    """Places the slots of a column as near to the wanted heights as their order and their sizes allow.

    Least squares under order: neighbours that would overlap share the mean of what they want (pool adjacent violators).
    """
    offsets = [0.0]
    for above, below in pairwise(column):
        offsets.append(offsets[-1] + (above.height + below.height) / 2 + _GAP_Y)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    means = (total / count for total, count in pools for _ in range(count))
    for slot, mean, offset in zip(column, means, offsets, strict=True):
        slot.y = mean + offset
