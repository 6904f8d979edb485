"""A SQL query over the inputs."""

from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class SqlOptions:
    """The query, and the values of its parameters."""

    query: str | None = option("The query. Inputs are visible under their names.", default=None, one_of="query")
    query_file: str | None = option("A file that holds the query.", default=None, path=True, one_of="query")
    params: dict[str, Any] = option(
        "Values of the query's named parameters: `:name`. A list becomes an array.", default_factory=dict
    )


class SqlTransform(Transform[SqlOptions]):
    """Runs a SQL query over the inputs, which are visible under their names."""

    examples: ClassVar = ('query = "SELECT * FROM flights WHERE dep_delay > :limit", params { limit = 15 }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The result of the query."""
        raise NotImplementedError
