"""A reader that looks at plain files all the time, in a process of its own, while others write and die.

    with polling(folder) as poll:
        …
    poll.seen                       # reads, files that were gone, and all that no reader may see

It knows nothing of ppf: pyarrow reads what a name without a dot or an underscore leads to.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from books import Rows, read_batches
from pyarrow import ArrowInvalid
from scene import ADDED, REPLACED, ROWS

_HERE = Path(__file__).parent


@dataclass
class Seen:
    """What the reader saw. gone: how often a file that it had listed was no longer there; it then lists again."""

    reads: int = 0
    gone: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Poll:
    """A reader at work; `seen` is known when it has ended."""

    seen: Seen = field(default_factory=Seen)


@contextmanager
def polling(folder: Path) -> Iterator[Poll]:
    """Reads the targets of a scene from here to the end of the block."""
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()) as reader:
        poll = Poll()
        try:
            yield poll
        finally:
            told, _ = reader.communicate(timeout=60)  # closes its input, which ends it
            poll.seen = Seen(**json.loads(told))


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_HERE), "OMP_NUM_THREADS": "1"}


@dataclass
class Reader:
    """Reads, and judges what it reads."""

    folder: Path
    seen: Seen = field(default_factory=Seen)
    whole: set[int] = field(default_factory=set)

    def read(self) -> None:
        """Every target once."""
        for name in (*REPLACED, ADDED):
            try:
                found = read_batches(self.folder / "out" / name)
            except FileNotFoundError:
                self.seen.gone += 1
            except (ArrowInvalid, OSError) as error:
                self.seen.wrong.append(f"{name} holds a part of a file: {error}")
            else:
                self.seen.reads += 1
                self._judge(name, found)

    def _judge(self, name: str, found: dict[int, Rows]) -> None:
        """A folder that is replaced holds one batch as a whole; one that grows keeps what it had, and nothing twice."""
        numbers = {batch: Counter(number for number, _ in rows.elements()) for batch, rows in found.items()}
        whole = {batch for batch, rows in numbers.items() if rows == Counter(range(ROWS))}
        if name in REPLACED:
            if found and (len(found) != 1 or whole != found.keys()):
                self._tell(name, found)
            return
        if self.whole - whole or any(max(rows.values()) > 1 for rows in numbers.values()):
            self._tell(name, found)
        self.whole |= whole

    def _tell(self, name: str, found: dict[int, Rows]) -> None:
        self.seen.wrong.append(f"{name} holds { ({batch: rows.total() for batch, rows in found.items()}) } rows by batch")


def main(folder: str) -> None:
    """Reads until the input is closed, and says what was seen."""
    reader = Reader(Path(folder))
    waiting = threading.Thread(target=sys.stdin.read, daemon=True)
    waiting.start()
    while waiting.is_alive():
        reader.read()
        time.sleep(0.05)
    print(json.dumps(vars(reader.seen)))  # noqa: T201 -- for the process that started it


if __name__ == "__main__":
    main(sys.argv[1])
