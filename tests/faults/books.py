"""What another reader finds in plain files, and whether that is what it may find.

Only pyarrow and the operating system look here: whatever ppf or Spark believe is no proof.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from scene import ADDED, REPLACED, ROWS, SINKS

Rows = Counter[tuple[int, str]]


def read_batches(folder: Path) -> dict[int, Rows]:
    """The rows in the files of a folder that a reader sees, by batch. Raises FileNotFoundError when one is gone by then."""
    batches: dict[int, Rows] = {}
    for file in visible(folder):
        table = pq.read_table(file)
        columns = (table[name].to_pylist() for name in ("batch", "id", "draw"))
        for batch, number, draw in zip(*columns, strict=True):
            batches.setdefault(batch, Counter())[number, draw] += 1
    return batches


def visible(folder: Path) -> list[Path]:
    """The files of a folder whose names do not begin with a dot or an underscore."""
    return sorted(path for path in folder.iterdir() if path.name[0] not in "._") if folder.exists() else []


@dataclass
class Findings:
    """What a fault did to the data; all of it should be nothing."""

    lost: int = 0
    duplicated: int = 0
    mixed: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return self == Findings()

    def missing(self, wanted: Rows, found: Rows) -> None:
        """Counts the rows that are not there, or too often."""
        self.lost += (wanted - found).total()
        self.duplicated += (found - wanted).total()


@dataclass
class Books:
    """Which batches were shown, with their rows: kept by looking at the files after each run."""

    folder: Path
    shown: dict[int, Rows] = field(default_factory=dict)
    latest: int = 0
    findings: Findings = field(default_factory=Findings)

    def look(self, batch: int) -> None:
        """Right after a fault in this batch: every folder is as it was, or has the batch; files that are added are whole."""
        for name in REPLACED:
            found = read_batches(self.folder / "out" / name)
            if set(found) not in ({self.latest} - {0}, {batch}):
                self.findings.mixed.append(f"{name} holds {sorted(found)} in batch {batch}")
            for number, rows in found.items():
                self._require_whole(rows, self.shown.get(number))
        found = read_batches(self.folder / "out" / ADDED)
        for number, rows in self.shown.items():
            self.findings.missing(rows, found.get(number, Counter()))
        if not set(found) <= {*self.shown, batch}:
            self.findings.mixed.append(f"{ADDED} holds {sorted(found)} in batch {batch}")
        self.findings.duplicated += sum(count - 1 for count in found.get(batch, Counter()).values())

    def settle(self, batch: int, *, is_shown: bool | None = None) -> None:
        """After recovery: all folders have the batch, or none has. is_shown: which of both it must be, where that is known."""
        found = {name: read_batches(self.folder / "out" / name) for name in SINKS}
        has = {name: batch in found[name] for name in SINKS}
        if len(set(has.values())) != 1 or (is_shown is not None and has[ADDED] != is_shown):
            self.findings.mixed.append(f"batch {batch} is shown by {[name for name in SINKS if has[name]]}")
        if has[ADDED]:
            self._note(batch, found[ADDED][batch])
            self.latest = batch
        for name in REPLACED:
            if self.latest:
                self.findings.missing(self.shown[self.latest], found[name].get(self.latest, Counter()))
        self.look(batch)
        self._look_for_leftovers()

    def pass_over(self, batch: int) -> None:
        """A later batch has finished this one and replaced it: what only ever grows has it as a whole, or not at all."""
        found = read_batches(self.folder / "out" / ADDED)
        if batch in found:
            self._note(batch, found[batch])

    def _note(self, batch: int, rows: Rows) -> None:
        self._require_whole(rows, self.shown.get(batch))
        self.shown[batch] = rows

    def _require_whole(self, rows: Rows, wanted: Rows | None) -> None:
        if wanted is not None:
            self.findings.missing(wanted, rows)
        else:
            numbers = Counter(number for number, _ in rows.elements())
            self.findings.lost += len(set(range(ROWS)) - set(numbers))
            self.findings.duplicated += numbers.total() - len(numbers)

    def _look_for_leftovers(self) -> None:
        self.findings.leftovers += (str(path.relative_to(self.folder)) for path in leftovers(self.folder))


def leftovers(folder: Path) -> Iterator[Path]:
    """What lies beside the targets, or as a folder in them."""
    yield from (path for path in (folder / "out").iterdir() if path.name not in SINKS)
    for name in SINKS:
        yield from (path for path in (folder / "out" / name).iterdir() if path.is_dir())


def state_files(folder: Path) -> list[str]:
    """All files of the state directory but its format, frames, and the records of runs that died before their first line."""
    state = folder / ".ppf"
    kept = {state / "format", state / "data"}
    files = (path for path in state.rglob("*") if path.is_file() and kept.isdisjoint((path, *path.parents)))
    return sorted(str(path.relative_to(state)) for path in files if path.name != "record.jsonl" or "\n" in path.read_text())
