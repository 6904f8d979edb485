"""Files that are not what a reader of lines takes them for."""

import json
import re
from collections.abc import Iterable

from ppf_core import PpfError
from ppf_files.heads import other_encoding

# How a line ends inside a document that a person, or a printer of documents, has broken into lines.
_GOES_ON = re.compile(r"[\[{,:]\s*$")


def require_utf8(begun: Iterable[tuple[str, bytes]]) -> None:
    """Refuses a file that says that it is in UTF-16."""
    for path, head in begun:
        encoding = other_encoding(head)
        if encoding is not None:
            raise PpfError(
                f"The file {path!r} is in {encoding}, as its first bytes say.",
                hint=f"Say so: reader {{ encoding = {encoding}, multiLine = true }}.",
            )


def require_lines(begun: Iterable[tuple[str, bytes]]) -> None:
    """Refuses a JSON document that goes over several lines: of these, each would be a row."""
    for path, head in begun:
        text = head.decode("utf-8-sig", errors="replace").lstrip()
        first = text.partition("\n")[0]
        if _goes_on(first, text):
            raise PpfError(
                f"The file {path!r} holds a JSON document over several lines: the first is {first[:60].rstrip()!r}.",
                hint="Say so: reader { multiLine = true }. Otherwise each line is read as a document.",
            )


def _goes_on(first: str, text: str) -> bool:
    try:
        json.loads(first)
    except ValueError:
        return _GOES_ON.search(first) is not None and text.startswith(("{", "["))
    return False
