"""Which columns the files of a CSV source have. Spark looks into one of them, and takes the others by position."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ppf_core import PpfError
from ppf_files.heads import Dialect, heads
from ppf_files.writing import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_BY_NAME = "With columns = by_name the columns of each file are found by their names; by_position takes them as they come."


@dataclass(frozen=True)
class Headers:
    """The first line of each file that has one, in the order of the files. `is_named`: it holds the names of columns."""

    found: Mapping[str, tuple[str, ...]]
    is_named: bool

    @classmethod
    def read(cls, spark: "SparkSession", paths: Sequence[str], dialect: Dialect, is_named: bool) -> "Headers":
        """From the beginning of each file."""
        named = ((path, dialect.names(head)) for path, head in heads(spark, paths, dialect.skip_lines + 1))
        return cls({path: names for path, names in named if names is not None}, is_named)

    def require_same(self, spelled: Callable[[str], str]) -> None:
        """Refuses files that differ in their columns; without names, in how many there are."""
        files = iter(self.found.items())
        first, wanted = next(files, ("", ()))
        for path, names in files:
            is_same = len(names) == len(wanted) and (not self.is_named or [*map(spelled, names)] == [*map(spelled, wanted)])
            if not is_same:
                raise PpfError(
                    f"Files of one source have different columns: {first!r} has {self._told(wanted)}, "
                    f"{path!r} has {self._told(names)}.",
                    hint=_BY_NAME if self.is_named else "Read them with two sources, or give the schema.",
                )

    def require(self, wanted: Sequence[str], spelled: Callable[[str], str]) -> None:
        """Refuses a file whose columns are not those of the schema."""
        for path, names in self.found.items():
            if [*map(spelled, names)] != [*map(spelled, wanted)]:
                raise PpfError(
                    f"The file {path!r} has the columns {self._told(names)}, but the schema has {self._told(wanted)}.",
                    hint=_BY_NAME,
                )

    def groups(self) -> Iterator[tuple[tuple[str, ...], list[str]]]:
        """The files by what they have."""
        for path, names in self.found.items():
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise PpfError(
                    f"The file {path!r} has two columns {twice!r}, so that neither can be found by its name.",
                    hint="Give them names of their own, or set columns = by_position.",
                )
        ordered = sorted(self.found, key=lambda path: self.found[path])
        for names, paths in groupby(ordered, key=lambda path: self.found[path]):
            yield names, list(paths)

    @property
    def names(self) -> list[str]:
        """All columns, in the order in which they come up."""
        return list(dict.fromkeys(name for names in self.found.values() for name in names))

    def _told(self, names: Sequence[str]) -> str:
        return ", ".join(names) if self.is_named else f"{len(names)} in its first line"


def together(
    wanted: "StructType",
    headers: Headers,
    spelled: Callable[[str], str],
    extra: Sequence[str],
    read: "Callable[[StructType, list[str]], DataFrame]",
) -> "DataFrame":
    """All files as one frame with the wanted columns, and those of their folders.

    extra: wanted columns that no file names, such as that of broken lines. read: files with the given columns → frame.
    """
    from functools import reduce

    from pyspark.sql import functions
    from pyspark.sql.types import StringType, StructField, StructType

    fields = {spelled(field.name): field for field in wanted}
    own = [field for field in wanted if field.name in extra]
    parts = []
    for names, paths in headers.groups():
        typed = [fields.get(spelled(name), StructField(name, StringType())) for name in names]
        frame = read(StructType([*typed, *own]), paths)
        there = {field.name for field in typed} | set(extra)
        columns = [
            frame[quoted(field.name)] if field.name in there else functions.lit(None).cast(field.dataType).alias(field.name)
            for field in wanted
        ]
        folders = frame.columns[len(typed) + len(own) :]
        parts.append(frame.select(*columns, *[frame[quoted(name)] for name in folders]))
    return reduce(lambda above, below: above.unionByName(below), parts)
