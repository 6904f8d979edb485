"""Texts that match a pattern."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, OptionsError, PpfError, RowCheck, option, options
from ppf_quality.columns import find
from ppf_quality.patterns import mistake, refusal

if TYPE_CHECKING:
    from pyspark.sql import Column

_NESTED = frozenset({"array", "map", "struct", "variant"})


@options
class MatchesOptions:
    """The column and the pattern."""

    column: str = option("The column, or a field of a struct such as `address.zip`.")
    pattern: str = option(
        'A regular expression of Java, searched anywhere in the text; "^[A-Z]{2}$" means the whole of it. '
        "In the file a backslash is written twice, or the text stands between three quotes."
    )

    def __post_init__(self) -> None:
        """What is surely no regular expression is found here; the rest when the check is planned."""
        wrong = mistake(self.pattern)
        if wrong:
            raise OptionsError({"pattern": f"is {self.pattern!r}, which {wrong}"})


class MatchesCheck(RowCheck[MatchesOptions]):
    """A pattern is found in a column, as RLIKE finds it. NULL passes. What is no text is matched as Spark writes it."""

    null_passes: ClassVar = True
    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ('column = tailnum, pattern = "^N[0-9A-Z]+$"',)

    def passes(self, columns: Columns) -> "Column":
        """True where the pattern is found, NULL where the value is NULL."""
        found = find(columns, self.options.column)
        if found.kind in _NESTED:
            raise PpfError(f"Column {found.name!r} is {found.type_name}, in which no pattern can be searched. Name a text.")
        refused = refusal(self.options.pattern, found.column)
        if refused:
            raise PpfError(f"pattern is {self.options.pattern!r}, which Java does not take: {refused}.")
        text = found.column if found.kind == "string" else found.column.cast("string")
        return text.rlike(self.options.pattern)
