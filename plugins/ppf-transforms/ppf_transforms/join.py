"""Two inputs side by side."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, OptionsError, PpfError, Transform, option, options, suggestion
from ppf_transforms.columns import analysed, refused, require_columns, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

How = Literal[
    "inner",
    "left",
    "left_outer",
    "right",
    "right_outer",
    "full",
    "full_outer",
    "outer",
    "semi",
    "left_semi",
    "anti",
    "left_anti",
    "cross",
]


@options
class JoinOptions:
    """What is joined with what, and how."""

    left: str = option("The input on the left, by its name or alias.")
    right: str = option("The input on the right, by its name or alias.")
    on: str | list[str] = option(
        'Columns that both have, or a SQL condition over the inputs: "flights.dest = airports.faa". Left out for a cross join.',
        default_factory=list,
        sql=True,
    )
    how: How = option("The kind of join.", default="inner")

    def __post_init__(self) -> None:
        """Only a cross join has no condition."""
        if not self.on and self.how != "cross":
            raise OptionsError({"on": f"is missing: a join of kind {self.how!r} needs columns or a condition."})
        if self.on and self.how == "cross":
            raise OptionsError({"on": "has no meaning in a cross join. Leave it out, or set how = inner."})
        if self.left == self.right:
            raise OptionsError({"right": f"is {self.right!r}, as `left`. For a self-join give the component two aliases."})


class JoinTransform(Transform[JoinOptions]):
    """Joins two inputs."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 2
    examples: ClassVar = (
        "left = flights, right = planes, on = [tailnum], how = left",
        'left = flights, right = airports, on = "flights.dest = airports.faa"',
    )

    @property
    def input_schema(self) -> "Mapping[str, str]":
        """Any columns, but of these two inputs."""
        return {self.options.left: "struct<>", self.options.right: "struct<>"}

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The joined rows; a column that `on` names is there once."""
        left, right = _input(inputs, "left", self.options.left), _input(inputs, "right", self.options.right)
        on = self.options.on or []
        if isinstance(on, str) and not (on in left.columns and on in right.columns):
            joined = self._by_condition(left, right, on)
        else:
            joined = self._by_columns(left, right, [on] if isinstance(on, str) else on)
        return require_distinct(joined, "Drop or rename one before; what both are joined on belongs in a list: on = [name].")

    def _by_columns(self, left: "DataFrame", right: "DataFrame", names: list[str]) -> "DataFrame":
        require_columns(left, names, "on", f"the input {self.options.left!r}")
        require_columns(right, names, "on", f"the input {self.options.right!r}")
        return left.join(right, names or None, self.options.how)

    def _by_condition(self, left: "DataFrame", right: "DataFrame", condition: str) -> "DataFrame":
        from pyspark.errors import AnalysisException
        from pyspark.sql import functions

        left, right = left.alias(self.options.left), right.alias(self.options.right)
        try:
            return analysed(left.join(right, functions.expr(condition), self.options.how))
        except AnalysisException as error:
            sides = ((self.options.left, left), (self.options.right, right))
            names = [f"{alias}.{name}" for alias, side in sides for name in side.columns]
            raise refused(error, names, condition, "on") from error


def _input(inputs: "Mapping[str, DataFrame]", side: str, alias: str) -> "DataFrame":
    if alias not in inputs:
        raise PpfError(f"{side} names {alias!r}, which is no input of this component. {suggestion(alias, inputs)}")
    return inputs[alias]
