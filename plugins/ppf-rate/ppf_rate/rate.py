"""Numbered rows, so many a second or so many a batch."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, StreamingSource, option, options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_DEFAULT_RATE = 1


@options
class RateOptions:
    """How many rows there are, and how they are spread."""

    rows_per_second: int = option("How many rows each second makes.", default=_DEFAULT_RATE)
    rows_per_batch: int | None = option(
        "How many rows each batch has, however long it takes, in the place of rows_per_second: for tests.", default=None
    )
    partitions: int | None = option(
        "Over how many partitions the rows of a batch are spread; without it Spark chooses.", default=None
    )

    def __post_init__(self) -> None:
        """Every number is at least 1, and one of the two rates is meant."""
        problems = {
            name: f"must be at least 1, not {number}."
            for name in ("rows_per_second", "rows_per_batch", "partitions")
            if (number := getattr(self, name)) is not None and number < 1
        }
        if self.rows_per_batch is not None and self.rows_per_second != _DEFAULT_RATE:
            problems["rows_per_batch"] = "cannot be set together with rows_per_second; leave one of them out."
        if problems:
            raise OptionsError(problems)


class RateSource(StreamingSource[RateOptions]):
    """Makes rows with a time and a number that counts up from 0: for load, examples and tests."""

    changeable: ClassVar = frozenset({"rows_per_second", "rows_per_batch", "partitions"})
    examples: ClassVar = ("rows_per_second = 100", "rows_per_batch = 10, partitions = 2")

    @property
    def output_schema(self) -> str:
        """A moment and a number."""
        return "timestamp TIMESTAMP, value BIGINT"

    def read_stream(self, context: Context) -> "DataFrame":
        """The rows; a checkpoint knows how far it has counted."""
        given = self.options
        if given.rows_per_batch is None:
            reader = context.spark.readStream.format("rate").option("rowsPerSecond", given.rows_per_second)
        else:
            reader = context.spark.readStream.format("rate-micro-batch").option("rowsPerBatch", given.rows_per_batch)
        return (reader if given.partitions is None else reader.option("numPartitions", given.partitions)).load()
