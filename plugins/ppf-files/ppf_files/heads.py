"""The first bytes of files, for what Spark does not look at: which columns each one names, and how it is encoded."""

import bz2
import codecs
import csv
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ppf_core import PpfError, local_path
from ppf_core.storage import scheme

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HEAD_LIMIT = 2**24
_SIZES = (2**16, HEAD_LIMIT)  # enough for one line, nearly always; else more
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_INK = re.compile(r"[^\0- ]")  # what makes a line more than a blank one, to Spark
_THREADS = 16
_OPENERS: Mapping[str, Any] = {".gz": gzip.open, ".bz2": bz2.open}
_MARKS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_HADOOPS = re.compile(r"\.(zst|zstd|lz4|lzo|snappy|deflate)$")  # compressed in ways that Python does not know


def heads(spark: "SparkSession", paths: Iterable[str], count: int = 1) -> Iterator[tuple[str, bytes]]:
    """Each file with its beginning: `count` lines of text, and mostly more. In a classic session."""
    listed = list(paths)
    with ThreadPoolExecutor(_THREADS) as pool:
        yield from zip(listed, pool.map(partial(_head, spark, count), listed), strict=True)


def other_encoding(head: bytes) -> str | None:
    """The encoding of a file that says that it is not UTF-8."""
    return next((encoding for mark, encoding in _MARKS.items() if head.startswith(mark)), None)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is taken apart, as far as its first line is concerned."""

    delimiter: str
    quote: str
    escape: str
    comment: str
    line_end: str | None
    codec: str
    skip_lines: int = 0

    def names(self, head: bytes) -> tuple[str, ...] | None:
        """The values of the first line; None when there is no line."""
        text = head.decode(self.codec, errors="replace")
        text = text.replace(self.line_end, "\n") if self.line_end else text
        lines = io.StringIO("\n".join(self._lines(head)[self.skip_lines :]) if self.skip_lines else text, newline="")
        for row in self._rows(lines):
            if row and not (self.comment and row[0].startswith(self.comment)):
                return tuple(name.strip() for name in row)
        return None

    def first_line(self, head: bytes) -> str | None:
        """The text of the first line that is none to skip, no comment and not blank."""
        lines = self._lines(head)[self.skip_lines :]
        return next((line for line in lines if _INK.search(line) and not self._is_comment(line)), None)

    @property
    def has_doubled_quotes(self) -> bool:
        """Whether it is the dialect of RFC 4180, whatever stands between two values."""
        return len(self.delimiter) == 1 and len(self.quote) == 1 and self.escape == self.quote

    def open_line(self, head: bytes) -> tuple[int, str] | None:
        """Number and text of the first line that ends within quotes."""
        lines = self._lines(head)
        whole = lines if len(head) not in _SIZES else lines[:-1]  # the last one may be cut
        numbered = list(enumerate(whole, 1))[self.skip_lines :]
        return next(((number, line) for number, line in numbered if self._is_open(line)), None)

    def _lines(self, head: bytes) -> list[str]:
        text = head.decode(self.codec, errors="replace")
        return text.split(self.line_end) if self.line_end else _LINE_ENDS.split(text)

    def _is_comment(self, line: str) -> bool:
        return bool(self.comment) and line.startswith(self.comment)

    def _is_open(self, line: str) -> bool:
        if self.quote not in line or self._is_comment(line):
            return False
        rows = csv.reader([line, self.quote], delimiter=self.delimiter, quotechar=self.quote)
        try:
            next(rows)
        except csv.Error:  # a value longer than Python takes
            return False
        return rows.line_num > 1

    def _rows(self, lines: io.StringIO) -> Iterator[list[str]]:
        if len(self.delimiter) > 1 or len(self.quote) > 1:
            return (line.rstrip("\r\n").split(self.delimiter) if line.strip() else [] for line in lines)
        escape = self.escape if len(self.escape) == 1 and self.escape != self.quote else None
        if not self.quote:
            return csv.reader(lines, delimiter=self.delimiter, escapechar=escape, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, escapechar=escape)


def codec(encoding: str) -> str:
    """Python's name for an encoding, UTF-8 with or without its mark."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise PpfError(f"The encoding {encoding!r} is not known.", hint="Check reader.encoding.") from error
    return "utf-8-sig" if name == "utf-8" else name


def plain_delimiter(text: str) -> str:
    """The delimiter that Spark understands, in which a backslash may stand for a tab."""
    return codecs.decode(text, "unicode_escape") if re.fullmatch(r"\\(t|\\|u[0-9a-fA-F]{4})", text) else text


def _head(spark: "SparkSession", count: int, path: str) -> bytes:
    head = b""
    for size in _SIZES:
        try:
            head = _start(spark, path, size)
        except (OSError, EOFError, zlib.error) as error:
            raise PpfError(f"The file {path!r} cannot be read: {error}.", hint="Look whether it is whole.") from error
        except Exception as error:  # of the JVM, which does not tell the file
            error.add_note(f"looking at the beginning of {path}")
            raise
        if len(head) < size or sum(1 for _ in islice(_LINE_END.finditer(head), count)) == count:
            return head
    if count > 1:
        raise PpfError(
            f"The first {count - 1} lines of the file {path!r} are longer than {HEAD_LIMIT} bytes.",
            hint="Check the option 'skip_lines', or remove them beforehand.",
        )
    return head


def _start(spark: "SparkSession", path: str, size: int) -> bytes:
    if scheme(path) == "file" and not _HADOOPS.search(path):
        local = local_path(path)
        with _OPENERS.get(os.path.splitext(local)[1], open)(local, "rb") as file:  # noqa: PTH122 -- 1,000 Paths take long
            return cast("BinaryIO", file).read(size)
    java: Any = spark._jvm
    place = java.org.apache.hadoop.fs.Path(path)
    settings = cast("Any", spark)._jsparkSession.sessionState().newHadoopConf()
    stream = place.getFileSystem(settings).open(place)
    codec = java.org.apache.hadoop.io.compress.CompressionCodecFactory(settings).getCodec(place)
    if path.endswith(".zst"):  # for which Hadoop wants a native library, but Spark brings one along
        stream = java.com.github.luben.zstd.ZstdInputStream(stream)
    elif codec is not None:
        stream = codec.createInputStream(stream)
    try:
        return bytes(stream.readNBytes(size))
    finally:
        stream.close()
