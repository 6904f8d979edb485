"""A stream that is killed again and again, what feeds it, and what a reader that is not Spark sees of it.

TOGETHER
numbers ─▶ judged ┃─▶ left, right      published together; bad rows go to quarantine

STATEFUL
numbers ─▶ counted ┃─▶ counts          a count by group, complete
numbers ─▶ distinct ┃─▶ once           each name once
numbers, numbers ─▶ paired ┃─▶ pairs   a join of two streams
"""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet

HERE = Path(__file__).parent
ROWS = 5

HEAD = """
name = struck
mode = streaming
spark { master = "local[2]", conf { "spark.sql.shuffle.partitions" = 1, "spark.ui.enabled" = false } }
defaults { retry { max_attempts = 4, initial_delay = 1 s } } # of three that start at once, one failed inside Spark once
components.numbers {
  source = files, options { path = in, format = json, schema = "id INT, name STRING", max_files_per_trigger = 1 }
}
"""
TOGETHER = """
components {
  judged   { transform = sql, inputs = [numbers], options { query = "SELECT id, name FROM numbers" }
             quality = [ { check = expression, options { sql = "id % 5 <> 4" }, action = quarantine } ] }
  left     { sink = json, inputs = [judged], trigger = available_now, options { path = "out/left" } }
  right    { sink = json, inputs = [judged], trigger = available_now, options { path = "out/right" } }
}
"""
STATEFUL = """
components {
  counted  { transform = sql, inputs = [numbers]
             options { query = "SELECT id % 5 AS kind, count(*) AS n FROM numbers GROUP BY id % 5" } }
  counts   { sink = json, inputs = [counted], trigger = available_now, output_mode = complete
             options { path = "out/counts", mode = overwrite } }
  distinct { transform = python, inputs = [numbers], options { function = "steps:once" } }
  once     { sink = json, inputs = [distinct], trigger = available_now, options { path = "out/once" } }
  paired   { transform = sql, inputs { a = numbers, b = numbers }
             options { query = "SELECT a.id AS id FROM a JOIN b ON a.id = b.id" } }
  pairs    { sink = json, inputs = [paired], trigger = available_now, options { path = "out/pairs" } }
}
"""

STEPS = """
def once(context, inputs):
    return inputs["numbers"].select("name").dropDuplicates(["name"])
"""


@dataclass
class StruckStream:
    """One folder with the pipeline, its input and its output. settings: of a session that a run is given."""

    folder: Path
    sinks: tuple[str, ...]
    files: int = 0
    seen: list[str] = field(default_factory=list)
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, folder: Path, components: str) -> "StruckStream":
        """Writes the pipeline."""
        (folder / "in").mkdir(parents=True)
        (folder / "struck.conf").write_text(HEAD + components)
        (folder / "steps.py").write_text(STEPS)
        return cls(folder, ("left", "right") if components == TOGETHER else ("once", "pairs"))

    def feed(self, count: int = 1) -> None:
        """More files of five rows each; a name comes in two of them."""
        for _ in range(count):
            ids = range(self.files * ROWS, (self.files + 1) * ROWS)
            text = "".join(json.dumps({"id": each, "name": f"n{each // 2}"}) + "\n" for each in ids)
            path = self.folder / "in" / f"{self.files:06}.json"
            path.with_suffix(".new").write_text(text)
            path.with_suffix(".new").rename(path)
            os.utime(path, (self.files + 1, self.files + 1))
            self.files += 1

    def run(self, point: str = "never", number: float = 0) -> int:
        """How the run ended. A reader looks all the while."""
        command = [sys.executable, str(HERE / "victim.py"), str(self.folder / "struck.conf"), point, str(number)]
        command += [json.dumps(dict(self.settings))] if self.settings else []
        with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True) as process:
            told: list[str] = []
            assert process.stderr is not None
            stderr = process.stderr
            reader = threading.Thread(target=lambda: told.extend(stderr))
            reader.start()
            while process.poll() is None:
                self.look()
                threading.Event().wait(0.05)
            reader.join()
        if process.returncode > 0:
            raise AssertionError(f"The run ended with {process.returncode}:\n{''.join(told)[-4000:]}")
        return process.returncode

    def look(self) -> None:
        """No reader ever sees a row twice, or half a file."""
        for sink in self.sinks:
            twice = [row for row, count in Counter(map(str, self.rows(sink))).items() if count > 1]
            if twice:
                self.seen.append(f"{sink} has {twice[:3]} more than once")

    def rows(self, sink: str) -> list[tuple[Any, ...]]:
        """What is in a folder, as somebody without Spark reads it."""
        found = []
        for path in sorted((self.folder / "out" / sink).glob("[!._]*")):
            try:
                lines = path.read_text().splitlines()
            except FileNotFoundError:
                continue  # a folder that is replaced as a whole
            found += [tuple(json.loads(line).values()) for line in lines]
        return found

    def quarantined(self) -> list[int]:
        """The ids in quarantine."""
        folder = self.folder / ".ppf" / "data" / "quarantine" / "judged"
        files = [path for path in folder.rglob("*.parquet") if not _is_hidden(path.relative_to(folder))]
        tables = [pyarrow.parquet.read_table(path, columns=["id"], partitioning=None) for path in files]
        return [each for table in tables for each in table["id"].to_pylist()]

    def require_agreement(self) -> None:
        """After a recovery, each batch is in both sinks that are published together, or in none."""
        assert self.seen == []
        assert sorted(map(str, self.rows("left"))) == sorted(map(str, self.rows("right")))

    def require_all(self) -> None:
        """Nothing is lost, nothing is there twice."""
        self.require_agreement()
        every = range(self.files * ROWS)
        if "left" in self.sinks:
            assert self.ids("left") == [each for each in every if each % 5 != 4]
            assert sorted(self.quarantined()) == [each for each in every if each % 5 == 4]
        else:
            assert sorted(map(str, self.rows("counts"))) == [str((kind, self.files)) for kind in range(5)]
            assert self.ids("once") == sorted({f"n{each // 2}" for each in every})
            assert self.ids("pairs") == list(every)

    def ids(self, sink: str) -> list[Any]:
        """The first column of what is in a folder, sorted."""
        return sorted(row[0] for row in self.rows(sink))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)
