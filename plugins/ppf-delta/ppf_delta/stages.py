"""Where rows wait until they are published: a folder of their own below the table's, which no reader of the table looks into.

    <table>/ppf-<write id>/<token>/part-….parquet     files that a commit adds; they stay where they are
    <table>/ppf-<write id>/<token>/rows/…             rows that a MERGE reads
    <table>/ppf-<write id>/<token>/_ppf.json          the actions that are to be committed

A stage that nobody publishes or discards is removed by VACUUM, as all files are that no version of the table names.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppf_core import Ticket, WriteId
from ppf_delta.log import Log, Snapshot, Written


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
        """Whether an attempt of this write is in the table."""
        return snapshot.last_write(self.app) >= self.write_id.number

    def keep(self, written: Written, before: Snapshot) -> None:
        """Notes what is to be committed."""
        head = {"metadata": written.metadata, "before": before.metadata if before.exists else None}
        self.log.files.write(f"{self.folder}/_ppf.json", "\n".join([json.dumps(head), *written.added]))

    def kept(self) -> "tuple[Mapping[str, Any], Sequence[str]] | None":
        """What is to be committed: what is known of the table, and the actions. None when it is gone."""
        text = self.log.files.read(f"{self.folder}/_ppf.json")
        if text is None:
            return None
        head, *added = text.split("\n")
        return json.loads(head), added

    def is_whole(self, added: Sequence[str]) -> bool:
        """Whether all files are still there."""
        return len([entry for entry in self.log.files.walk(self.folder) if entry.name.startswith("part-")]) >= len(added)

    def tidy(self) -> None:
        """Removes what nobody needs once the rows are in the table."""
        self.log.files.delete(f"{self.folder}/_ppf.json")
        self.log.files.delete(f"{self.folder}/rows")

    def clear(self, snapshot: Snapshot) -> None:
        """Removes all that this write left, by whichever attempt, unless it is in the table."""
        if self.is_committed(snapshot):
            self.tidy()
            return
        self.log.files.delete(f"{self.log.folder}/ppf-{self.write_id}")
        if not snapshot.exists:
            self.log.remove_empty()
