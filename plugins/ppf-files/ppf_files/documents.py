"""Files that are not what a reader of lines takes them for."""

import codecs
import json
import re
from collections.abc import Iterable

from ppf_core import PpfError
from ppf_files.heads import Dialect, codec, other_encoding

# How a line ends inside a document that a person, or a printer of documents, has broken into lines.
_GOES_ON = re.compile(r"[\[{,:]\s*$")
_TAR = b"ustar"  # at the byte 257
_PACKED = {
    b"\x1f\x8b": ("a gzip archive", "Let its name end with .gz"),
    b"BZh": ("a bzip2 archive", "Let its name end with .bz2"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "Let its name end with .zst"),
    b"PK\x03\x04": ("a zip archive", "Spark cannot open it: unpack it"),
    b"\xfd7zXZ\0": ("an xz archive", "Spark cannot open it: unpack it"),
    b"PAR1": ("a Parquet file", "Read it with source = parquet"),
}


def require_utf8(begun: Iterable[tuple[str, bytes]]) -> None:
    """Refuses a file whose beginning is not in UTF-8: Spark would read other characters, without a word."""
    for path, head in begun:
        _require_no_archive(path, head)
        encoding = other_encoding(head)
        if encoding is not None:
            raise PpfError(
                f"The file {path!r} is in {encoding}, as its first bytes say.",
                hint=f"Say so: reader {{ encoding = {encoding}, multiLine = true }}.",
            )
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
        except UnicodeDecodeError as error:
            wrong, line = head[error.start : error.end], head.count(b"\n", 0, error.start) + 1
            raise PpfError(
                f"The file {path!r} is not UTF-8: the first wrong bytes are 0x{wrong.hex()} in line {line}.",
                hint="Say how it is written: reader { encoding = ISO-8859-1 }, for example. "
                "With reader { encoding = UTF-8 } wrong bytes become the character U+FFFD.",
            ) from error


def require_closed_quotes(begun: Iterable[tuple[str, bytes]], dialect: Dialect) -> None:
    """Refuses CSV that a reader of lines would tear: Spark takes the half before the line break for the value."""
    for path, head in begun:
        found = dialect.open_line(head)
        if found is not None:
            number, line = found
            raise PpfError(
                f"The file {path!r} has a line break inside quotes, or a quote that nobody closes, in line {number}: "
                f"{_shown(line)!r}.",
                hint='Set reader { multiLine = true }, to read such values. Where they mean nothing: reader { quote = "" }.',
            )


def require_lines(begun: Iterable[tuple[str, bytes]], *, may_be_torn: bool) -> None:
    """Refuses JSON that a reader of lines would lose: two documents in one, and one over several, unless lines may be torn."""
    for path, head in begun:
        text = head.decode("utf-8-sig", errors="replace").lstrip()
        lines = [line for line in re.split("[\r\n]+", text) if line.strip()]
        first = lines[0] if lines else ""
        if not may_be_torn and _goes_on(first, text):
            raise PpfError(
                f"The file {path!r} holds a JSON document over several lines: the first is {_shown(first)!r}.",
                hint="Say so: reader { multiLine = true }. Otherwise each line is read as a document.",
            )
        double = next((line for line in lines if _is_followed(line)), None)
        if double is not None:
            raise PpfError(
                f"The file {path!r} holds two JSON documents in one line, of which Spark reads the first: {_shown(double)!r}.",
                hint="Write each document in a line of its own.",
            )


def require_json(begun: Iterable[tuple[str, bytes]]) -> None:
    """Refuses a file in which no line begins as a JSON document does: every row would be NULL."""
    for path, head in begun:
        lines = [line.strip() for line in re.split("[\r\n]+", head.decode("utf-8-sig", errors="replace")) if line.strip()]
        if lines and not any(line.startswith(("{", "[", "/")) for line in lines):
            raise PpfError(
                f"The file {path!r} holds no JSON: its first line is {_shown(lines[0])!r}.", hint="Check the option 'path'."
            )


def require_one_document(begun: Iterable[tuple[str, bytes]], encoding: str | None) -> None:
    """Refuses a file with several JSON documents where Spark reads one of each file."""
    for path, head in begun:
        text = head.decode(codec(encoding or other_encoding(head) or "utf-8"), errors="ignore").lstrip("\ufeff")
        if _is_followed(text):
            raise PpfError(
                f"The file {path!r} holds several JSON documents, of which Spark reads the first with multiLine = true.",
                hint="Leave it out. Spark reads lines in UTF-8 alone: convert the file, if it is in another encoding.",
            )


def _require_no_archive(path: str, head: bytes) -> None:
    for mark, (kind, what_to_do) in _PACKED.items():
        if head.startswith(mark) and b"\0" in head[:64]:
            raise PpfError(f"The file {path!r} is {kind}, as its first bytes say.", hint=f"{what_to_do}.")
    if head[257 : 257 + len(_TAR)] == _TAR and b"\0" in head[:257]:
        raise PpfError(f"The file {path!r} is a tar archive, as its first bytes say.", hint="Spark cannot open it: unpack it.")


def _goes_on(first: str, text: str) -> bool:
    try:
        json.loads(first)
    except ValueError:
        return _GOES_ON.search(first) is not None and text.startswith(("{", "["))
    return False


def _is_followed(text: str) -> bool:
    """Whether another document comes after the first one."""
    try:
        _, end = json.JSONDecoder().raw_decode(text.strip())
    except (ValueError, RecursionError):
        return False
    return text.strip()[end:].lstrip().startswith(("{", "["))


def _shown(line: str) -> str:
    return line[:60].rstrip()
