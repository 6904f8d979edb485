"""Groups of rows as one row each."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expression, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class AggregateOptions:
    """Options of `aggregate`."""

    group_by: list[str] = option("Columns, or SQL expressions with AS; empty for one row over everything.")
    metrics: dict[str, str] = option('Aggregate expressions by name: "avg(dep_delay)".')

    def __post_init__(self) -> None:
        """Groups without a metric are distinct rows."""
        if not self.metrics:
            raise OptionsError({"metrics": "must name at least one. To keep distinct rows, use `deduplicate`."})


class AggregateTransform(Transform[AggregateOptions]):
    """Computes metrics for each group."""

    expects: ClassVar = 1
    examples: ClassVar = ('group_by = [carrier], metrics { flights = "count(*)", delay = "avg(dep_delay)" }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """One row a group: its columns, then its metrics."""
        (frame,) = inputs.values()
        groups = {f"group_by[{index}]": text for index, text in enumerate(self.options.group_by)}
        texts = groups | {f"metrics.{name}": text for name, text in self.options.metrics.items()}
        keys = [expression(frame, text, option) for option, text in groups.items()]
        metrics = [expression(frame, text, f"metrics.{name}").alias(name) for name, text in self.options.metrics.items()]
        grouped = applied(frame, lambda: frame.groupBy(*keys).agg(*metrics), texts)
        return require_distinct(grouped, "Give the metric another name.")
