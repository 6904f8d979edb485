"""The folder of a query: Spark's checkpoint, and the kernel's own files in it.

<data_dir>/streams/<pipeline>/<query>/             offsets, commits, state: Spark's
<data_dir>/streams/<pipeline>/<query>/_ppf/id      which checkpoint this is; a new one gets a new id
<data_dir>/streams/<pipeline>/<query>/_ppf/batch.jsonl    the journal of the last batch
"""

from ppf_core.errors import RunError
from ppf_core.storage import Files
from ppf_core.streams.journal import FOLDER, BatchJournal
from ppf_core.threads import threads


class QueryFolder:
    """Where a query keeps how far it is."""

    def __init__(self, files: Files, data_dir: str, pipeline: str, query: str) -> None:
        self.path = f"{data_dir}/streams/{pipeline}/{query}"
        self._files = files

    def open(self) -> str:
        """The id of the checkpoint, made when there is none. RunError when Spark's part of it and the kernel's do not fit."""
        try:
            return self._open()
        except OSError as error:
            hint = "Make it readable and writable, or set runtime.data_dir."
            raise RunError(f"The checkpoint {self.path} cannot be used: {error}.", hint=hint) from error

    def journal(self) -> BatchJournal:
        """What became of the last batch."""
        return BatchJournal(self._files, self.path)

    def remove(self) -> None:
        """Forgets how far the query is."""
        self._files.delete(self.path)

    def _open(self) -> str:
        place = f"{self.path}/{FOLDER}/id"
        known = self._files.read(place)
        begun, ended = self._last("offsets"), self._last("commits")
        if known is None:
            if begun is not None:
                raise self._damaged(
                    "has batches of Spark, but no id of ppf", "somebody else made it, or the folder _ppf is lost"
                )
            known = threads().token(8)
            self._files.write(place, known)
            return known
        self._require_sound(begun, ended)
        return known.strip()

    def _require_sound(self, begun: int | None, ended: int | None) -> None:
        last = self.journal().number
        begun, ended = -1 if begun is None else begun, -1 if ended is None else ended
        noted = -1 if last is None else last
        if noted > begun:
            raise self._damaged(
                f"knows {begun + 1} batches, but the journal has batch {noted}", "its folder offsets is incomplete"
            )
        if ended > begun or begun - ended > 1:
            raise self._damaged(f"began batch {begun} and ended batch {ended}", "files of offsets or commits are missing")

    def _last(self, log: str) -> int | None:
        """The number of the last file of one of Spark's logs."""
        folder = f"{self.path}/{log}"
        names = self._files.names(folder) if self._files.is_folder(folder) else []
        return max((int(name) for name in names if name.isdigit()), default=None)

    def _damaged(self, what: str, why: str) -> RunError:
        return RunError(
            f"The checkpoint {self.path} {what}: {why}.", hint="Restore it from a backup, or start anew with --fresh."
        )
