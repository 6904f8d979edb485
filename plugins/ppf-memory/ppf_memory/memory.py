"""Rows in a table in the memory of the driver."""

import re
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, StreamingSink, option, options
from ppf_core.storage import files_at

if TYPE_CHECKING:
    from pyspark.errors import AnalysisException
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery
    from pyspark.sql.streaming.readwriter import DataStreamWriter

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# What Spark keeps below a checkpoint of how far a query has come.
_PROGRESS = ("offsets", "commits", "sources", "state")


@options
class MemoryOptions:
    """The table."""

    table: str = option("Name of the table: `global_temp.NAME` for every session of this Spark.")

    def __post_init__(self) -> None:
        """Spark makes a view of that name."""
        if not _NAME.fullmatch(self.table):
            raise OptionsError(
                {"table": f"must be letters, digits and underscores, starting with no digit, not {self.table!r}."}
            )


class MemorySink(StreamingSink[MemoryOptions]):
    """Keeps all rows of a stream in a table in memory, for as long as Spark lives: for notebooks, examples and tests."""

    examples: ClassVar = ("table = late",)

    def write_stream(self, context: Context, frame: "DataFrame") -> "DataStreamWriter":
        """Spark's own writer into memory."""
        return frame.writeStream.format("memory")

    def start(self, context: Context, writer: "DataStreamWriter") -> "StreamingQuery":
        """Starts the query under the name of the table, from the first row on unless the output mode is complete.

        The table holds nothing at first, so that it would lack what an earlier start has read. Spark refuses that.
        """
        from pyspark.errors import AnalysisException

        named = writer.queryName(self.options.table)
        try:
            query = named.start()
        except AnalysisException as error:
            self._forget(context, error)
            query = named.start()
        # Of the run's own session; others see what is global.
        context.spark.table(self.options.table).createOrReplaceGlobalTempView(self.options.table)
        return query

    def _forget(self, context: Context, error: "AnalysisException") -> None:
        """Takes away how far the query has come, where that is what Spark refuses: it tells the folder."""
        offsets = (error.getMessageParameters() or {}).get("checkpointPath", "")
        if not offsets.endswith("/offsets"):
            raise error
        files = files_at(context.spark, offsets)
        checkpoint = files.resolve(offsets).removesuffix("/offsets")
        for name in _PROGRESS:
            files.delete(f"{checkpoint}/{name}")
        context.logger.warning(
            "The table %r lives in memory, so it starts anew with all rows of its sources.", self.options.table
        )
