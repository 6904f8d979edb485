"""The partitions that a pipeline file names: they are replaced whatever the rows are, also by nothing."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ppf_core import PpfError, Ticket

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

OF_NULL = "__HIVE_DEFAULT_PARTITION__"
"""As which value NULL, and an empty text, is in the name of a folder."""
_SHOWN = 5
_IN_TICKET = "partitions"

# A column and the text of its value, for each level of folders.
Values = tuple[tuple[str, str], ...]


def values_of(folder: str) -> Values:
    """What the name of a folder says: `year=2025/month=1`."""
    pairs = (level.partition("=") for level in folder.split("/"))
    return tuple((unquote(name).lower(), unquote(value)) for name, _, value in pairs)


def faults(named: Sequence[str], partition_by: Sequence[str]) -> dict[str, str]:
    """Names that are none of partitions of these columns."""
    wanted = [name.lower() for name in partition_by]
    for text in named:
        columns = [name for name, _ in values_of(text)]
        if columns != wanted[: len(columns)] or not all("=" in level for level in text.split("/")):
            levels = "/".join(f"{name}=…" for name in partition_by)
            return {"partitions": f"holds {text!r}, but must hold names of folders: {levels!r}, or the beginning of that"}
    return {}


@dataclass(frozen=True)
class NamedPartitions:
    """Partitions, each by the values of its columns or of the first of them."""

    named: frozenset[Values]
    filled: frozenset[str] = frozenset()
    """The folders for which rows came."""

    @classmethod
    def of(cls, names: Sequence[str], frame: "DataFrame") -> "NamedPartitions":
        """The values as Spark writes them into the names of folders: of an INT, `01` is `1`."""
        return cls(frozenset(_as_written(frame, names)))

    @classmethod
    def parse(cls, ticket: Ticket) -> "NamedPartitions":
        """What `note` gave; no partition where it was not asked."""
        noted: dict[str, Any] = json.loads(ticket.get(_IN_TICKET, '{"named": [], "filled": []}'))
        named = (tuple((name, value) for name, value in values) for values in noted["named"])
        return cls(frozenset(named), frozenset(noted["filled"]))

    def note(self, folders: Iterable[str]) -> dict[str, str]:
        """For the ticket, with the folders that were staged."""
        return {_IN_TICKET: json.dumps({"named": sorted(self.named), "filled": sorted(folders)})}

    def holds(self, folder: str) -> bool:
        """Whether a folder is one of them, or lies below one."""
        values = values_of(folder)
        return any(values[:length] in self.named for length in range(1, len(values) + 1))

    def emptied(self, folders: Iterable[str]) -> set[str]:
        """The folders of a target that go, since no row came for them."""
        return {folder for folder in folders if folder and folder not in self.filled and self.holds(folder)}

    def require_no_other(self, target: str, folders: Iterable[str]) -> None:
        """Refuses rows of other partitions."""
        others = sorted({folder for folder in folders if folder and not self.holds(folder)})
        if others:
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            listed = ", ".join(map(repr, others[:_SHOWN])) + more
            raise PpfError(
                f"There are rows for {listed}, which 'partitions' does not name, so that nothing in {target!r} is replaced.",
                hint="Filter the rows, name these partitions too, or set partition_overwrite = dynamic.",
            )


def _as_written(frame: "DataFrame", names: Sequence[str]) -> Iterator[Values]:
    kinds = {field.name.lower(): field.dataType.simpleString() for field in frame.schema}
    read = {text: values_of(text) for text in names}
    asked = {
        (value, kinds[name])
        for values in read.values()
        for name, value in values
        if value != OF_NULL and kinds[name] != "string"
    }
    written = _casts(frame.sparkSession, sorted(asked))
    for text, values in read.items():
        for name, value in values:
            if written.get((value, kinds[name]), value) is None:
                raise PpfError(
                    f"'partitions' names {text!r}, but {value!r} is no value of the type {kinds[name]}.",
                    hint=f"Write it as its folder is called; {OF_NULL} is the partition of NULL.",
                )
        yield tuple((name, written.get((value, kinds[name])) or value) for name, value in values)


def _casts(session: "SparkSession", asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    """For each value and type the text that Spark makes of it; one query for all."""
    if not asked:
        return {}
    casts = (f"CAST(try_cast(:v{number} AS {kind}) AS STRING)" for number, (_, kind) in enumerate(asked))
    given = {f"v{number}": value for number, (value, _) in enumerate(asked)}
    (row,) = session.sql(f"SELECT array({', '.join(casts)}) AS found", given).collect()
    return dict(zip(asked, row.found, strict=True))
