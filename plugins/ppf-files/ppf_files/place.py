"""A target, and where beside it lies what a write needs.

    out/                            the target
    .out.ppf-lease                  who replaces the target as a whole: from the stage until it is published or discarded
    .out.ppf-turn                   who publishes: only for that moment
    .out.ppf-<write id>/            the container: hidden, so that a reader of `*` beside the target sees nothing …
        .owner                      … and everything in it is hidden again. Who writes; a lease is another name of this file
        .publishing                 how and what is published; there from before the first effect until after the last
        .stage-<token>/             where the rows are written; one stage for each attempt
        .rows-<token>/              where the rows are kept while their files are cut to a size
        .both-<token>/              where good and bad rows are written in one pass, before they are the stage and …
        .apart-<token>/             … what lies beside it for who takes bad rows, and is never published
        .rebuilt/                   the target with some partitions replaced
        .aside/, .replaced/         the old target, or old files of it, until the new ones are all there
        .outdated                   which old files these are, where they move one by one
    .out.ppf-new-<write id>-<token>/   a container that is being made or removed
    .out.ppf-kept-<token>/          old files that could not be put back, since somebody else wrote the target meanwhile

`_SUCCESS` of a target tells write id and token of the last writes that were published, newest first.
"""

import json
import math
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppf_core import Ticket
from ppf_core.storage import Files
from ppf_files.owner import EXPIRES_AFTER, Owner

if TYPE_CHECKING:
    from ppf_core import Context

MARK = "_SUCCESS"
# How many writes a target remembers, so that one that is published again later is known.
_REMEMBERED = 50
_TRIES = 20
_LINE = re.compile(r"[a-z0-9_]{1,40} [0-9a-f]*")


@dataclass(frozen=True)
class Place:
    """A target, and where its stages lie."""

    files: Files
    target: str
    owner: Owner

    @classmethod
    def new(cls, files: Files, path: str, context: "Context") -> "Place":
        """The place of a new attempt."""
        return cls(files, files.resolve(path), Owner.of(context, secrets.token_hex(4)))

    @property
    def parent(self) -> str:
        """The folder that holds the target, for joining names to it with `/`."""
        return self.target.rpartition("/")[0]

    @property
    def folder(self) -> str:
        """The folder that holds the target, for listing it."""
        return f"{self.parent}/"

    @property
    def prefix(self) -> str:
        """How all names beside the target begin that belong to it."""
        return f".{self.target.rpartition('/')[2]}.ppf-"

    @property
    def container(self) -> str:
        """The hidden folder beside the target that holds all that this write needs."""
        return self.beside(self.owner.write_id)

    @property
    def lease(self) -> str:
        """Held by who replaces the target as a whole."""
        return self.beside("lease")

    @property
    def turn(self) -> str:
        """Held by who publishes."""
        return self.beside("turn")

    @property
    def owner_file(self) -> str:
        """Who writes."""
        return f"{self.container}/.owner"

    @property
    def journal(self) -> str:
        """There while it is being published."""
        return f"{self.container}/.publishing"

    @property
    def stage(self) -> str:
        """Where this attempt writes."""
        return f"{self.container}/.stage-{self.owner.token}"

    @property
    def rows(self) -> str:
        """Where the rows of this attempt are kept while their files are cut to a size."""
        return f"{self.container}/.rows-{self.owner.token}"

    @property
    def both(self) -> str:
        """Where this attempt writes good and bad rows in one pass."""
        return f"{self.container}/.both-{self.owner.token}"

    @property
    def apart(self) -> str:
        """Where the bad rows of this attempt lie."""
        return f"{self.container}/.apart-{self.owner.token}"

    @property
    def aside(self) -> str:
        """Where the old target waits between two renames."""
        return f"{self.container}/.aside"

    @property
    def replaced(self) -> str:
        """Where old files or partitions wait until all of them are replaced, where they cannot be replaced at once."""
        return f"{self.container}/.replaced"

    @property
    def rebuilt(self) -> str:
        """Where a target with some partitions replaced is put together."""
        return f"{self.container}/.rebuilt"

    @property
    def mark(self) -> str:
        """The line of this attempt in `_SUCCESS`."""
        return f"{self.owner.write_id} {self.owner.token}"

    @property
    def is_published(self) -> bool:
        """Whether this attempt was published, also when others came after it."""
        return self.mark in self._marks(self.target)

    @property
    def is_complete(self) -> bool:
        """Whether the stage holds all that was staged, and nothing else."""
        return self._marks(self.stage)[:1] == [self.mark]

    @property
    def unfinished(self) -> str:
        """How the names of containers begin that attempts of this write were making or removing."""
        return f"new-{self.owner.write_id}-"

    def beside(self, name: str) -> str:
        """A name beside the target."""
        return f"{self.parent}/{self.prefix}{name}"

    def finish(self, folder: str) -> None:
        """Marks a folder as complete."""
        earlier = [line for line in self._marks(self.target) if line != self.mark]
        self.files.write(f"{folder}/{MARK}", "".join(f"{line}\n" for line in [self.mark, *earlier][:_REMEMBERED]))

    def open(self) -> None:
        """Makes the container. From its first moment on it tells who owns it."""
        new = self.beside(f"{self.unfinished}{self.owner.token}")
        for tries_left in reversed(range(_TRIES)):
            try:
                self.files.write(f"{new}/.owner", self.owner.text)
                self.files.rename(new, self.container)
                break
            except FileNotFoundError:  # somebody who swept did not see yet whose it is
                if not tries_left:
                    raise
        self.files.sync(self.folder)

    def remove(self, container: str) -> None:
        """Takes away a container. Where a rename is one step, first its name: somebody may make another one of it at once."""
        if self.files.renames_by_copying:
            self.files.delete(container)
        elif self.files.exists(container):
            removed = self.beside(f"{self.unfinished}{secrets.token_hex(4)}")
            with suppress(FileNotFoundError):  # somebody else was faster
                self.files.rename(container, removed)
            self.files.delete(removed)

    def adopt(self) -> None:
        """Becomes the owner of what another process staged."""
        if self.files.read(self.owner_file) != self.owner.text:
            self.files.write(self.owner_file, self.owner.text)

    def begin(self, way: str, ticket: Ticket) -> None:
        """Notes that from here on the publish must be completed, and what that needs."""
        self.files.write(self.journal, json.dumps({"way": way, "ticket": dict(ticket)}))

    def begun(self) -> tuple[str, Ticket] | None:
        """How and what is being published; None when nothing that a reader sees can have been done."""
        try:
            noted = json.loads(self.files.read(self.journal) or "")
            return str(noted["way"]), dict(noted["ticket"])
        except (ValueError, KeyError):  # torn, so that nothing came after it
            return None

    def may_run(self, owner: Owner | None, path: str) -> bool:
        """Whether the owner that the file `path` tells is still at work. What cannot be seen from here is true for a while."""
        state = owner.process.state if owner is not None else "unknown"
        if state != "unknown":
            return state == "running"
        return self.age(path) <= EXPIRES_AFTER

    def age(self, path: str) -> float:
        """How long ago a file was written; infinite when there is none.

        Both times come from the clock of the file system, so that the clocks of hosts may differ.
        """
        written = self.files.modified(path)
        self.files.write(f"{self.container}/.clock", "")
        now = self.files.modified(f"{self.container}/.clock")
        return math.inf if written is None or now is None else now - written

    def _marks(self, folder: str) -> list[str]:
        lines = (self.files.read(f"{folder}/{MARK}") or "").splitlines()
        return [line for line in lines if _LINE.fullmatch(line)]
