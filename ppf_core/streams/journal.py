"""What became of the last batch of a query: lines as those of a run's record, in one small file beside Spark's checkpoint.

    <data_dir>/streams/<pipeline>/<query>/_ppf/batch.jsonl

It is written twice for each batch, whole or not at all: before the first row of the batch is shown, and when all are. Spark
runs the last batch again whose end it has not noted. One that is done is not done again, and one that is committed is finished.
"""

from collections.abc import Mapping
from pathlib import Path

from ppf_core.errors import RunError
from ppf_core.state import lines
from ppf_core.state.journal import Journal, Write
from ppf_core.state.lines import Entry, Line, read_entries, write_entry
from ppf_core.storage import Files
from ppf_core.threads import threads

FOLDER = "_ppf"
"""The kernel's own folder in the one of a query; the rest of that is Spark's."""


class BatchJournal:
    """The journal of one query's batches. `record` can be called from several threads.

    rows: what each sink was given since the checkpoint began.
    """

    def __init__(self, files: Files, folder: str) -> None:
        self.path = f"{folder}/{FOLDER}/batch.jsonl"
        self._files = files
        self._lock = threads().lock()
        try:
            text = files.read(self.path)
        except OSError as error:
            raise RunError(f"The journal {self.path} cannot be read: {error}.", hint="Make it readable.") from error
        self._entries = list(read_entries((text or "").encode().splitlines(keepends=True)))
        noted = [each.line.rows for each in self._entries if isinstance(each.line, lines.BatchBegan | lines.BatchEnded)]
        self.rows = dict(noted[-1]) if noted else {}

    @property
    def number(self) -> int | None:
        """The last batch that was begun and noted."""
        return next((each.line.number for each in self._entries if isinstance(each.line, lines.BatchBegan)), None)

    @property
    def run_id(self) -> str:
        """The run that staged it."""
        return next((each.line.run_id for each in self._entries if isinstance(each.line, lines.BatchBegan)), "")

    @property
    def is_done(self) -> bool:
        """Whether nothing of the last batch is left to do."""
        return any(isinstance(each.line, lines.BatchEnded) for each in self._entries)

    @property
    def to_show(self) -> tuple[Write, ...]:
        """The writes of the last batch that are committed and, as far as is known, not shown, in their order.

        None of a batch that was rejected, of which only the bad rows were kept as evidence: it is done again.
        """
        decided = any(isinstance(each.line, lines.Committed) and not each.line.is_evidence for each in self._entries)
        journal = Journal.of(Path(self.path), self._entries)
        return tuple(each for each in journal.open_writes if each.state == "committed" and decided and not self.is_done)

    def begin(self, number: int, run_id: str) -> None:
        """A batch begins. Nothing of it is on disk before it is committed."""
        self._entries = []
        self.record(lines.BatchBegan(number, run_id, dict(self.rows)))

    def record(self, line: Line) -> None:
        """Adds a line. What others rely on is on disk when this returns."""
        with self._lock:
            self._entries.append(Entry(threads().now(), line))
            if isinstance(line, lines.Committed | lines.BatchEnded):
                self._write()

    def end(self, rows: Mapping[str, int]) -> None:
        """All of the last batch is shown. rows: what its sinks were given."""
        self.rows |= {name: self.rows.get(name, 0) + count for name, count in rows.items()}
        self.record(lines.BatchEnded(dict(self.rows)))

    def give_up(self) -> None:
        """Nothing of the last batch is to be shown any more: it is done again, as if it had only begun."""
        with self._lock:
            self._entries = [each for each in self._entries if isinstance(each.line, lines.BatchBegan)]
            self._write()

    def _write(self) -> None:
        try:
            self._files.write(self.path, b"".join(map(write_entry, self._entries)).decode())
        except OSError as error:
            hint = "Make room there, or set runtime.data_dir."
            raise RunError(f"The journal {self.path} cannot be written: {error}.", hint=hint) from error
