"""The exceptions of the JVM behind an error: which of them says what is wrong, and which file the ones around it name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

_DEEPEST = 50  # causes of a Java exception, which may go round in a circle
_JAVA_CLASS = re.compile(r"^(?:[\w$]+\.)+[\w$]+(?:: |$)")
# These say only that something failed; their cause says what.
_WRAPPERS = re.compile(
    r"^(?:Job aborted|Writing job aborted|Task failed|Exception thrown in awaitResult|\[TASK_WRITE_FAILED\]"
    r"|(?:\[FAILED_READ_FILE\.NO_HINT\] )?Encountered error while reading file"
    r"|Error reading file: |Can not read value at .* in file )"
)
_WRAPPER_CLASSES = frozenset({"ExecutionException", "InvocationTargetException", "UndeclaredThrowableException"})
# What they say of where it was. Spark writes a file that it reads as a URI; Parquet and ORC write it as it is called.
_READ_URI = re.compile(r"Encountered error while reading file (\S+?)\.(?:\s|$)")
_READ = re.compile(r"(?:^Error reading file: |^Can not read value at .* in file )(.+)$", re.MULTILINE)
_WRITTEN = re.compile(r"Task failed while writing rows to (\S+?)\.?(?:\s|$)")
_OF_FILES = re.compile(r"^(?:java\.n?io|org\.apache\.hadoop)\.(?!EOFException)")
_CAUSED_BY = re.compile(
    r"^\s*Caused by: ([\w.$]+)(?:: (.*?))?(?=\n\s*(?:at [\w$.<>/]+\(|\.\.\. \d+ more|Caused by: )|\Z)", re.M | re.S
)


@dataclass(frozen=True)
class Link:
    """One exception: its class, and its words, empty when it has none."""

    name: str
    words: str

    @property
    def says_nothing(self) -> bool:
        """Whether it only says that something failed, or repeats its cause."""
        short = re.split(r"[.$]", self.name)[-1]
        return (
            not self.words
            or short in _WRAPPER_CLASSES
            or bool(_JAVA_CLASS.match(self.words))
            or bool(_WRAPPERS.match(self.words))
        )


def links_of_java(java: Any) -> Iterator[Link]:
    """A Java exception, what caused it, and so on."""
    words, depth = "", 0
    while java is not None and depth < _DEEPEST:
        words = str(java.getMessage() or "")
        yield Link(str(java.getClass().getName()), words)
        java, depth = java.getCause(), depth + 1
    yield from links_of_text(words)


def links_of_text(text: str) -> Iterator[Link]:
    """The causes in the printed stack of an exception, where there is nothing but that."""
    for found in _CAUSED_BY.finditer(text):
        yield Link(found[1], (found[2] or "").strip())


def telling(links: Sequence[Link]) -> tuple[Link, str]:
    """The first link that says what is wrong, and where: `reading /data/b.csv.gz`, or nothing where it says so itself."""
    number = next((number for number, link in enumerate(links) if not link.says_nothing), len(links) - 1)
    link = links[number]
    places = [place for wrapper in reversed(links[:number]) for place in _places(wrapper.words, link)]
    return link, next(iter(places), "")


def _places(words: str, link: Link) -> Iterator[str]:
    encoded, plain, written = _READ_URI.search(words), _READ.search(words), _WRITTEN.search(words)
    if encoded or plain:
        path = unquote(encoded[1]) if encoded else plain[1] if plain else ""
        yield "" if path.rpartition("/")[2] in link.words else f"reading {_short(path)}"
    elif written and _OF_FILES.match(link.name):
        yield "" if written[1] in link.words else f"writing {_short(written[1])}"


def _short(path: str) -> str:
    """Without the scheme, where it only says that the file is on this machine."""
    return re.sub(r"^file:(?://)?(?=/)", "", path)
