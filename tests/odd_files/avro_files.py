"""Avro as fastavro writes it, and what is none."""

import datetime
import io
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
from odd_file import OddFile, Refused, Right
from second_opinions import fast_avro


def as_avro(fields: dict[str, Any], *rows: tuple[Any, ...], codec: str = "null") -> bytes:
    """Rows as a file. fields: the Avro type of each."""
    schema = {"type": "record", "name": "row", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    file = io.BytesIO()
    fastavro.writer(
        file, schema, [dict(zip(fields, row, strict=True)) for row in rows], codec=codec, sync_marker=b"sixteen odd byte"
    )
    return file.getvalue()


def _avro(name: str, content: bytes, found: Right | None = None, typed: dict[str, Right] | None = None) -> OddFile:
    return OddFile(f"avro, {name}", "avro", {"in.avro": content}, found if found is not None else fast_avro, typed or {})


def _one(kind: Any, *values: Any) -> bytes:
    return as_avro({"x": kind}, *[(value,) for value in values])


def _logical(kind: str, name: str, **more: Any) -> Any:
    return ["null", {"type": kind, "logicalType": name, **more}]


_DAY, _UTC = datetime.date(1582, 10, 10), datetime.UTC
_ENUM = {"type": "enum", "name": "e", "symbols": ["A", "B"]}
_WHOLE = as_avro({"a": "long", "b": "string"}, *[(n, f"text {n}") for n in range(20_000)], codec="deflate")
UNREADABLE = Refused("Could not read file|is empty|EOFException|Cannot convert Avro type")
FILES = [
    _avro(
        "numbers",
        as_avro(
            {"a": "int", "b": "long", "c": "float", "d": "double"},
            (-(2**31), 2**63 - 1, 1.5, float("nan")),
            (0, 0, -0.0, float("inf")),
        ),
    ),
    _avro(
        "texts and bytes",
        as_avro(
            {"a": ["null", "string"], "b": ["null", "bytes"], "c": "boolean"},
            ("ä😀", b"\0\xff", True),
            ("", b"", False),
            (None, None, True),
        ),
    ),
    _avro("dates before 1900", _one(_logical("int", "date"), _DAY, datetime.date(1, 1, 1), datetime.date(1899, 12, 31), None)),
    _avro(
        "times before 1900",
        _one(
            _logical("long", "timestamp-micros"),
            datetime.datetime(1899, 12, 31, 23, 59, 59, 999999, _UTC),
            datetime.datetime(1, 1, 1, tzinfo=_UTC),
        ),
    ),
    _avro(
        "times without a zone",
        _one(_logical("long", "local-timestamp-micros"), datetime.datetime(1899, 12, 31, 1, 2, 3, 4), None),
    ),
    _avro(
        "decimals of 38 digits",
        _one(_logical("bytes", "decimal", precision=38, scale=18), Decimal("12345678901234567890.123456789012345678"), None),
    ),
    _avro("enums", _one(_ENUM, "A", "B")),
    _avro("bytes of one length", _one({"type": "fixed", "name": "f", "size": 3}, b"abc")),
    _avro(
        "lists and maps",
        as_avro(
            {"a": {"type": "array", "items": ["null", "int"]}, "b": {"type": "map", "values": "long"}},
            ([1, None], {"k": 1}),
            ([], {}),
        ),
        [([1, None], [("k", 1)]), ([], [])],
    ),
    _avro("identifiers", _one(_logical("string", "uuid"), UUID(int=1)), [("00000000-0000-0000-0000-000000000001",)]),
    _avro(
        "either a number or a text",
        _one(["int", "string"], 1, "x"),
        [({"member0": 1, "member1": None},), ({"member0": None, "member1": "x"},)],
    ),
    _avro("either of two numbers", _one(["int", "long"], 1, 2**40), [(1,), (2**40,)]),
    _avro("no rows", as_avro({"a": "int"}), []),
    _avro("nothing", b"", UNREADABLE, {"a INT": UNREADABLE}),
    _avro("a file that is torn", _WHOLE[: len(_WHOLE) // 2], UNREADABLE, {"a BIGINT, b STRING": UNREADABLE}),
    _avro("a text", b"a,b\n1,2\n" * 100, UNREADABLE),
    _avro("a column that is not there", as_avro({"a": "int"}, (1,)), typed={"a INT, c STRING": [(1, None)]}),
    _avro("another type than the schema has", as_avro({"a": "string"}, ("x",)), typed={"a INT": UNREADABLE}),
]
