"""Groups of rows as one row each."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class AggregateOptions:
    """Options of `aggregate`."""

    group_by: list[str] = option("Columns, or SQL expressions with AS; empty for one row over everything.")
    metrics: dict[str, str] = option('Aggregate expressions by name: "avg(dep_delay)".')


class AggregateTransform(Transform[AggregateOptions]):
    """Computes metrics for each group."""

    expects: ClassVar = 1
    examples: ClassVar = ('group_by = [carrier], metrics { flights = "count(*)", delay = "avg(dep_delay)" }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The new frame."""
        raise NotImplementedError
