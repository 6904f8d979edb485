"""A table, and where its stage lies.

    shop.daily                        the table, whose files lie in …/daily
    shop._ppf_<write id>              its stage: a hidden table
    …/.daily.ppf-<write id>/          the container of the stage, beside the files of a table without partitions …
    …/daily/.ppf-<write id>/          … and among those of a table with partitions: hidden in both cases
        rows/                         where the rows are written
        plan                          which partitions go where; there from before the first effect of publishing
        old/                          the replaced files, for the moment between two renames
    …/daily-<write id>-<token>/       the new files of an external table
    …/daily/ppf-<write id>-<token>/   the new files of partitions that were there before
    …/daily/.ppf-published            write id and token of the last writes that replaced files here, newest first

A new table, and one whose files are not ours to move, has no container: its stage is a table as any other.
"""

import json
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ppf_core.storage import Files, files_at
from ppf_table.catalog import Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ppf_core import Context, Ticket

_OURS = re.compile(r"-w[0-9a-f]{18}_\d+-[0-9a-f]+$")
# How many writes a table remembers, so that one that is published again later is known.
_REMEMBERED = 50


@dataclass(frozen=True)
class Place:
    """One write of a table. token: of the attempt that staged it; location: where the files of the table lay then."""

    spark: "SparkSession"
    target: Table
    write_id: str
    token: str = ""
    location: str = ""
    partition_columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, context: "Context", target: Table, ticket: "Ticket") -> "Place":
        """The place of what was staged."""
        columns = tuple(json.loads(ticket.get("partition_columns", "[]")))
        token, location = ticket.get("token", ""), ticket.get("location", "")
        return cls(context.spark, target, str(context.write_id), token, location, columns)

    @property
    def name(self) -> str:
        """The table as people write it."""
        return ".".join(self.target)

    @property
    def is_partitioned(self) -> bool:
        """Whether each partition has a folder of its own."""
        return bool(self.partition_columns)

    @property
    def has_siblings(self) -> bool:
        """Whether there can be something beside the files of the table: not beside the root of a file system."""
        parent, _, _ = self.location.rpartition("/")
        return bool(parent) and not parent.endswith(":/")

    @property
    def stage(self) -> Table:
        """The hidden table."""
        return (*self.target[:-1], f"_ppf_{self.write_id}")

    @property
    def begun(self) -> Table:
        """There while rows are inserted by a statement: a hidden table without rows."""
        return (*self.target[:-1], f"_ppf_{self.write_id}_begun")

    @cached_property
    def files(self) -> Files:
        """Where the files lie."""
        return files_at(self.spark, self.location)

    @property
    def container(self) -> str:
        """The hidden folder that holds all that this write needs."""
        if self.is_partitioned:
            return f"{self.location}/.ppf-{self.write_id}"
        return f"{self._beside('.')}.ppf-{self.write_id}"

    @property
    def rows(self) -> str:
        """Where the rows are written."""
        return f"{self.container}/rows"

    @property
    def plan(self) -> str:
        """Which partitions go where."""
        return f"{self.container}/plan"

    @property
    def old(self) -> str:
        """Where replaced files wait."""
        return f"{self.container}/old"

    @property
    def mark(self) -> str:
        """This attempt, as a folder and as files are named after it."""
        return f"{self.write_id}-{self.token}"

    @property
    def fresh(self) -> str:
        """A new folder for all files of a table without partitions, or for some partitions."""
        if self.is_partitioned:
            return f"{self.location}/ppf-{self.mark}"
        return f"{_OURS.sub('', self._beside(''))}-{self.mark}"

    def alone(self) -> AbstractContextManager[None]:
        """While it is published: the next one of this machine then sees what became of the table. Hadoop has no such lock."""
        is_there = bool(self.location) and self.files.exists(self.location)
        return self.files.alone(self.location) if is_there else nullcontext()

    def is_published_in(self, folder: str) -> bool:
        """Whether files of this attempt replaced those in a folder, also when others came after it."""
        return self.mark in self._marks(folder)

    def finish(self, folder: str) -> None:
        """Notes that files of this attempt replaced those in a folder."""
        earlier = [line for line in self._marks(self.location) if line != self.mark]
        self.files.write(f"{folder}/.ppf-published", "".join(f"{line}\n" for line in [self.mark, *earlier][:_REMEMBERED]))

    def _marks(self, folder: str) -> list[str]:
        return (self.files.read(f"{folder}/.ppf-published") or "").splitlines()

    def _beside(self, prefix: str) -> str:
        parent, _, name = self.location.rpartition("/")
        return f"{parent}/{prefix}{name}"
