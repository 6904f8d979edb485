"""Parquet and ORC that other programs than Spark write, and what is none of both."""

import datetime
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
from odd_file import OddFile, Refused, Right
from pyarrow import orc, parquet
from second_opinions import arrow_orc, arrow_parquet, duckdb_parquet

DAYS = [datetime.date(1, 1, 1), datetime.date(1582, 10, 4), datetime.date(1582, 10, 10), datetime.date(1899, 12, 31), None]
MOMENTS = [
    datetime.datetime(1, 1, 1),
    datetime.datetime(1899, 12, 31, 23, 59, 59, 999999),
    datetime.datetime(9999, 12, 31),
    None,
]
AB = pa.table({"a": pa.array([1, 2], pa.int32()), "b": ["x", None]})


def as_parquet(table: pa.Table, **options: Any) -> bytes:
    """The table as a file."""
    file = io.BytesIO()
    parquet.write_table(table, file, **options)
    return file.getvalue()


def as_orc(table: pa.Table) -> bytes:
    """The table as a file."""
    file = io.BytesIO()
    orc.write_table(table, file)
    return file.getvalue()


def _parquet(
    name: str, content: bytes | pa.Table, found: Right | None = None, typed: dict[str, Right] | None = None, **options: Any
) -> OddFile:
    content = content if isinstance(content, bytes) else as_parquet(content, **options.pop("written", {}))
    right = found if found is not None else arrow_parquet()
    return OddFile(f"parquet, {name}", "parquet", {"in.parquet": content}, right, typed or {}, options)


def _column(kind: pa.DataType, *values: Any) -> pa.Table:
    return pa.table({"x": pa.array(values, kind)})


