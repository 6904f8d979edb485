"""Cases for `ppf plugins test`: each check beside what plain Python says of the same rows."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_quality.compare import CompareCheck
from ppf_quality.completeness import CompletenessCheck
from ppf_quality.distinct_count import DistinctCountCheck
from ppf_quality.expression import ExpressionCheck
from ppf_quality.foreign_key import ForeignKeyCheck
from ppf_quality.freshness import FreshnessCheck
from ppf_quality.in_range import InRangeCheck
from ppf_quality.in_set import InSetCheck
from ppf_quality.length import LengthCheck
from ppf_quality.matches import MatchesCheck
from ppf_quality.not_null import NotNullCheck
from ppf_quality.query import QueryCheck
from ppf_quality.row_count import RowCountCheck
from ppf_quality.schema import SchemaCheck
from ppf_quality.statistic import StatisticCheck
from ppf_quality.unique import UniqueCheck

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession


class _Case:
    """A check with the options that it is given."""

    chosen: ClassVar[Mapping[str, Any]]
    refused: ClassVar[Sequence[Mapping[str, Any]]] = ({"nobody_knows": 1},)

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Those of the case."""
        return self.chosen


class Values(_Case):
    """Texts and numbers must be there; NaN and "" are."""

    plugin = NotNullCheck
    schema = "text STRING, number DOUBLE"
    chosen: ClassVar = {"columns": ["text", "number"]}
    refused: ClassVar = ({"columns": []},)

    def is_good(self, row: "Row") -> bool:
        """No NULL."""
        return None not in tuple(row)


class Bounds(_Case):
    """Doubles."""

    plugin = InRangeCheck
    schema = "number DOUBLE"
    chosen: ClassVar = {"column": "number", "min": -1, "max": 100}
    refused: ClassVar = ({"min": 2, "max": 1},)

    def is_good(self, row: "Row") -> bool:
        """NULL passes, NaN does not."""
        return row.number is None or -1 <= row.number <= 100


class BoundsOfTexts(_Case):
    """Texts that are read as numbers."""

    plugin = InRangeCheck
    schema = "text STRING"
    values: ClassVar = {"text": ("", "1", "01", "-1.5", "1e3", "NaN", "null", "a", "4")}
    chosen: ClassVar = {"column": "text", "min": 1}

    def is_good(self, row: "Row") -> bool:
        """What is no number is bad."""
        return row.text in (None, "1", "01", "1e3", "4")


class Listed(_Case):
    """Texts."""

    plugin = InSetCheck
    schema = "text STRING"
    chosen: ClassVar = {"column": "text", "values": ["a", "", "é", "1"]}
    refused: ClassVar = ({"values": "a"},)

    def is_good(self, row: "Row") -> bool:
        """Not those that look alike."""
        return row.text in (None, "a", "", "é", "1")


class Patterns(_Case):
    """Whole texts, over several lines too."""

    plugin = MatchesCheck
    schema = "text STRING"
    chosen: ClassVar = {"column": "text", "pattern": "^[a-z.]+$"}
    refused: ClassVar = ({"pattern": "("},)

    def is_good(self, row: "Row") -> bool:
        """As a pattern of Python finds it."""
        return row.text is None or re.search(r"^[a-z.]+$", row.text) is not None


class Lengths(_Case):
    """Characters, of which one may be two of Java's."""

    plugin = LengthCheck
    schema = "text STRING"
    chosen: ClassVar = {"column": "text", "min": 1, "max": 3}
    refused: ClassVar = ({"min": 2, "max": 1},)

    def is_good(self, row: "Row") -> bool:
        """NULL passes."""
        return row.text is None or 1 <= len(row.text) <= 3


class Conditions(_Case):
    """Two columns."""

    plugin = ExpressionCheck
    schema = "low INT, high BIGINT"
    chosen: ClassVar = {"sql": "low <= high"}
    refused: ClassVar = ({"sql": " "},)

    def is_good(self, row: "Row") -> bool:
        """NULL is bad."""
        return None not in tuple(row) and row.low <= row.high


class Counted(_Case):
    """Rows."""

    plugin = RowCountCheck
    schema = "number INT"
    chosen: ClassVar = {"min": 1, "max": 10}
    refused: ClassVar = ({"min": 2, "max": 1},)

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """None are too few."""
        return 1 <= len(rows) <= 10


class Complete(_Case):
    """Doubles, of which NaN is one."""

    plugin = CompletenessCheck
    schema = "number DOUBLE"
    chosen: ClassVar = {"column": "number", "min_ratio": 0.9}
    refused: ClassVar = ({"min_ratio": 90},)

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """No rows lack nothing."""
        return sum(row.number is not None for row in rows) >= 0.9 * len(rows)


class Sums(_Case):
    """Integers."""

    plugin = StatisticCheck
    schema = "number INT"
    values: ClassVar = {"number": (1, 2, 3)}
    chosen: ClassVar = {"column": "number", "function": "sum", "max": 20}
    refused: ClassVar = ({"function": "median"},)

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """Without values there is no sum."""
        found = [row.number for row in rows if row.number is not None]
        return bool(found) and sum(found) <= 20


