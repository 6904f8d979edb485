"""Where rows wait until they are published: a folder of their own below the table's, which no reader of the table looks into.

    <table>/ppf-<write id>/<token>/part-….parquet     files that a commit adds; they stay where they are
    <table>/ppf-<write id>/<token>/ppf_bad=…/part-….parquet   the same, where bad rows were split off: those of `true` go
    <table>/ppf-<write id>/made                       a note that there was no folder before the stage
    <table>/ppf-<write id>/<token>/rows/…             rows that a MERGE reads
    <table>/ppf-<write id>/<token>/ppf.json           the actions that are to be committed

A stage that nobody publishes or discards is removed by VACUUM, as all files are that no version of the table names. VACUUM
passes over names that begin with `_`, so there are none, but for what a killed job of Spark leaves: `rows/_temporary`, and
`_delta_log` of a split.
"""

import json
import secrets
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppf_core import Ticket, WriteId
from ppf_delta.log import Log, Snapshot, Written
from ppf_delta.options import NOTES_END

BAD = "ppf_bad"
"""The partition of rows that were set apart: in the stage alone, and gone with the publish."""


@dataclass(frozen=True)
class Stage:
    """What one attempt of a write has staged."""

    log: Log
    write_id: WriteId
    token: str

    @classmethod
    def new(cls, log: Log, write_id: WriteId) -> "Stage":
        """A stage for another attempt."""
        return cls(log, write_id, secrets.token_hex(4))

    @classmethod
    def of(cls, log: Log, write_id: WriteId, ticket: Ticket | None) -> "Stage":
        """The stage that a ticket tells of."""
        return cls(log, write_id, (ticket or {}).get("token", ""))

    @property
    def app(self) -> str:
        """The name under which Delta notes the writes of one batch run, or of one stream; `write_id.number` counts them."""
        return f"ppf-{str(self.write_id).rpartition('_')[0]}"

    @property
    def relative(self) -> str:
        """Its folder, from that of the table."""
        return f"ppf-{self.write_id}/{self.token}"

    @property
    def folder(self) -> str:
        """Its folder."""
        return f"{self.log.folder}/{self.relative}"

    @property
    def uri(self) -> str:
        """Its folder, for Spark."""
        return f"{self.log.location}/{self.relative}"

    @property
    def rows(self) -> str:
        """The folder of rows that a MERGE reads, for Spark."""
        return f"{self.uri}/rows"

    def is_committed(self, snapshot: Snapshot) -> bool:
        """Whether an attempt of this write is in the table. Where notes of writes end, its files tell as well."""
        if snapshot.last_write(self.app) >= self.write_id.number:
            return True
        return snapshot.exists and NOTES_END in snapshot.properties and self._is_named(snapshot)

    def _is_named(self, snapshot: Snapshot) -> bool:
        """Whether the table needs files of this write; it is only asked where the write has a folder."""
        own = f"ppf-{self.write_id}"
        return snapshot.exists and self.log.files.exists(f"{self.log.folder}/{own}") and snapshot.names_files_below(own)

    def keep(self, written: Written, before: Snapshot) -> None:
        """Notes what is to be committed."""
        head = {"metadata": written.metadata, "before": before.metadata if before.exists else None}
        self.log.files.write(f"{self.folder}/ppf.json", "\n".join([json.dumps(head), *written.added]))

    def keep_rows(self) -> None:
        """Notes the files of rows, so that it is seen when one is gone."""
        self.log.files.write(f"{self.folder}/ppf.json", json.dumps(self._sizes("rows/")))

    def kept_rows(self) -> "Mapping[str, int] | None":
        """The files of rows that were staged, with their sizes; None when one is gone."""
        text = self.log.files.read(f"{self.folder}/ppf.json")
        found: Mapping[str, int] | None = None if text is None else json.loads(text)
        return None if found is None or found != self._sizes("rows/") else found

    def kept(self) -> "tuple[Mapping[str, Any], Sequence[str]] | None":
        """What is to be committed: what is known of the table, and the actions. None when it is gone."""
        text = self.log.files.read(f"{self.folder}/ppf.json")
        if text is None:
            return None
        head, *added = text.split("\n")
        return json.loads(head), added

    def is_whole(self, added: Sequence[str]) -> bool:
        """Whether all files are still there."""
        wanted = {path: json.loads(text)["add"]["size"] for path, text in zip(self.paths(added), added, strict=True)}
        there = self._sizes("")
        return all(there.get(path) == size for path, size in wanted.items())

    def paths(self, added: Sequence[str]) -> list[str]:
        """The files that actions add, from this folder."""
        return [urllib.parse.unquote(json.loads(text)["add"]["path"]).removeprefix(f"{self.relative}/") for text in added]

    def note_room(self, snapshot: Snapshot) -> None:
        """Notes that the folder of the table is not there yet, so that it goes with the stage; one that is there stays."""
        if not snapshot.exists and not self.log.files.exists(self.log.folder):
            self.log.files.write(self._made, "")

    def tidy(self) -> None:
        """Removes what nobody needs once the rows are in the table."""
        for place in (f"{self.folder}/ppf.json", f"{self.folder}/rows", f"{self.folder}/{BAD}=true", self._made):
            self.log.files.delete(place)

    def clear(self, snapshot: Snapshot) -> None:
        """Removes all that this write left, by whichever attempt, unless it is in the table."""
        # Never by the note alone: it ends, and the files of the table must not.
        if self._is_named(snapshot) or self.is_committed(snapshot):
            self.tidy()
            return
        is_made = self.log.files.exists(self._made)
        self.log.files.delete(f"{self.log.folder}/ppf-{self.write_id}")
        if not snapshot.exists:
            self.log.remove_empty(is_made=is_made)

    @property
    def _made(self) -> str:
        return f"{self.log.folder}/ppf-{self.write_id}/made"

    def _sizes(self, start: str) -> Mapping[str, int]:
        return {each.relative: each.size for each in self.log.files.walk(self.folder) if each.relative.startswith(start)}
