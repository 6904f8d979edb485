"""Spark's streaming queries, as the kernel uses them."""

import datetime
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery
    from pyspark.sql.streaming.readwriter import DataStreamWriter

# Operators that remember rows of earlier batches, as Spark's analysed plan calls them.
_STATEFUL = {
    *("Aggregate", "Distinct", "Deduplicate", "DeduplicateWithinWatermark", "Join", "GlobalLimit", "FlatMapGroupsWithState"),
    *("FlatMapGroupsInPandasWithState", "TransformWithState", "TransformWithStateInPySpark"),
}
_NUMBER = re.compile(r"#\d+L?")
"""Of a column: another one in each process."""
_FIELDS = 10_000


class StreamEngine:
    """The streams of one session."""

    def __init__(self, session: "SparkSession") -> None:
        self._session = session

    def watermarked(self, frame: "DataFrame", column: str, delay: datetime.timedelta) -> "DataFrame":
        """The frame with what Spark needs to know of late rows."""
        return frame.withWatermark(column, f"{delay.total_seconds() * 1000:.0f} milliseconds")

    def is_streaming(self, frame: "DataFrame") -> bool:
        """Whether its rows come batch by batch."""
        return bool(frame.isStreaming)

    def repeats(self, frame: "DataFrame") -> bool:
        """Whether a batch has the same rows each time it is computed, as far as the plan tells."""
        return bool(frame._jdf.queryExecution().analyzed().deterministic())

    def stateful(self, frame: "DataFrame") -> list[str]:
        """What in a streaming frame remembers rows of earlier batches, each with its keys, as Spark's analysed plan has it."""
        plan = frame._jdf.queryExecution().analyzed()
        return [_NUMBER.sub("", str(node.simpleString(_FIELDS))) for node in _remembering(plan)]

    def batches(self, frame: "DataFrame", call: "Callable[[DataFrame, int], None]") -> "DataStreamWriter":
        """A writer that hands every batch over, with its number."""
        return frame.writeStream.foreachBatch(call)

    def set_up(
        self, writer: "DataStreamWriter", *, name: str, trigger: float | None, output_mode: str, checkpoint: str
    ) -> "DataStreamWriter":
        """trigger: seconds between two batches; None: what there is now, then the end."""
        timed = {"availableNow": True} if trigger is None else {"processingTime": f"{trigger * 1000:.0f} milliseconds"}
        writer = writer.queryName(name).outputMode(output_mode).trigger(**timed)
        return writer.option("checkpointLocation", checkpoint)

    def failure_of(self, query: "StreamingQuery") -> BaseException | None:
        """What a query ended with."""
        return query.exception()

    def said_of(self, query: "StreamingQuery") -> list[Mapping[str, Any]]:
        """What Spark has said of its last batches, the earliest first."""
        return [json.loads(each.json()) for each in query._jsq.recentProgress()]

    @contextmanager
    def listening(self, hear: Callable[[Mapping[str, Any]], None]) -> Iterator[None]:
        """Until the block ends, hears what Spark says of every batch of every query of the session."""
        from pyspark.sql.streaming.listener import StreamingQueryListener

        class Listener(StreamingQueryListener):
            def onQueryStarted(self, event: Any) -> None: ...  # noqa: N802 -- Spark's name

            def onQueryIdle(self, event: Any) -> None: ...  # noqa: N802 -- Spark's name

            def onQueryTerminated(self, event: Any) -> None: ...  # noqa: N802 -- Spark's name

            def onQueryProgress(self, event: Any) -> None:  # noqa: N802 -- Spark's name
                hear(json.loads(event.progress.json))

        listener = Listener()
        self._session.streams.addListener(listener)
        try:
            yield
        finally:
            self._session.streams.removeListener(listener)


def _remembering(plan: Any) -> Iterator[Any]:
    children = [plan.children().apply(number) for number in range(plan.children().size())]
    joins_streams = all(child.isStreaming() for child in children)
    if plan.isStreaming() and plan.nodeName() in _STATEFUL and joins_streams:
        yield plan
    for child in children:
        yield from _remembering(child)