class Means(_Case):
    """Doubles with NaN."""

    plugin = StatisticCheck
    schema = "number DOUBLE"
    chosen: ClassVar = {"column": "number", "function": "mean", "min": 0}

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """NaN is no mean."""
        found = [row.number for row in rows if row.number is not None]
        mean = sum(found) / len(found) if found else math.nan
        return mean >= 0


class Distinct(_Case):
    """So few that the count is exact."""

    plugin = DistinctCountCheck
    schema = "number INT"
    chosen: ClassVar = {"column": "number", "min": 1, "max": 5}
    refused: ClassVar = ({"rsd": 0.5},)

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """Without NULL."""
        return 1 <= len({row.number for row in rows} - {None}) <= 5


class Fresh(_Case):
    """Times long gone and to come."""

    plugin = FreshnessCheck
    schema = "at TIMESTAMP"
    chosen: ClassVar = {"column": "at", "max_age": "3650 days"}
    refused: ClassVar = ({"max_age": "-1 day"},)

    def is_good(self, rows: "Sequence[Row]") -> bool:
        """The newest one counts."""
        found = [row.at for row in rows if row.at is not None]
        return bool(found) and (datetime.now(UTC).replace(tzinfo=None) - max(found)).days < 3650


class Keys(_Case):
    """Of two columns; with NULL they equal no other."""

    plugin = UniqueCheck
    schema = "number INT, text STRING"
    values: ClassVar = {"text": ("a", "A", "")}
    chosen: ClassVar = {"columns": ["number", "text"]}
    refused: ClassVar = ({"columns": []},)

    def bad(self, rows: "Sequence[Row]") -> int:
        """Those beyond the first."""
        return sum(count - 1 for key, count in Counter(map(tuple, rows)).items() if None not in key)


class KeysOfNull(_Case):
    """NULL equals NULL, NaN equals NaN, -0.0 equals 0.0."""

    plugin = UniqueCheck
    schema = "number DOUBLE"
    chosen: ClassVar = {"columns": ["number"], "nulls_distinct": False}

    def bad(self, rows: "Sequence[Row]") -> int:
        """Those beyond the first."""
        keys = ("nan" if row.number is not None and math.isnan(row.number) else row.number for row in rows)
        return sum(count - 1 for count in Counter(keys).values())


class References(_Case):
    """Some numbers are known."""

    plugin = ForeignKeyCheck
    schema = "number INT"
    chosen: ClassVar = {"columns": ["number"], "references": "known", "reference_columns": ["id"]}
    refused: ClassVar = ({"reference_columns": ["a", "b"]},)

    def frames(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """The known ones, some of them twice."""
        return {"known": spark.createDataFrame([(number,) for number in (0, 1, 2, 7, 7, None)], "id INT")}

    def bad(self, rows: "Sequence[Row]") -> int:
        """NULL passes."""
        return sum(row.number not in (None, 0, 1, 2, 7) for row in rows)


class Promised(_Case):
    """The columns, and no others."""

    plugin = SchemaCheck
    schema = "number INT, text STRING"
    chosen: ClassVar = {"schema": "TEXT STRING, number INT"}
    refused: ClassVar = ({"schema": "text STRINGG"},)

    def bad(self, rows: "Sequence[Row]") -> int | None:
        """It counts fields, and none is bad."""
        return None


class Queries(_Case):
    """Rows that another component knows."""

    plugin = QueryCheck
    schema = "number INT"
    chosen: ClassVar = {"sql": "SELECT * FROM this WHERE number NOT IN (SELECT id FROM known)", "components": ["known"]}
    refused: ClassVar = ({"sql": " "},)

    def frames(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """Two numbers."""
        return {"known": spark.createDataFrame([(0,), (1,)], "id INT")}

    def bad(self, rows: "Sequence[Row]") -> int:
        """NULL is in no list, and not out of it."""
        return sum(row.number not in (None, 0, 1) for row in rows)


class Same(_Case):
    """Two frames by their keys."""

    plugin = CompareCheck
    schema = "id INT, number DOUBLE"
    values: ClassVar = {"id": (1, 2, 3)}
    chosen: ClassVar = {"with": "ledger", "keys": ["id"]}
    refused: ClassVar = ({"keys": []},)
    ledger: ClassVar = {1: 1.0, 2: math.nan}

    def frames(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """What the rows should be."""
        return {"ledger": spark.createDataFrame(list(self.ledger.items()), "id INT, number DOUBLE")}

    def bad(self, rows: "Sequence[Row]") -> int:
        """Keys that one side alone has, or that have other values, or that are there twice."""
        keys = self._by_key(rows)
        return sum(key not in self.ledger or not _are(values, self.ledger[key]) for key, values in keys.items())

    def looked_at(self, rows: "Sequence[Row]") -> int:
        """The keys of both."""
        return len(self._by_key(rows))

    def _by_key(self, rows: "Sequence[Row]") -> dict[Any, list[Any]]:
        found: dict[Any, list[Any]] = {key: [] for key in self.ledger}
        for row in rows:
            found.setdefault(row.id, []).append(row.number)
        return found


def _are(values: Sequence[Any], wanted: float) -> bool:
    (value, *more) = values or (None,)
    return not more and value is not None and (value == wanted or (math.isnan(value) and math.isnan(wanted)))
