"""Values out of a list."""

from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Columns, OptionsError, PpfError, RowCheck, option, options
from ppf_quality.columns import FRACTIONS, Found, find
from ppf_quality.large_sets import contains
from ppf_quality.values import as_text, literal, number

if TYPE_CHECKING:
    from pyspark.sql import Column

_FEW = 200
_SHOWN = 5
_NULL = "is null. NULL passes anyway; use not_null against it."


@options
class InSetOptions:
    """The column and what it may hold."""

    column: str = option("The column, or a field of a struct such as `address.country`.")
    values: list[Any] = option(
        "The values that are good: numbers, texts, booleans, dates, times; also very many.", as_written=True
    )

    def __post_init__(self) -> None:
        """The values are single ones that one column can hold."""
        problems: dict[str, str] = {} if self.values else {"values": "must hold at least one value."}
        for index, value in enumerate(self.values):
            if not isinstance(value, str | int | float):
                problems[f"values[{index}]"] = _NULL if value is None else "must be a number, a text or a boolean."
        problems = problems or self._mixture()
        if problems:
            raise OptionsError(dict(list(problems.items())[:_SHOWN]))

    def _mixture(self) -> dict[str, str]:
        """A list with fractions is one of numbers: whole numbers and booleans can be texts as well, fractions cannot."""
        if not any(isinstance(value, float) for value in self.values):
            return {}
        wrong = {f"values[{index}]": value for index, value in enumerate(self.values) if number(value) is None}
        return {place: f"is {value!r}, but other values are numbers." for place, value in wrong.items()}


class InSetCheck(RowCheck[InSetOptions]):
    """A column holds one of the listed values. NULL passes.

    Values have the column's type: a number in the list is a text where the column is one.
    """

    null_passes: ClassVar = True
    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("column = origin, values = [EWR, JFK, LGA]", "column = month, values = [1, 2, 3]")

    def passes(self, columns: Columns) -> "Column":
        """True where the value is in the list, NULL where it is NULL."""
        found = find(columns, self.options.column)
        texts = self._texts(found)
        # An IN-list tells 0.0 from -0.0 as soon as it has more than ten values.
        large = contains(found, list(texts)) if len(texts) > _FEW or found.kind in FRACTIONS else None
        if large is not None:
            return large
        return found.column.isin(*[literal(value, found) for value in texts.values()])

    def _texts(self, found: Found) -> dict[str, Any]:
        """The values by their texts, each once."""
        texts, problems = {}, []
        for index, value in enumerate(self.options.values):
            try:
                texts[as_text(value, found)] = value
            except ValueError as error:
                problems.append(f"values[{index}] is {value!r}, which {error}")
        if problems:
            further = f" So are {len(problems) - _SHOWN:,} more." if len(problems) > _SHOWN else ""
            listed = " ".join(problems[:_SHOWN])
            raise PpfError(f"Column {found.name!r} is {found.type_name}, and cannot hold all values: {listed}{further}")
        return texts
