"""The folder of a query: Spark's checkpoint, and the kernel's own files in it.

<data_dir>/streams/<pipeline>/<query>/                    offsets, commits, state: Spark's
<data_dir>/streams/<pipeline>/<query>/_ppf/id             which checkpoint this is; a new one gets a new id
<data_dir>/streams/<pipeline>/<query>/_ppf/query.json     what the query was when it last started, and the sinks of its file
<data_dir>/streams/<pipeline>/<query>/_ppf/sources.json   what its sources recognise what they read by
<data_dir>/streams/<pipeline>/<query>/_ppf/batch.jsonl    the journal of the last batch
<data_dir>/streams/<pipeline>/<query>/_ppf/lease          who runs it
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppf_core.errors import RunError
from ppf_core.state.documents import from_document, to_document
from ppf_core.storage import Files
from ppf_core.streams.identity import Identity
from ppf_core.streams.journal import FOLDER, BatchJournal
from ppf_core.threads import threads


@dataclass(frozen=True)
class KnownQuery:
    """A query as it last started. file: its pipeline's file. values: what others need of that to finish a batch."""

    identity: Identity
    file: Path
    values: Mapping[str, Any]


class QueryFolder:
    """Where a query keeps how far it is. RunError where it cannot be read or written."""

    def __init__(self, files: Files, data_dir: str, pipeline: str, query: str) -> None:
        self.files = files
        self.path = f"{data_dir}/streams/{pipeline}/{query}"
        self._known = f"{self.path}/{FOLDER}/query.json"
        self._sources = f"{self.path}/{FOLDER}/sources.json"

    def open(self) -> str:
        """The id of the checkpoint, made when there is none. RunError when Spark's part of it and the kernel's do not fit."""
        known, begun = self.id, self.begun
        if known is None and begun is not None:
            raise self._damaged("has batches of Spark and no id", "somebody else made it, or its folder _ppf is lost")
        with self._told():
            if known is not None:
                self._require_sound(begun, self._last("commits"))
                return known
            known = threads().token(8)
            self.files.write(f"{self.path}/{FOLDER}/id", known)
            return known

    @property
    def id(self) -> str | None:
        """Which checkpoint it is; None for a new one."""
        with self._told():
            return self.files.read(f"{self.path}/{FOLDER}/id")

    @property
    def begun(self) -> int | None:
        """The last batch that Spark has begun."""
        with self._told():
            return self._last("offsets")

    def journal(self) -> BatchJournal:
        """What became of the last batch."""
        return BatchJournal(self.files, self.path)

    def known(self) -> KnownQuery | None:
        """The query as it last started; None for a new one."""
        with self._told():
            text = self.files.read(self._known)
        if text is None:
            return None
        try:
            kept = json.loads(text)
            return KnownQuery(from_document(Identity, kept["identity"]), Path(kept["file"]), kept["values"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"has a file {self._known} that nobody can read ({error})", "it was changed by hand") from error

    def note(self, query: KnownQuery) -> None:
        """Keeps what the query is from now on."""
        with self._told():
            kept = {"identity": to_document(query.identity), "file": str(query.file), "values": query.values}
            self.files.write(self._known, json.dumps(kept, ensure_ascii=False))

    def sources(self) -> Mapping[str, str]:
        """What sources told of what they read, when they were last asked; by component."""
        with self._told():
            text = self.files.read(self._sources)
        try:
            return {str(name): str(told) for name, told in json.loads(text or "{}").items()}
        except (ValueError, AttributeError) as error:
            raise self._damaged(
                f"has a file {self._sources} that nobody can read ({error})", "it was changed by hand"
            ) from error

    def keep_sources(self, told: Mapping[str, str]) -> None:
        """Keeps it for the next time."""
        with self._told():
            self.files.write(self._sources, json.dumps(told, ensure_ascii=False))

    def forget(self) -> None:
        """Removes all but who runs it: the query begins anew. The kernel's files go last, for a kill in between."""
        with self._told():
            for name in self.files.names(self.path):
                if name != FOLDER:
                    self.files.delete(f"{self.path}/{name}")
            for name in ("batch.jsonl", "sources.json", "query.json", "id"):
                self.files.delete(f"{self.path}/{FOLDER}/{name}")

    def _require_sound(self, begun: int | None, ended: int | None) -> None:
        noted = self.journal().number
        first, last = -1 if begun is None else begun, -1 if ended is None else ended
        if noted is not None and noted > first:
            has = f"batch {begun}" if begun is not None else "no batch"
            raise self._damaged(
                f"ends with {has}, and the journal with batch {noted}", "files of its folder offsets are missing"
            )
        if not first - 1 <= last <= first:
            raise self._damaged(f"began batch {first} and ended batch {last}", "files of its logs are missing")

    def _last(self, log: str) -> int | None:
        """The number of the last file of one of Spark's logs."""
        names = (name.removesuffix(".compact") for name in self.files.names(f"{self.path}/{log}"))
        return max((int(name) for name in names if name.isdigit()), default=None)

    def _damaged(self, what: str, why: str) -> RunError:
        hint = f"Restore it from a backup, or begin anew: --fresh {self.path.rpartition('/')[2]}."
        return RunError(f"The checkpoint {self.path} {what}: {why}.", hint=hint)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "Make it readable and writable, or set runtime.data_dir."
            raise RunError(f"The checkpoint {self.path} cannot be used: {error}.", hint=hint) from error
