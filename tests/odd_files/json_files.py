"""JSON, one document a line."""

import gzip
from datetime import date, datetime
from typing import Any

from odd_file import OddFile, Refused, Right
from second_opinions import python_decimals, python_json

AB = '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'
_GZ = gzip.compress(AB.encode() * 2000, mtime=0)


def _json(
    name: str, content: bytes | str, found: Right | None = None, *, typed: dict[str, Right] | None = None, **options: Any
) -> OddFile:
    file = options.pop("file", "in.json")
    bytes_ = content.encode() if isinstance(content, str) else content
    return OddFile(f"json, {name}", "json", {file: bytes_}, found, typed or {}, options)


EMPTY = Refused("no columns: they are empty", names_file=False)
TORN = Refused("Malformed records", names_file=False)
ENCODINGS = [
    _json("a byte order mark", "\ufeff" + AB, python_json("a", "b"), typed={"a BIGINT, b STRING": python_json("a", "b")}),
    _json("UTF-16 that is not called so", AB.encode("utf-16"), Refused("is in UTF-16"), typed={"a INT": Refused("UTF-16")}),
    _json(
        "UTF-16 that is called so",
        AB.encode("utf-16"),
        Refused("holds several JSON documents"),
        reader={"encoding": "UTF-16", "multiLine": True},
    ),
    _json("one document in UTF-16", '{"a": 1}'.encode("utf-16"), [(1,)], reader={"multiLine": True}),
    _json("UTF-32 that is not called so", AB.encode("utf-32"), Refused("is in UTF-32"), typed={"a INT": Refused("UTF-32")}),
    _json(
        "Latin-1 that is not called so",
        '{"a": "é"}\n'.encode("latin-1"),
        Refused("not UTF-8.*line 1"),
        typed={"a STRING": Refused("not UTF-8")},
    ),
    _json("Latin-1 that is called so", '{"a": "é"}\n'.encode("latin-1"), [("é",)], reader={"encoding": "ISO-8859-1"}),
    _json("escapes", r'{"a": "\u00e9\n\t\"\\\/\u0000", "b": "\ud83d\ude00"}', python_json("a", "b")),
    _json("lines that only Python ends", '{"a": "x\u2028y\u0085z"}\n', python_json("a")),
    _json("keys of every kind", '{"a.b": 2, "c d": 3, "`e`": 4, "ü": 5}\n', python_json("`e`", "a.b", "c d", "ü")),
]
LINES = [
    _json("lines of Windows", AB.replace("\n", "\r\n"), python_json("a", "b")),
    _json("lines of old Macs", AB.replace("\n", "\r"), python_json("a", "b")),
    _json("blank lines", f"\n\n{AB}\n  \n", python_json("a", "b")),
    _json("no end of the last line", AB.rstrip(), python_json("a", "b")),
    _json("nothing", "", EMPTY, typed={"a INT": []}),
    _json("nothing but a byte order mark", "\ufeff", EMPTY, typed={"a INT": []}),
    _json("nothing but lines", "\n \n", EMPTY, typed={"a INT": []}),
    _json(
        "a document over several lines",
        '{\n  "a": 1\n}\n',
        Refused("over several lines"),
        typed={"a INT": Refused("over several lines")},
    ),
    _json("lines that end with a bar", '{"a": 1}|{"a": 2}|', [(1,), (2,)], reader={"lineSep": "|"}),
    _json(
        "lines of old Macs in UTF-8 that is called so",
        AB.replace("\n", "\r"),
        python_json("a", "b"),
        reader={"encoding": "utf8"},
    ),
    _json(
        "an encoding that nobody knows",
        AB,
        Refused("'UTF-9' is not known", names_file=False),
        reader={"encoding": "UTF-9", "multiLine": True},
    ),
    _json("a list over several lines", '[\n{"a": 1},\n{"a": 2}\n]\n', Refused("over several lines")),
    _json(
        "a list over several lines that is called so", '[\n{"a": 1},\n{"a": 2}\n]\n', [(1,), (2,)], reader={"multiLine": True}
    ),
    _json("a list in one line", '[{"a": 1}, {"a": 2}]\n', [(1,), (2,)], typed={"a INT": [(1,), (2,)]}),
    _json("an empty list", "[]\n", EMPTY, typed={"a INT": []}),
    _json(
        "two documents in one line",
        '{"a": 1}{"a": 2}\n',
        Refused("two JSON documents in one line"),
        typed={"a INT": Refused("two JSON documents in one line")},
    ),
    _json("a document without keys", "{}\n", EMPTY, typed={"a INT": [(None,)]}),
]
VALUES = [
    _json("whole numbers", '{"a": 9223372036854775807}\n{"a": -9223372036854775808}\n', python_json("a")),
    _json(
        "numbers beyond 64 bits",
        '{"a": 12345678901234567890123}\n{"a": 1}\n',
        python_decimals("a"),
        typed={"a DECIMAL(38,0)": python_decimals("a")},
    ),
    _json(
        "all digits of decimals",
        '{"a": 12345678901234567890.123456789012345678}\n{"a": 1.10}\n{"a": -1e-18}\n{"a": 5}\n',
        typed={"a DECIMAL(38,18)": python_decimals("a")},
    ),
    _json(
        "floating points",
        '{"a": 1e308}\n{"a": -0.0}\n{"a": 5e-324}\n{"a": 0.1}\n',
        python_json("a"),
        typed={"a DOUBLE": python_json("a")},
    ),
    _json(
        "NaN and infinity as Python writes them",
        '{"a": NaN}\n{"a": Infinity}\n{"a": -Infinity}\n{"a": 1.5}\n',
        typed={"a DOUBLE": python_json("a")},
    ),
    _json("whole numbers and fractions", '{"a": 1}\n{"a": 2.5}\n', [(1.0,), (2.5,)]),
    _json("missing and null", '{"a": null, "b": 1}\n{"b": 2}\n{"a": "x"}\n', python_json("a", "b")),
    _json(
        "the digits of a number as a text",
        '{"a": 1.10}\n{"a": 1E5}\n{"a": "1.10"}\n',
        typed={"a STRING": [("1.10",), ("1E5",), ("1.10",)]},
    ),
    _json("one key twice", '{"a": 1, "a": 2}\n', typed={"a INT": python_json("a")}),
    _json("keys that differ in their case", '{"a": 1, "A": 2}\n', Refused("have the column 'a' twice", names_file=False)),
    _json(
        "dates before 1900",
        '{"d": "1582-10-10", "t": "0001-01-01T00:00:00"}\n{"d": "1899-12-31", "t": "1899-12-31 23:59:59.123456"}\n',
        typed={
            "d DATE, t TIMESTAMP_NTZ": [
                (date(1582, 10, 10), datetime(1, 1, 1)),
                (date(1899, 12, 31), datetime(1899, 12, 31, 23, 59, 59, 123456)),
            ]
        },
    ),
    _json(
        "nested values",
        '{"a": {"b": [1, null, 3], "c": {"d": "x"}}, "e": [[1], [], null], "f": [{"g": 1}, {"h": 2}]}\n',
        [({"b": [1, None, 3], "c": {"d": "x"}}, [[1], [], None], [{"g": 1, "h": None}, {"g": None, "h": 2}])],
    ),
    _json("a depth of 200", '{"a": ' * 200 + "1" + "}" * 200 + "\n", typed={"a STRING": [('{"a": ' * 199 + "1" + "}" * 199,)]}),
    _json("a text of two million characters", '{"a": "' + "ä" * 2_000_000 + '"}\n', python_json("a")),
]
ARCHIVES = [
    _json("gzip", gzip.compress(AB.encode()), [(1, "x"), (2, "y")], file="in.json.gz"),
    _json(
        "a gzip that is torn",
        _GZ[: len(_GZ) // 2],
        Refused("cannot be read|end of input"),
        file="in.json.gz",
        typed={"a INT, b STRING": Refused("cannot be read|end of input")},
    ),
    _json(
        "a gzip that is called a text",
        gzip.compress(AB.encode()),
        Refused("is a gzip archive"),
        typed={"a INT": Refused("is a gzip archive")},
    ),
]
WRONG = [
    _json(
        "a line that is torn, where that is a failure",
        '{"a": 1}\n{"a": \n',
        TORN,
        typed={"a INT": Refused("Malformed records")},
        reader={"mode": "FAILFAST"},
    ),
    _json(
        "a text for a number, where that is a failure",
        '{"a": "x"}\n',
        typed={"a INT": Refused("Malformed records")},
        reader={"mode": "FAILFAST"},
    ),
    _json(
        "a number that is too large, where that is a failure",
        '{"a": 2147483648}\n',
        typed={"a INT": Refused("Malformed records")},
        reader={"mode": "FAILFAST"},
    ),
    _json(
        "wrong lines, which are noted",
        '{"a": 1}\n{"a": \n{"a": "x"}\n',
        typed={"a INT, _corrupt_record STRING": [(1, None), (None, '{"a": '), (None, '{"a": "x"}')]},
    ),
    _json(
        "no JSON at all",
        "a,b\n1,2\n",
        Refused("holds no JSON: its first line is .a,b"),
        typed={"a INT": Refused("holds no JSON: its first line is .a,b")},
    ),
]
FILES = [*ENCODINGS, *LINES, *VALUES, *ARCHIVES, *WRONG]
