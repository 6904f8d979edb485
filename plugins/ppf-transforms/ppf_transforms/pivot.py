"""Values of a column as columns."""

from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Columns, Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expressions, found, require_distinct
from ppf_transforms.constants import constant
from ppf_transforms.ordering import new_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


@options
class PivotOptions:
    """The rows, the columns, and what stands where they meet."""

    group_by: list[str] = option("Columns, or SQL expressions with AS: each group becomes one row.", sql=True)
    column: str = option("The column whose values become columns.")
    values: list[Any] = option(
        "Its values, in the order of the new columns. They are not looked up: that would read all rows before the run.",
        as_written=True,
    )
    metrics: dict[str, str] = option('Aggregate expressions by name: "sum(amount)".', sql=True)

    def __post_init__(self) -> None:
        """There are values and metrics, each value once."""
        problems = {} if self.metrics else {"metrics": "must name at least one."}
        problems |= {} if self.values else {"values": "must hold at least one value."}
        texts = [str(value) for value in self.values]
        for index, value in enumerate(self.values):
            if isinstance(value, list | dict):
                problems[f"values[{index}]"] = "must be a number, a text, a boolean or null."
            elif texts[index] in texts[:index]:
                problems[f"values[{index}]"] = f"is {value!r} again."
        if problems:
            raise OptionsError(problems)


class PivotTransform(Transform[PivotOptions]):
    """Makes columns of the values of a column, with a metric of each. What is not there is NULL, as Spark has it."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('group_by = [year], column = quarter, values = [1, 2, 3, 4], metrics { amount = "sum(amount)" }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """One row a group. With one metric a new column is called as its value, with several `value_metric`."""
        (frame,) = inputs.values()
        options = self.options
        column, type_ = found(Columns(frame), options.column, "column")
        wanted = [constant(value, type_, f"values[{index}]") for index, value in enumerate(options.values)]
        named = [_name(value) for value in options.values]
        groups = {f"group_by[{index}]": text for index, text in enumerate(options.group_by)}
        metrics = {f"metrics.{name}": text for name, text in options.metrics.items()}
        texts = groups | metrics
        every = expressions(frame, texts)
        keys = [every[option] for option in groups]

        def pivoted(columns: "Mapping[str, Column]") -> "DataFrame":
            chosen = [column for option, column in columns.items() if option in metrics]
            if not chosen:
                return frame.select(*columns.values())  # a group is judged by itself
            # Spark takes plain values only; a number for each value says which one it is, whatever its type.
            number = new_name(frame)
            numbered = frame.withColumn(number, _number(column, wanted))
            cells = numbered.groupBy(*keys).pivot(number, list(range(len(wanted))))
            result = cells.agg(*[each.alias(option) for option, each in zip(metrics, chosen, strict=False)])
            return result.toDF(*result.columns[: len(keys)], *self._names(named))

        return require_distinct(applied(frame, texts, every, pivoted), "Give the metrics or the groups other names.")

    def _names(self, values: list[str]) -> list[str]:
        if len(self.options.metrics) == 1:
            return values
        return [f"{value}_{name}" for value in values for name in self.options.metrics]


def _number(column: "Column", values: "list[Column]") -> "Column":
    from pyspark.sql import functions

    number = functions.lit(-1)
    for index, value in reversed(list(enumerate(values))):
        number = functions.when(column.eqNullSafe(value), index).otherwise(number)
    return number


def _name(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
