"""Text, one row a line; XML; and whole files."""

import gzip
from datetime import date
from typing import Any

from odd_file import OddFile, Refused, Right
from second_opinions import python_lines, python_xml

LINES = "a\nzwei ä\n\n drei \n"
_GZ = gzip.compress(LINES.encode() * 2000, mtime=0)


def _text(name: str, content: bytes | str, found: Right | None = None, **options: Any) -> OddFile:
    file = options.pop("file", "in.txt")
    bytes_ = content.encode() if isinstance(content, str) else content
    right = found if found is not None else python_lines()
    return OddFile(f"text, {name}", "text", {file: bytes_}, right, {"value STRING": right}, options)


TEXT = [
    _text("lines of every kind", LINES),
    _text("a byte order mark", "\ufeff" + LINES),
    _text("lines of Windows and old Macs", "a\r\nb\rc\n\rd\r\n\r\n"),
    _text("no end of the last line", "a\nb"),
    _text("nothing", ""),
    _text("lines that only Python ends", "a\u2028b\u0085c\x0bd\x0ce\x1cf\n"),
    _text("a NUL", "a\0b\nc\n"),
    _text("a line of two million characters", "ä" * 2_000_000 + "\nb\n"),
    _text("UTF-16", LINES.encode("utf-16"), Refused("is in UTF-16")),
    _text("Latin-1", "é\n".encode("latin-1"), Refused("not UTF-8.*line 1")),
    _text("a gzip", gzip.compress(LINES.encode()), [("a",), ("zwei ä",), ("",), (" drei ",)], file="in.txt.gz"),
    _text("a gzip that is torn", _GZ[: len(_GZ) // 2], Refused("cannot be read"), file="in.txt.gz"),
    _text("a gzip that is called a text", gzip.compress(LINES.encode()), Refused("is a gzip archive")),
    _text("a whole file", "a\nb\n", [("a\nb\n",)], reader={"wholetext": True}),
]


def _xml(
    name: str, content: bytes | str, found: Right | None, typed: dict[str, Right] | None = None, **options: Any
) -> OddFile:
    bytes_ = content.encode() if isinstance(content, str) else content
    file = options.pop("file", "in.xml")
    return OddFile(f"xml, {name}", "xml", {file: bytes_}, found, typed or {}, {"row_tag": "r", **options})


_ROWS = '<rs><r i="1"><a>x</a><b>1.10</b></r><r i="2"><a>y &amp; z</a><b/></r></rs>'
_TYPES = "_i STRING, a STRING"
XML = [
    _xml("attributes and elements", _ROWS, None, {_TYPES: python_xml("r", "_i", "a")}),
    _xml("a byte order mark", "\ufeff" + _ROWS, None, {_TYPES: python_xml("r", "_i", "a")}),
    _xml("a head", f'<?xml version="1.0" encoding="UTF-8"?>\n{_ROWS}', None, {_TYPES: python_xml("r", "_i", "a")}),
    _xml(
        "CDATA, comments and entities",
        "<rs><!-- <r><a>no</a></r> --><r><a><![CDATA[<x>&]]></a></r><r><a>&lt;&#228;&quot;</a></r></rs>",
        None,
        {"a STRING": python_xml("r", "a")},
    ),
    _xml("namespaces", '<rs xmlns:n="urn:n"><r><n:a>x</n:a></r></rs>', None, {"`n:a` STRING": [("x",)]}),
    _xml("elements that come again", "<rs><r><a>1</a><a>2</a></r><r><a>3</a></r></rs>", [([1, 2],), ([3],)]),
    _xml("no such element", "<rs><x/></rs>", Refused("no columns: they are empty", names_file=False), {"a STRING": []}),
    _xml("nothing", "", Refused("no columns: they are empty", names_file=False), {"a STRING": []}),
    _xml(
        "Latin-1 that its head tells",
        '<?xml version="1.0" encoding="ISO-8859-1"?><rs><r><a>é</a></r></rs>'.encode("latin-1"),
        [("é",)],
        {"a STRING": python_xml("r", "a")},
    ),
    _xml(
        "Latin-1 that is called so",
        '<?xml version="1.0" encoding="ISO-8859-1"?><rs><r><a>é</a></r></rs>'.encode("latin-1"),
        [("é",)],
        reader={"encoding": "ISO-8859-1"},
    ),
    _xml("UTF-16", _ROWS.encode("utf-16"), None, {_TYPES: python_xml("r", "_i", "a")}),
    _xml(
        "an end that is torn off, where that is a failure",
        "<rs><r><a>x</a></r><r><a>y",
        Refused("Malformed records", names_file=False),
        {"a STRING": Refused("Malformed records")},
        reader={"mode": "FAILFAST"},
    ),
    _xml(
        "an entity that grows",
        '<!DOCTYPE rs [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><rs><r><a>&b;</a></r></rs>',
        None,
        {"a STRING": Refused("Malformed records")},
        reader={"mode": "FAILFAST"},
    ),
    _xml(
        "an entity of another file",
        '<!DOCTYPE rs [<!ENTITY a SYSTEM "file:///etc/hostname">]><rs><r><a>&a;</a></r></rs>',
        None,
        {"a STRING": Refused("Malformed records")},
        reader={"mode": "FAILFAST"},
    ),
    _xml(
        "dates before 1900",
        "<rs><r><d>1582-10-10</d></r><r><d>0001-01-01</d></r></rs>",
        None,
        {"d DATE": [(date(1582, 10, 10),), (date(1, 1, 1),)]},
    ),
]
FILES = [*TEXT, *XML]
