"""CSV as people and programs write it."""

import bz2
import gzip
import hashlib
import io
import tarfile
from typing import Any

import pyarrow as pa
from odd_file import OddFile, Refused, Right
from second_opinions import duckdb_csv, python_csv

AB = "a,b\n1,x\n2,y\n"
UMLAUTS = "a,b\n1,Zürich\n2,naïve é\n"
_NOISE = b"a,b\n" + b"".join(hashlib.sha256(b"%d" % n).hexdigest().encode() + b",x\n" for n in range(2000))
ZSTD = pa.compress(AB.encode() * 50, codec="zstd", asbytes=True)
_GZ = gzip.compress(AB.encode() * 2000, mtime=0)


def as_tar(content: bytes) -> bytes:
    """The content as the one file of an archive."""
    archive, member = io.BytesIO(), tarfile.TarInfo("in.csv")
    member.size = len(content)
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def _csv(
    name: str, content: bytes | str, found: Right | None = None, *, typed: dict[str, Right] | None = None, **options: Any
) -> OddFile:
    file = options.pop("file", "in.csv")
    return OddFile(
        f"csv, {name}",
        "csv",
        {file: content.encode() if isinstance(content, str) else content},
        found if found is not None or typed else python_csv(),
        typed or {},
        options,
    )


