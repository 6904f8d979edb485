"""Groups of rows as one row each."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expressions, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


@options
class AggregateOptions:
    """The groups, and what is computed of each."""

    group_by: list[str] = option("Columns, or SQL expressions with AS; empty for one row over everything.", sql=True)
    metrics: dict[str, str] = option('Aggregate expressions by name: "avg(dep_delay)".', sql=True)

    def __post_init__(self) -> None:
        """Groups without a metric are distinct rows."""
        if not self.metrics:
            raise OptionsError({"metrics": "must name at least one. To keep distinct rows, use `deduplicate`."})


class AggregateTransform(Transform[AggregateOptions]):
    """Computes metrics for each group."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('group_by = [carrier], metrics { flights = "count(*)", delay = "avg(dep_delay)" }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """One row a group: its columns, then its metrics."""
        (frame,) = inputs.values()
        groups = {f"group_by[{index}]": text for index, text in enumerate(self.options.group_by)}
        names = {f"metrics.{name}": name for name in self.options.metrics}
        texts = groups | {option: self.options.metrics[name] for option, name in names.items()}
        every = expressions(frame, texts)
        keys = [every[option] for option in groups]

        def grouped(columns: "Mapping[str, Column]") -> "DataFrame":
            metrics = [column.alias(names[option]) for option, column in columns.items() if option in names]
            # A metric is judged among its keys, a key by itself: it is asked first.
            return frame.groupBy(*keys).agg(*metrics) if metrics else frame.select(*columns.values())

        return require_distinct(applied(frame, texts, every, grouped), "Give the metric another name.")
