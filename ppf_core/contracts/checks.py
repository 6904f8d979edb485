"""Data-quality checks: on rows, on aggregates, on a whole frame."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from ppf_core.contracts.context import Context
from ppf_core.contracts.field_paths import find_field
from ppf_core.contracts.plugin import Plugin

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType, StructType

O = TypeVar("O")  # noqa: E741 -- the contract names it so


class Columns(Mapping[str, "Column"]):
    """The columns of the checked frame. A name is taken literally before it is taken as a path.

    columns["amount"] >= 0
    columns["address.city"]      # a column of that very name, else the field of a struct
    columns["address.`zip.code`"]
    """

    def __init__(self, frame: "DataFrame") -> None:
        self._frame = frame
        self._names: list[str] | None = None
        self._found: dict[str, Column] = {}

    @property
    def schema(self) -> "StructType":
        """The schema of the checked frame."""
        return self._frame.schema

    def analyse(self, condition: "Column") -> None:
        """Has Spark look at a condition over these columns; no job runs.

        Raises Spark's AnalysisException for what is no condition on one row: an unknown name, another type, an aggregate.
        """
        # Spark Connect finds mistakes only when it must ask the server; the columns of a filter it knows without asking.
        _ = self._frame.filter(condition).isStreaming

    def __getitem__(self, name: str) -> "Column":
        if name in self._known:
            return self._column(name)
        (head, *fields), _type = find_field(self.schema, name)
        column = self._column(head)
        for field in fields:
            column = column[field]
        return column

    def type_of(self, name: str) -> "DataType":
        """The type of what `columns[name]` gives."""
        return find_field(self.schema, name)[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def _known(self) -> list[str]:
        """The names, asked of Spark once: 200 checks would ask 200 times."""
        if self._names is None:
            self._names = self._frame.columns
        return self._names

    def _column(self, name: str) -> "Column":
        if name not in self._found:
            quoted = name.replace("`", "``")
            self._found[name] = self._frame[f"`{quoted}`"]
        return self._found[name]


@dataclass(frozen=True)
class Verdict:
    """What a check found. `warn_if` and `error_if` compare `failed` (with % of `evaluated`), or `value` where there is none."""

    passed: bool
    failed: int | None = None
    evaluated: int | None = None
    value: float | None = None
    message: str = ""


class RowCheck(Plugin[O]):
    """Judges each row by itself. A NULL result counts as bad unless `null_passes` is True."""

    null_passes: ClassVar[bool] = False

    @abstractmethod
    def passes(self, columns: Columns) -> "Column":
        """True where the row is good."""


@dataclass(frozen=True)
class ImpliedCheck:
    """A check that comes with a source: of rows that its reader could not read as they should be, and has marked.

    The kernel counts these rows, and does with them what `action` says, as with those of a row check in the file.

    marker: a column of text in what the source gives, NULL in good rows. helpers: columns that tell more of marked rows. None
    of these is in the source's `output_schema`, and nobody downstream sees them; only quarantined rows keep them.
    """

    name: str
    marker: str
    action: Literal["fail", "warn", "drop", "quarantine"] = "fail"
    helpers: tuple[str, ...] = ()


class AggregateCheck(Plugin[O]):
    """Judges numbers that are aggregated over all rows."""

    @abstractmethod
    def metrics(self, columns: Columns) -> "Mapping[str, Column]":
        """Aggregate expressions by name; they are computed together with those of other checks."""

    @abstractmethod
    def judge(self, values: Mapping[str, Any]) -> Verdict:
        """The verdict on the computed values, under the names of `metrics`."""


class FrameCheck(Plugin[O]):
    """Judges a whole frame. Needs a job of its own."""

    @property
    def identity(self) -> object:
        """What it looks at: of several checks of one class on one frame with equal identities, the first judges for all.

        The options, unless several options mean the same, such as a list whose order does not matter.
        """
        return self.options

    @abstractmethod
    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        """The verdict on the frame."""