TORN = Refused("cannot be read|end of input|end of stream|not a gzip")
MALFORMED = Refused("Malformed records")
TAR = Refused("is a tar archive.*unpack it")
TRUNCATED = Refused("Truncated source")
OPEN = Refused("inside quotes.*in line 3")
EMPTY = Refused("no columns: they are empty", names_file=False)
ENCODINGS = [
    _csv("a byte order mark", UMLAUTS.encode("utf-8-sig"), typed={"a INT, b STRING": duckdb_csv("a INT, b STRING")}),
    _csv("a byte order mark before a quote", '\ufeff"a","b"\n"1","x"\n', python_csv()),
    _csv("nothing but a byte order mark", "\ufeff", EMPTY, typed={"a INT": []}),
    _csv("UTF-16 that is not called so", UMLAUTS.encode("utf-16"), Refused("is in UTF-16"), typed={"a INT": Refused("UTF-16")}),
    _csv(
        "UTF-16 that is called so",
        UMLAUTS.encode("utf-16"),
        python_csv("utf-16"),
        typed={"a INT, b STRING": [(1, "Zürich"), (2, "naïve é")]},
        encoding="UTF-16",
        multiline=True,
    ),
    _csv("UTF-16, large end first", UMLAUTS.encode("utf-16-be"), python_csv("utf-16-be"), encoding="UTF-16BE", multiline=True),
    _csv("UTF-32 that is not called so", UMLAUTS.encode("utf-32"), Refused("is in UTF-32"), typed={"a INT": Refused("UTF-32")}),
    _csv("UTF-32 that is called so", UMLAUTS.encode("utf-32"), python_csv("utf-32"), encoding="UTF-32", multiline=True),
    _csv(
        "UTF-32, large end first",
        "\ufeffa\n1\n".encode("utf-32-be"),
        Refused("is in UTF-32"),
        typed={"a INT": Refused("UTF-32")},
    ),
    _csv("Latin-1 that is called so", UMLAUTS.encode("latin-1"), python_csv("latin-1"), encoding="ISO-8859-1"),
    _csv(
        "Latin-1 that is not called so",
        UMLAUTS.encode("latin-1"),
        Refused("not UTF-8.*line 2"),
        typed={"a INT, b STRING": Refused("not UTF-8.*line 2")},
    ),
    _csv("Windows with a euro", "a,b\n1,€5\n2,“q”\n".encode("cp1252"), python_csv("cp1252"), encoding="windows-1252"),
    _csv(
        "Shift JIS, with a backslash in a letter",
        "a,b\n表,ソ\n".encode("shift_jis"),
        python_csv("shift_jis"),
        encoding="Shift_JIS",
    ),
    _csv("GB18030", "a,b\n汉字,😀\n".encode("gb18030"), python_csv("gb18030"), encoding="GB18030"),
    _csv("characters of every length", "a,b\né漢,😀👨‍👩‍👧\nå,å\n"),
    _csv("lines that only Python ends", "a,b\nx\u2028y,u\x85v\np\x0bq,r\x0cs\n1\x1c2,3\x1e4\n"),
    _csv("white space that is no space", "a,b\n\u00a0x,\u3000\n\u200b,\ufeff\n"),
    _csv("bytes of a half character", b"a,b\n1,\xc3\n2,y\n", Refused("not UTF-8.*line 2")),
    _csv("bytes that are wrong, and wanted so", b"a,b\n1,x\xffy\n", [("1", "x\ufffdy")], encoding="UTF-8"),
]
LINE_ENDS = [
    _csv("lines of Windows", "a,b\r\n1,x\r\n2,y\r\n", typed={"a INT, b STRING": duckdb_csv("a INT, b STRING")}),
    _csv("lines of old Macs", "a,b\r1,x\r2,y\r", python_csv()),
    _csv("all kinds of lines", "a,b\r\n1,x\n2,y\r3,z\r\n"),
    _csv("no end of the last line", "a,b\n1,x\n2,y"),
    _csv("blank lines", "\n\na,b\n\n1,x\n\n\n2,y\n\n"),
    _csv("lines of nothing but ends", "\n\r\n\n", EMPTY, typed={"a INT": []}),
    _csv("a line end that is a bar", "a,b|1,x|2,y|", [("1", "x"), ("2", "y")], reader={"lineSep": "|"}),
    _csv("the header alone", "a,b\n", [], typed={"a INT, b DATE": []}),
    _csv("a header without a line end", "a,b", [], typed={"a INT, b DATE": []}),
    _csv("nothing", "", EMPTY, typed={"a INT, b DATE": []}),
]
QUOTES = [
    _csv("quotes in quotes", 'a,b\n"say ""hi""",""""\n"""x""","a,b"\n', duckdb_csv()),
    _csv("line breaks in quotes", 'a,b\n"x\ny","u\r\nv"\n2,y\n', duckdb_csv(), multiline=True),
    _csv("line breaks in quotes that nobody expects", 'a,b\n1,x\n2,"x\ny"\n', OPEN, typed={"a INT, b STRING": OPEN}),
    _csv("a quote that nobody closes", 'a,b\n1,x\n5" pipe,"y', OPEN, typed={"a STRING, b STRING": OPEN}),
    _csv("a line break in quotes, in Latin-1", 'a,b\n1,ä\n2,"ä\ny"\n'.encode("latin-1"), OPEN, encoding="ISO-8859-1"),
    _csv("a line break in quotes, in an archive", gzip.compress(b'a\n1\n"x\ny"\n'), OPEN, file="in.csv.gz"),
    _csv("quotes where a look ends", 'a,b\n1,"x"\n' * 20_000),
    _csv("an open quote that is a comment", 'a,b\n#"x\n1,y\n', [("1", "y")], comment="#"),
    _csv("an open quote where quotes mean nothing", 'a,b\n1,"y\n', [("1", '"y')], reader={"quote": ""}),
    _csv("a line break in the header", '"a\nb",c\n1,2\n', python_csv(), multiline=True),
    _csv("nothing, and nothing in quotes", 'a,b\n"",\n,""\n"",""\nx,\n', duckdb_csv()),
    _csv("quotes within a text", 'a,b\n5" pipe,it\'s\n6" x 3",y\n', python_csv()),
    _csv("backslashes", 'a,b\n\\,\\\\\n"\\","x\\"\nC:\\new,\\t\n', python_csv()),
    _csv("quotes of one kind", "a,b\n'x,y',2\n", python_csv(quotechar="'"), reader={"quote": "'", "escape": "'"}),
    _csv("no quotes at all", 'a\tb\n"x\t"y"\n', python_csv(delimiter="\t", quoting=3), delimiter="\\t", reader={"quote": ""}),
    _csv("white space around all", "a,b\n  x , y\t\n\t, \n", python_csv()),
    _csv("white space and quotes", 'a,b\n" x "," "\n"\t","  y"\n', python_csv()),
    _csv("a row of one space", "a\n1\n \n2\n", python_csv(), multiline=True),
]
DIALECTS = [
    _csv("semicolons", "a;b\n1;x,y\n", python_csv(delimiter=";"), delimiter=";"),
    _csv("tabs", "a\tb\n1\t x\n\t\n", python_csv(delimiter="\t"), delimiter="\t", multiline=True),
    _csv("a control character between", "a\x01b\n1\x01x,y\n", python_csv(delimiter="\x01"), delimiter="\x01"),
    _csv("two bars between", "a||b\n1||x|y\n", [("1", "x|y")], delimiter="||"),
    _csv("comments", "# made today\na,b\n#1,x\n2,#y\n", [("2", "#y")], comment="#"),
    _csv("no header", "1,x\n2,y\n", python_csv(header=False), header=False, typed={"n INT, t STRING": [(1, "x"), (2, "y")]}),
    _csv("NA is NULL", 'a,b\nNA,x\n1,\n"NA",NA\n', [(None, "x"), ("1", None), (None, None)], null_value="NA"),
    _csv("a delimiter at the end of each line", "a,b,\n1,x,\n2,y,\n", python_csv()),
]
COLUMNS = [
    _csv("one name twice", "a,a\n1,2\n", duckdb_csv(), typed={"a INT, b INT": Refused("header does not conform|CSV header")}),
    _csv("names that differ in their case", "a,A\n1,2\n", python_csv()),
    _csv("a name that is empty", ",b\n1,2\n", python_csv(), typed={"a INT, b INT": Refused("CSV header")}),
    _csv("names with every mark", 'a.b,"c d",`e`,"f,g","h""i",ü\n1,2,3,4,5,6\n', python_csv()),
    _csv("a name with spaces around", " a , b\n1,2\n", python_csv()),
    _csv("a name of the file that is not in the schema", "a,b\n1,2\n", typed={"a INT, c INT": Refused("CSV header")}),
    _csv("more columns than the schema", "a,b,c\n1,2,3\n", typed={"a INT, b INT": Refused("CSV header|Number of column")}),
    _csv("300 columns", "\n".join([",".join(f"c{n}" for n in range(300)), ",".join(map(str, range(300)))]), python_csv()),
    _csv(
        "25,000 columns",
        "\n".join([",".join(f"c{n}" for n in range(25000))] * 2),
        Refused("more columns than Spark takes.*maxColumns", names_file=False),
    ),
]
SIZES = [
    _csv("a value of two million characters", "a,b\n1," + "ä" * 2_000_000 + "\n2,y\n"),
    _csv("a header longer than a look", "a" * 70_000 + ",b\n1,x\n", python_csv()),
    _csv("a header in quotes longer than a look", '"' + "a," * 40_000 + '",b\n1,x\n', python_csv()),
    _csv("a NUL in a text", "a,b\nx\0y,2\n", python_csv()),
]
ARCHIVES = [
    _csv("gzip", gzip.compress(AB.encode()), python_csv(opened=gzip.decompress), file="in.csv.gz"),
    _csv(
        "two gzips in one",
        gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n"),
        python_csv(opened=gzip.decompress),
        file="in.csv.gz",
    ),
    _csv("bzip2", bz2.compress(AB.encode()), python_csv(opened=bz2.decompress), file="in.csv.bz2"),
    _csv("a gzip that is torn", _GZ[: len(_GZ) // 2], TORN, file="in.csv.gz", typed={"a INT, b STRING": TORN}),
    _csv("a gzip that is torn in its head", _GZ[:12], TORN, file="in.csv.gz", typed={"a INT, b STRING": TORN}),
    _csv("a gzip without a wrong byte", _GZ[:40] + b"\0\0\0" + _GZ[43:], file="in.csv.gz", typed={"a INT, b STRING": TORN}),
    _csv("a text that is called a gzip", AB, TORN, file="in.csv.gz", typed={"a INT, b STRING": TORN}),
    _csv(
        "a gzip that is called a text",
        gzip.compress(AB.encode()),
        Refused("is a gzip archive"),
        typed={"a INT, b STRING": Refused("is a gzip archive")},
    ),
    _csv(
        "a bzip2 that is torn",
        bz2.compress(_NOISE)[:-200],
        TORN,
        file="in.csv.bz2",
        typed={"a INT, b STRING": TORN},
    ),
    _csv("a tar", as_tar(AB.encode()), TAR, typed={"a INT, b STRING": TAR}, file="in.tar"),
    _csv("a tar in a gzip", gzip.compress(as_tar(AB.encode())), TAR, typed={"a INT, b STRING": TAR}, file="in.tar.gz"),
    _csv("zstd", ZSTD, [("1", "x"), ("2", "y")] * 50 + [("a", "b")] * 49, file="in.csv.zst"),
    _csv("a zstd that is torn", ZSTD[:-9], TRUNCATED, typed={"a INT, b STRING": TRUNCATED}, file="in.csv.zst"),
    _csv("no archive at all in a gzip", b"", EMPTY, file="in.csv.gz"),
]


def _typed(name: str, content: str, types: str, right: Right | None = None, **options: Any) -> OddFile:
    return _csv(name, content, python_csv(), typed={types: right or duckdb_csv(types)}, **options)


VALUES = [
    _typed(
        "dates before 1900", "d\n1899-12-31\n1582-10-15\n1582-10-04\n1582-10-10\n0001-01-01\n9999-12-31\n1900-03-01\n", "d DATE"
    ),
    _typed(
        "times before 1900",
        "t\n1899-12-31 23:59:59.999999\n1582-10-10 01:02:03\n0001-01-01 00:00:00\n",
        "t TIMESTAMP_NTZ",
        duckdb_csv("t TIMESTAMP"),
    ),
    _typed(
        "times of all precisions",
        "t\n2024-01-02 03:04:05\n2024-01-02T03:04:05.1\n2024-01-02 03:04:05.123456\n",
        "t TIMESTAMP_NTZ",
        duckdb_csv("t TIMESTAMP"),
    ),
    _typed(
        "times with zones",
        "t\n2024-01-02T03:04:05Z\n2024-01-02T03:04:05+02:00\n1899-01-02T03:04:05-11:30\n",
        "t TIMESTAMP",
        duckdb_csv("t TIMESTAMPTZ"),
    ),
    _typed(
        "all digits of decimals",
        "d\n12345678901234567890.123456789012345678\n-0.000000000000000001\n1.10\n0\n",
        "d DECIMAL(38,18)",
    ),
    _typed(
        "numbers at their ends", "i,l\n2147483647,9223372036854775807\n-2147483648,-9223372036854775808\n", "i INT, l BIGINT"
    ),
    _typed(
        "floating points", "x,y\n1e308,-0.0\n1.7976931348623157e308,5e-324\n0.1,123456789.123456789\n", "x DOUBLE, y DOUBLE"
    ),
    _typed("NaN and infinity as Spark has them", "x\nNaN\nInf\n-Inf\n", "x DOUBLE"),
    _typed(
        "NULL of every type",
        "i,d,t,s\n,,,\n1,2024-01-01,2024-01-01 00:00:00,x\n",
        "i INT, d DATE, t TIMESTAMP_NTZ, s STRING",
        duckdb_csv("i INT, d DATE, t TIMESTAMP, s STRING"),
    ),
    _typed("true and false", "b\ntrue\nFALSE\nTrue\n", "b BOOLEAN"),
]
WRONG_VALUES = [
    _csv(
        f"{name}, where a wrong value is a failure",
        f"a,b\n{value},x\n",
        typed={f"a {type_}, b STRING": MALFORMED},
        reader={"mode": "FAILFAST"},
    )
    for name, value, type_ in [
        ("a text for a number", "x", "INT"),
        ("a number with a point", "1.5", "INT"),
        ("a number that is too large", "2147483648", "INT"),
        ("a day that is not there", "1900-02-29", "DATE"),
        ("a decimal that is too large", "1234.5", "DECIMAL(5,2)"),
        ("a number that is none to Spark", "nan", "DOUBLE"),
    ]
] + [
    _csv(
        "too few values, where that is a failure",
        "a,b\n1\n",
        typed={"a INT, b STRING": MALFORMED},
        reader={"mode": "FAILFAST"},
    ),
    _csv(
        "too many values, where that is a failure",
        "a,b\n1,x,y\n",
        typed={"a INT, b STRING": MALFORMED},
        reader={"mode": "FAILFAST"},
    ),
    _csv(
        "wrong values, which are noted",
        "a,b\n1,x\nz,y\n3\n",
        typed={"a INT, b STRING, _corrupt_record STRING": [(1, "x", None), (None, "y", "z,y"), (3, None, "3")]},
    ),
]
NAMES = [
    OddFile(f"csv, a file called {name!r}", "csv", {name: AB.encode()}, python_csv(), {"a INT, b STRING": [(1, "x"), (2, "y")]})
    for name in (
        "a b.csv",
        "100%.csv",
        "%41.csv",
        "a#b?.csv",
        "[1].csv",
        "{a,b}.csv",
        "ä😀.csv",
        "a+b&c=d.csv",
        "*.csv",
        "UPPER.CSV",
        "x",
    )
] + [
    OddFile(
        "csv, a colon in a name",
        "csv",
        {"12:30.csv": AB.encode()},
        Refused("colon in its name"),
        {"a INT": Refused("colon in its name")},
    ),
    OddFile(
        "csv, hidden files beside", "csv", {"in.csv": AB.encode(), ".x.csv": b"1,2,3\n", "_y.csv": b"1,2,3\n"}, python_csv()
    ),
    OddFile(
        "csv, an empty file beside",
        "csv",
        {"1.csv": b"", "2.csv": AB.encode(), "3.csv": b"\n"},
        [("1", "x"), ("2", "y")],
    ),
    OddFile(
        "csv, archives of every kind and a plain file",
        "csv",
        {
            "1.csv": AB.encode(),
            "2.csv.gz": gzip.compress(AB.encode()),
            "3.csv.bz2": bz2.compress(AB.encode()),
            "4.csv.zst": pa.compress(AB.encode(), codec="zstd", asbytes=True),
        },
        [("1", "x"), ("2", "y")] * 4,
        {"a INT, b STRING": [(1, "x"), (2, "y")] * 4},
    ),
    OddFile(
        "csv, other columns in the second file",
        "csv",
        {"1.csv": AB.encode(), "2.csv": b"b,a\nx,1\n"},
        Refused("different columns"),
    ),
]
FILES = [*ENCODINGS, *LINE_ENDS, *QUOTES, *DIALECTS, *COLUMNS, *SIZES, *ARCHIVES, *VALUES, *WRONG_VALUES, *NAMES]
