"""A reader of Delta tables that is neither Spark nor Delta: it knows the log's protocol, and pyarrow reads the files.

It knows tables with few commits, without checkpoints, deletion vectors or column mapping.
"""

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet

Ids = tuple[int, ...]


def files(table: Path) -> list[Path]:
    """The files of the newest version."""
    there: dict[str, None] = {}
    for commit in sorted((table / "_delta_log").glob("[0-9]*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                there[action["add"]["path"]] = None
            if "remove" in action:
                there.pop(action["remove"]["path"], None)
    return [table / urllib.parse.unquote(path) for path in there]


def ids(table: Path, column: str = "id") -> Ids:
    """What stands in a column of the newest version, sorted."""
    found = [value for file in files(table) for value in pyarrow.parquet.read_table(file, columns=[column])[column].to_pylist()]
    return tuple(sorted(found))


def commits(table: Path) -> int:
    """How many versions there are."""
    return len(list((table / "_delta_log").glob("[0-9]*.json")))


def staged(table: Path) -> list[str]:
    """Files of stages that no version names."""
    known = set(files(table)) if (table / "_delta_log").exists() else set()
    return [str(file) for file in table.glob("ppf-*/**/*.parquet") if file not in known]


@dataclass
class Poll:
    """What was seen while others wrote."""

    seen: set[Ids] = field(default_factory=set)


@contextmanager
def polling(table: Path) -> Iterator[Poll]:
    """Reads again and again, to the end of the block."""
    poll, ends = Poll(), threading.Event()

    def look() -> None:
        while not ends.wait(0.05):
            poll.seen.add(ids(table))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        yield poll
    finally:
        ends.set()
        reader.join()