_WHOLE = as_parquet(pa.table({"a": range(50_000), "b": [f"text {n}" for n in range(50_000)]}))
_NANO = pa.table({"x": pa.array([1, 2_000_000_001], pa.timestamp("ns"))})
UNREADABLE = Refused("footer|is empty|is not a Parquet file|Read past End|could not decode|Data type mismatches")
PARQUET = [
    _parquet("dates before 1900", _column(pa.date32(), *DAYS), typed={"x DATE": duckdb_parquet}),
    _parquet("times before 1900", _column(pa.timestamp("us"), *MOMENTS), typed={"x TIMESTAMP_NTZ": duckdb_parquet}),
    _parquet("times of a zone", _column(pa.timestamp("us", "UTC"), *MOMENTS)),
    _parquet("times with milliseconds", _column(pa.timestamp("ms"), datetime.datetime(1899, 1, 1, 0, 0, 0, 123000), None)),
    _parquet(
        "times of 96 bits",
        _column(pa.timestamp("us"), datetime.datetime(2024, 1, 1, 1, 2, 3, 4)),
        found=[(datetime.datetime(2024, 1, 1, 1, 2, 3, 4, datetime.UTC),)],
        written={"use_deprecated_int96_timestamps": True},
    ),
    _parquet(
        "times with nanoseconds",
        _NANO,
        Refused("NANOS.*spark.sql.legacy.parquet.nanosAsLong", names_file=False),
        {"x TIMESTAMP": Refused("Parquet column .x.")},
    ),
    _parquet(
        "numbers without a sign",
        pa.table(
            {"a": pa.array([255], pa.uint8()), "b": pa.array([65535], pa.uint16()), "c": pa.array([2**32 - 1], pa.uint32())}
        ),
    ),
    _parquet("64 bits without a sign", _column(pa.uint64(), 2**64 - 1), [(Decimal(2**64 - 1),)]),
    _parquet("small numbers", pa.table({"a": pa.array([-128], pa.int8()), "b": pa.array([-32768], pa.int16())})),
    _parquet("half a float", _column(pa.float16(), 1.5), Refused("FLOAT16", names_file=False)),
    _parquet(
        "NaN, infinity and -0.0",
        _column(pa.float64(), float("nan"), float("inf"), -0.0, None),
        typed={"x DOUBLE": duckdb_parquet},
    ),
    _parquet("decimals of 38 digits", _column(pa.decimal128(38, 18), Decimal("12345678901234567890.123456789012345678"), None)),
    _parquet(
        "decimals of 76 digits",
        _column(pa.decimal256(50, 2), Decimal("1.23")),
        Refused("precision 50 exceeds", names_file=False),
    ),
    _parquet("texts by number", pa.table({"x": pa.array(["a", "b", "a", None]).dictionary_encode()})),
    _parquet("large texts", _column(pa.large_string(), "a", "", None)),
    _parquet("bytes of one length", _column(pa.binary(3), b"abc", b"\0\1\2")),
    _parquet("nothing but NULL", _column(pa.null(), None, None), [(None,), (None,)]),
    _parquet(
        "nested values",
        _column(
            pa.list_(pa.struct([("k", pa.int64()), ("v", pa.list_(pa.string()))])), [{"k": 1, "v": ["x", None]}, None], [], None
        ),
    ),
    _parquet(
        "maps",
        _column(pa.map_(pa.string(), pa.int64()), [("a", 1), ("b", None)], [], None),
        [([("a", 1), ("b", None)],), ([],), (None,)],
    ),
    _parquet(
        "a time of a day",
        _column(pa.time64("us"), datetime.time(1, 2, 3, 4)),
        Refused("TIME is not supported", names_file=False),
    ),
    _parquet("names with every mark", pa.table({"a.b": [1], "c d": [2], "`e`": [3], "f,g;{}()=": [4], "ü": [5]})),
    _parquet(
        "one name twice",
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        Refused("have the column .a. twice", names_file=False),
    ),
    _parquet(
        "names that differ in their case",
        pa.table({"a": [1], "A": [2]}),
        Refused("have the column .a. twice", names_file=False),
    ),
    _parquet("no rows", AB.slice(0, 0), []),
    _parquet("no columns", pa.table({"a": []}).select([]), Refused("no columns: they are empty", names_file=False)),
    _parquet("ten codecs: zstd", AB, written={"compression": "zstd"}),
    _parquet("ten codecs: lz4", AB, written={"compression": "lz4"}),
    _parquet("pages of version 2", AB, written={"data_page_version": "2.0", "version": "2.6"}),
    _parquet("nothing", b"", UNREADABLE, {"a INT": UNREADABLE}),
    _parquet("a file that is torn", _WHOLE[: len(_WHOLE) // 2], UNREADABLE, {"a BIGINT, b STRING": UNREADABLE}),
    _parquet("a file without its first half", _WHOLE[len(_WHOLE) // 2 :], UNREADABLE, {"a BIGINT, b STRING": UNREADABLE}),
    _parquet("a text", b"a,b\n1,2\n" * 100, UNREADABLE, {"a INT": UNREADABLE}),
    _parquet("pages of other bytes", _WHOLE[:1000] + bytes(500) + _WHOLE[1500:], UNREADABLE),
    _parquet(
        "another type than the schema has",
        AB,
        typed={"a STRING": Refused("Parquet column \\[a\\]"), "b INT": UNREADABLE},
        found=arrow_parquet(),
    ),
    _parquet("a wider type in the schema", AB, typed={"a BIGINT, b STRING": [(1, "x"), (2, None)]}),
    _parquet("a narrower type in the schema", pa.table({"a": [2**40]}), typed={"a INT": UNREADABLE}),
    _parquet("a column that is not there", AB, typed={"a INT, c STRING": [(1, None), (2, None)]}),
    OddFile(
        "parquet, a text beside",
        "parquet",
        {"1.parquet": as_parquet(AB), "2.csv": b"a,b\n1,2\n" * 10},
        Refused("2.csv"),
    ),
    OddFile(
        "parquet, an empty file beside",
        "parquet",
        {"1.parquet": as_parquet(AB), "2.parquet": b""},
        Refused("2.parquet' is empty"),
    ),
    OddFile(
        "parquet, another type in the second file",
        "parquet",
        {"1.parquet": as_parquet(pa.table({"a": [1]})), "2.parquet": as_parquet(pa.table({"a": ["x"]}))},
        Refused("parquet"),
    ),
]


def _orc(name: str, content: bytes | pa.Table, found: Right | None = None, typed: dict[str, Right] | None = None) -> OddFile:
    content = content if isinstance(content, bytes) else as_orc(content)
    return OddFile(f"orc, {name}", "orc", {"in.orc": content}, found if found is not None else arrow_orc, typed or {})


_WHOLE_ORC = as_orc(pa.table({"a": range(50_000), "b": [f"text {n}" for n in range(50_000)]}))
ORC = [
    _orc("dates before 1900", _column(pa.date32(), datetime.date(1899, 12, 31), datetime.date(1600, 2, 29), None)),
    _orc(
        "times of a zone",
        _column(pa.timestamp("us", "UTC"), datetime.datetime(1970, 1, 1, 0, 0, 0, 1), None),
        Refused("local time zone", names_file=False),
        {"x TIMESTAMP": Refused("local time zone", names_file=False)},
    ),
    _orc(
        "times since 1970",
        _column(pa.timestamp("us"), datetime.datetime(1970, 1, 1, 0, 0, 0, 1), None),
        [(datetime.datetime(1970, 1, 1, 0, 0, 0, 1, datetime.UTC),), (None,)],
    ),
    _orc("decimals of 38 digits", _column(pa.decimal128(38, 18), Decimal("12345678901234567890.123456789012345678"), None)),
    _orc("NaN, infinity and -0.0", _column(pa.float64(), float("nan"), float("inf"), -0.0, None)),
    _orc(
        "nested values",
        _column(
            pa.list_(pa.struct([("k", pa.int64()), ("v", pa.list_(pa.string()))])), [{"k": 1, "v": ["x", None]}, None], [], None
        ),
    ),
    _orc("bytes and texts", pa.table({"a": [b"\0\xff", None], "b": ["ä😀", ""]})),
    _orc("no rows", AB.slice(0, 0), []),
    _orc("nothing", b"", Refused("no orc file", names_file=False)),
    _orc(
        "a file that is torn",
        _WHOLE_ORC[: len(_WHOLE_ORC) // 2],
        Refused("protocol message", names_file=False),
        {"a BIGINT, b STRING": Refused("footer|protocol message", names_file=False)},
    ),
    _orc(
        "a text",
        b"a,b\n1,2\n" * 100,
        Refused("footer|protocol message", names_file=False),
        {"a INT": Refused("footer|protocol message", names_file=False)},
    ),
    _orc("another type than the schema has", AB, typed={"b INT": Refused("NULL, or a part")}),
    _orc("a column that is not there", AB, typed={"a INT, c STRING": [(1, None), (2, None)]}),
]
FILES = [*PARQUET, *ORC]
