"""Membership in a set of many values, without one expression for each of them.

100,000 values as an IN-list are 100,000 expressions, which take seconds in every query that holds them. Here they travel as one
text, which Spark turns into a constant once: a list of buckets, in which a row looks only at the bucket of its own value.

    buckets[key(value) mod n]  ∋  value        the key: a whole number that Python and Spark compute alike
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zlib import crc32

from ppf_quality.columns import FRACTIONS, WHOLE_NUMBERS, Found

if TYPE_CHECKING:
    from pyspark.sql import Column

_VALUES_A_BUCKET = 4
_LONG = 2**63
_UTC = "+00:00"
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Keyed:
    """How values of one type are spread over the buckets.

    column, type_name: what is compared, and its type. key: the whole number of a row. key_of: the same of a value, in Python.
    """

    column: "Column"
    type_name: str
    key: "Column"
    key_of: Callable[[str], int]
    is_text: bool = False

    def contains(self, texts: Sequence[str]) -> "Column":
        """True where the column is one of the values, NULL where it is NULL."""
        from pyspark.sql import functions

        count = max(1, len(texts) // _VALUES_A_BUCKET)
        buckets: list[list[str]] = [[] for _ in range(count)]
        for text in texts:
            buckets[self.key_of(text) % count].append(json.dumps(text) if self.is_text else text)
        written = "[" + ",".join(f"[{','.join(bucket)}]" for bucket in buckets) + "]"
        constant = functions.from_json(functions.lit(written), f"array<array<{self.type_name}>>")
        return functions.array_contains(constant[functions.pmod(self.key, functions.lit(count)).cast("int")], self.column)


def contains(found: Found, texts: Sequence[str]) -> "Column | None":
    """Whether the column is one of the values, which are `as_text`; None where its type has no key."""
    if found.kind == "timestamp":
        return _contains_moment(found, texts)
    keyed = _keyed(found)
    is_time = found.kind in ("date", "timestamp_ntz")
    return None if keyed is None else keyed.contains([_as_spark_writes(text) for text in texts] if is_time else texts)


def _contains_moment(found: Found, texts: Sequence[str]) -> "Column":
    """Times without a zone are those of the session's clock, so they are compared as it shows them; others as moments."""
    from pyspark.sql import functions

    local = [_as_spark_writes(text) for text in texts if not text.endswith(_UTC)]
    moments = [str((datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND) for text in texts if text.endswith(_UTC)]
    micros = functions.unix_micros(found.column)
    as_local, as_moments = _texts(found.column.cast("string")), _Keyed(micros, "bigint", micros, int)
    if not moments:
        return as_local.contains(local)
    return as_moments.contains(moments) | as_local.contains(local) if local else as_moments.contains(moments)


def _keyed(found: Found) -> _Keyed | None:
    from pyspark.sql import functions

    column = found.column
    if found.type_name == "string":  # with a collation, texts that differ may be equal
        return _texts(column)
    if found.kind in WHOLE_NUMBERS:
        return _Keyed(column.cast("bigint"), "bigint", column.cast("bigint"), int)
    if found.kind == "decimal":
        return _Keyed(column, found.type_name, functions.floor(column), lambda text: math.floor(Decimal(text)))
    if found.kind in FRACTIONS:
        return _Keyed(column.cast("double"), "double", functions.floor(column.cast("double")), _long_floor)
    if found.kind in ("date", "timestamp_ntz"):
        return _texts(column.cast("string"))
    return None


def _texts(column: "Column") -> _Keyed:
    from pyspark.sql import functions

    return _Keyed(column, "string", functions.crc32(column), lambda text: crc32(text.encode()), is_text=True)


def _as_spark_writes(text: str) -> str:
    """A time without the zeros at the end of its seconds."""
    return text.rstrip("0") if "." in text else text


def _long_floor(text: str) -> int:
    """Spark's floor: what is too large for 64 bits becomes the nearest that is not."""
    return max(-_LONG, min(_LONG - 1, math.floor(float(text))))
