"""Counting what checks look for: bad rows and aggregates, in a pass over a frame or while a frame is written.

The row rules of a frame are packed into masks, one bit a rule. A mask is a column, so each rule is evaluated once a row,
whoever looks at the mask:

    frame → with masks → (observed) → only good rows → without masks
            bit i is 1 where rule i finds the row bad

A count of rows and the union of the masks say whether all is well. Only when it is not, the rows are counted again, rule by
rule.

Each call on a column is a call to the JVM. So what is asked of the masks is SQL text, in which the names of masks, which are
ours, and numbers stand, and nothing else ever.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.checks import Columns
from ppf_core.spark.rules import FAILED_CHECKS, Counts, Rules, Summary

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Observation

BITS = 63
"""Rules in one mask: the bits of a BIGINT, less its sign."""
WAIT_SECONDS = 10.0
"""How long numbers may take to arrive once the job that counted them has ended."""

MASKING = {"spark.sql.codegen.hugeMethodLimit": "8000"}
"""The JVM compiles no larger method, so 200 rules in one are interpreted: 20 times slower. So Spark makes smaller ones."""

_MASK = "_ppf_mask"
_IS_APART = "is_apart"
_SMALL = 31  # bits that an INT holds besides its sign
_ROWS, _APART = "rows", "apart"


class RowMasks:
    """The rules of one frame. split: the row rules whose bad rows are set apart.

    places: rule → the number of the place that takes its bad rows. A row that several such rules find bad goes to the place of
    the first one. Making a masks analyses the row rules: raises what a rule raises, or AnalysisException.
    """

    def __init__(
        self, frame: "DataFrame", rules: Rules, split: Collection[int] = (), places: Mapping[int, int] | None = None
    ) -> None:
        self.frame = frame
        self.rules = rules
        self._split = [key for key in rules.rows if key in split]
        self._places = {key: place for key, place in (places or {}).items() if key in rules.rows}
        self._keys = tuple(rules.rows)
        self._columns = Columns(frame)
        self._values = {key: dict(rule(self._columns)) for key, rule in rules.values.items()}
        self.labelled = frame.withColumns(dict(zip(self.masks, self._mask_columns(), strict=True))) if self._keys else frame

    @cached_property
    def masks(self) -> tuple[str, ...]:
        """The names of the mask columns, which no column of the frame has."""
        return tuple(f"{self._stem}_{index}" for index in range(-(-len(self._keys) // BITS)))

    @cached_property
    def _stem(self) -> str:
        """With what no column of the frame begins."""
        taken = {name.lower() for name in self.frame.columns}
        stem = _MASK
        while any(name.startswith(stem) for name in taken):
            stem += "_"
        return stem

    def observed(self, *, is_detailed: bool = False) -> "tuple[DataFrame, Observation]":
        """The labelled frame, which counts while it is written, and where the numbers arrive.

        is_detailed: whether it counts rule by rule at once, which costs more, since the rows cannot be looked at again.
        """
        from pyspark.sql import Observation

        observation = Observation()
        return self.labelled.observe(observation, *self._aggregates(is_detailed=is_detailed)), observation

    def observed_as(self, name: str) -> "DataFrame":
        """The labelled frame of a stream, whose numbers, rule by rule, come under this name with the progress of each batch."""
        return self.labelled.observe(name, *self._aggregates(is_detailed=True))

    def parted(self) -> "tuple[DataFrame, str, Observation]":
        """All rows with one more column, which is true where a row is set apart; its name; where the numbers arrive.

        Rows that are set apart are counted rule by rule where they lie. So where nothing else is asked for, how many rows there
        are is all that is counted here, and how many of them are set apart.
        """
        from pyspark.sql import Observation
        from pyspark.sql import functions as F

        name, observation = f"{self._stem}_{_IS_APART}", Observation()
        is_more = self._values or len(self._split) < len(self._keys)
        aggregates = self._aggregates() if is_more and self.is_observable() else self._aggregates()[:2]
        labelled = self.labelled.observe(observation, *aggregates)
        return self.unlabelled(labelled.withColumns({name: F.expr(self._is_bad(self._split))})), name, observation

    def is_observable(self) -> bool:
        """Whether Spark can count while the frame is written: it refuses some aggregates, such as one of distinct values."""
        if not self._values:
            return True
        try:
            # By name: Spark would keep, and complain of, an Observation that it refused.
            self.labelled.observe("ppf", *self._aggregates())
        except Exception:  # noqa: BLE001 -- whatever the reason, it cannot be done
            return False
        return True

    def seen(self, observation: "Observation", seconds: float = WAIT_SECONDS) -> Summary | None:
        """What arrived; None when nothing did in this time, or not all of it."""
        arrived: list[dict[str, Any]] = []

        def wait() -> None:
            try:
                arrived.append(observation.get)
            except Exception:  # noqa: BLE001 -- numbers that cannot be had did not arrive, whatever the reason
                return

        # It may wait for ever, for instance for a part of a plan that Spark left out; then the thread does, and nobody else.
        thread = threading.Thread(target=wait, name="ppf-observation", daemon=True)
        thread.start()
        thread.join(seconds)
        return self.summary(arrived[0]) if arrived else None

    def count(self, *, is_detailed: bool = False) -> Counts:
        """Counts in one action over the labelled frame, and in a second one where a row is bad.

        is_detailed: whether it counts rule by rule at once, for a frame in which most rows are bad.
        """
        row = self.labelled.agg(*self._aggregates(is_detailed=is_detailed)).collect()[0]
        summary = self.summary(row.asDict(recursive=False))
        if summary is None:
            raise RuntimeError("Spark counted, but gave no numbers.")
        return self.complete(summary)

    def complete(self, summary: Summary, again: "DataFrame | None" = None) -> Counts:
        """The counts of each rule. Where a row is bad, they are counted in a second look.

        again: the rows as they lie elsewhere, of which only what the rules need is read that found one. RuntimeError when these
        are not the rows of the summary.
        """
        if summary.failed is not None:
            return Counts(summary.rows, summary.apart, summary.routed, summary.failed, summary.values)
        failed, found = dict.fromkeys(self._keys, 0), self.found(summary)
        if found:
            masks = self if again is None else RowMasks(again, self.rules.only(*found))
            rows, counted = masks._failed(found)
            if rows != summary.rows or 0 in counted.values():
                raise RuntimeError(f"A second look at the rows found others: {rows}, where there were {summary.rows}.")
            failed |= counted
        return Counts(summary.rows, summary.apart, summary.routed, failed, summary.values)

    def found(self, summary: Summary) -> list[int]:
        """The row rules that found a row bad."""
        return [key for position, key in enumerate(self._keys) if _has(summary.masks, position)]

    def narrowed(self, keys: Collection[int]) -> "RowMasks":
        """The same with these rules alone: where the others found nothing, there is no need to ask them again."""
        return RowMasks(self.frame, self.rules.only(*keys), self._split, self._places)

    def good(self, labelled: "DataFrame") -> "DataFrame":
        """The rows that are not set apart, as they were."""
        if self._split:
            labelled = labelled.where(f"NOT ({self._is_bad(self._split)})")
        return self.unlabelled(labelled)

    def unlabelled(self, labelled: "DataFrame") -> "DataFrame":
        """All rows, as they were."""
        return labelled.drop(*self.masks)

    def routed(self, labelled: "DataFrame", place: int | None, names: Mapping[int, str]) -> "DataFrame":
        """The rows that go to a place, or to any (None), with the names of all rules that found them bad in FAILED_CHECKS."""
        from pyspark.sql import functions as F

        found = F.array(*(F.when(F.expr(self._is_bad([key])), names[key]) for key in self._keys))
        named = F.filter(found, lambda name: name.isNotNull())
        # Spark would move the filter below the masks and put all rules in the place of each of their names, time and again.
        labelled = labelled.withColumns({name: F.expr(f"{name} | monotonically_increasing_id() * 0") for name in self.masks})
        return labelled.where(self._goes_to(place)).withColumn(FAILED_CHECKS, named).drop(*self.masks)

    def bad_rows(self, labelled: "DataFrame", key: int, limit: int) -> "DataFrame":
        """Some of the rows that a rule found bad."""
        return labelled.where(self._is_bad([key])).drop(*self.masks).limit(limit)

    @property
    def _has_one_place(self) -> bool:
        """Whether all rows that are set apart go to one place, so that they need not be counted twice."""
        return len(self._used_places) == 1 and self._places.keys() == set(self._split)

    @property
    def _used_places(self) -> list[int]:
        return sorted(set(self._places.values()))

    def _is_bad(self, keys: Collection[int]) -> str:
        """Of a labelled frame: whether one of these rules found the row bad."""
        positions = [self._keys.index(key) for key in keys]
        bits = [sum(1 << (position % BITS) for position in positions if position // BITS == index) for index in self._indexes]
        tests = [f"({name} & {bit}L) <> 0L" for name, bit in zip(self.masks, bits, strict=True) if bit]
        return " OR ".join(tests) or "false"

    def _goes_to(self, place: int | None) -> str:
        """Of a labelled frame: whether the row goes to this place, or to any."""
        if place is None or len(self._used_places) == 1:
            return self._is_bad(self._places)
        choices = " ".join(f"WHEN {self._is_bad([key])} THEN {number}" for key, number in self._places.items())
        return f"coalesce(CASE {choices} END = {place}, false)"

    @property
    def _indexes(self) -> range:
        return range(len(self.masks))

    def _mask_columns(self) -> Iterator["Column"]:
        rules = list(self.rules.rows.values())
        for start in range(0, len(rules), BITS):
            bits = [rule(self._columns, 1 << bit, 0) for bit, rule in enumerate(rules[start : start + BITS])]
            yield _united([_united(bits[:_SMALL]).cast("bigint"), *bits[_SMALL:]])

    def _aggregates(self, *, is_detailed: bool = False) -> list["Column"]:
        from pyspark.sql import functions as F

        counted = {_ROWS: "count(1)"}
        if self._split:
            counted[_APART] = f"count_if({self._is_bad(self._split)})"
        if not self._has_one_place:
            counted |= {f"place {place}": f"count_if({self._goes_to(place)})" for place in self._used_places}
        if is_detailed:
            counted |= {f"failed {key}": self._failures_of(key) for key in self._keys}
        counted |= {f"mask {index}": f"bit_or({name})" for index, name in enumerate(self.masks)}
        columns = [F.expr(f"{text} AS `{name}`") for name, text in counted.items()]
        columns += [
            column.alias(f"value {key} {name}") for key, values in self._values.items() for name, column in values.items()
        ]
        return columns

    def _failures_of(self, key: int) -> str:
        return f"count_if({self._is_bad([key])})"

    def _failed(self, keys: Collection[int]) -> tuple[int, dict[int, int]]:
        """The number of all rows, and of the bad ones of these rules, in one action."""
        counted = [f"{self._failures_of(key)} AS `{key}`" for key in keys]
        row = self.labelled.selectExpr(f"count(1) AS `{_ROWS}`", *counted).collect()[0]
        return row[_ROWS], {key: row[str(key)] for key in keys}

    def _masks_of(self, row: Any) -> tuple[int, ...]:
        return tuple(row[f"mask {index}"] or 0 for index in self._indexes)

    def summary(self, row: Mapping[str, Any]) -> Summary | None:
        """The numbers that a look at all rows gave, by name; None when some are missing."""
        if row.keys() == {_ROWS, _APART}:
            return Summary(row[_ROWS], row[_APART], {}, (), {})
        needed = [_ROWS, *([_APART] if self._split else [])]
        needed += [f"mask {index}" for index in self._indexes]
        needed += [] if self._has_one_place else [f"place {place}" for place in self._used_places]
        if any(name not in row for name in needed) or row[_ROWS] is None:
            return None
        details = [f"failed {key}" for key in self._keys]
        return Summary(
            rows=row[_ROWS],
            apart=row[_APART] or 0 if self._split else 0,
            routed={place: row[_APART if self._has_one_place else f"place {place}"] or 0 for place in self._used_places},
            masks=self._masks_of(row),
            values={
                key: {name: row[f"value {key} {name}"] for name in values if f"value {key} {name}" in row}
                for key, values in self._values.items()
            },
            failed={key: row[f"failed {key}"] or 0 for key in self._keys}
            if all(detailed in row for detailed in details)
            else None,
        )


def fitting(
    frame: "DataFrame", rules: Rules, split: Collection[int] = (), places: Mapping[int, int] | None = None
) -> tuple[RowMasks, dict[int, Exception]]:
    """The masks of the rules that fit the frame, and what is wrong with the others: an unknown column, types that do not fit.

    Each rule is looked at by itself, but only when all together do not fit.
    """
    try:
        return _analysed(RowMasks(frame, rules, split, places)), {}
    except Exception:
        found = {key: error for key in (*rules.rows, *rules.values) if (error := _error_of(frame, rules.only(key))) is not None}
        if not found:
            raise
    return RowMasks(frame, rules.without(found), split, places), found


def raising_rules(frame: "DataFrame", rules: Rules) -> dict[int, Exception]:
    """The rules that raise on the frame's rows; none when the frame itself does.

    One job when all is well with the rules. Else the rows alone are read, since it may be them that cannot be had, and then one
    rule after the other is asked.
    """
    if _raised(RowMasks(frame, rules).count) is None or _raised(partial(_read_all, frame)) is not None:
        return {}
    asked = {key: _raised(RowMasks(frame, rules.only(key)).count) for key in (*rules.rows, *rules.values)}
    return {key: error for key, error in asked.items() if error is not None}


def _united(bits: Sequence["Column"]) -> "Column":
    """All bits in one mask. As a tree: Spark walks expressions by recursion."""
    if len(bits) == 1:
        return bits[0]
    middle = len(bits) // 2
    return _united(bits[:middle]).bitwiseOR(_united(bits[middle:]))


def _has(masks: Sequence[int], position: int) -> bool:
    return bool(masks[position // BITS] >> (position % BITS) & 1)


def _analysed(masks: RowMasks) -> RowMasks:
    _ = masks.labelled.agg(*masks._aggregates()).schema
    return masks


def _error_of(frame: "DataFrame", rules: Rules) -> Exception | None:
    try:
        _analysed(RowMasks(frame, rules))
    except Exception as error:  # noqa: BLE001 -- foreign code
        return error
    return None


def _raised(act: Callable[[], object]) -> Exception | None:
    """What a job fails with."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 -- this is what is asked for
        return error
    return None


def _read_all(frame: "DataFrame") -> None:
    frame.write.format("noop").mode("overwrite").save()
