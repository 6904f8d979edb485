"""Spark's streaming queries, as the kernel uses them."""

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery
    from pyspark.sql.streaming.readwriter import DataStreamWriter

# Operators that remember rows of earlier batches, as Spark's analysed plan calls them → as people do.
_STATEFUL = {
    "Aggregate": "an aggregation",
    "Deduplicate": "a deduplication",
    "DeduplicateWithinWatermark": "a deduplication",
    "Distinct": "a deduplication",
    "Join": "a join of streams",
    "GlobalLimit": "a limit",
    "FlatMapGroupsWithState": "a state of groups",
    "FlatMapGroupsInPandasWithState": "a state of groups",
    "TransformWithState": "a state of groups",
    "TransformWithStateInPySpark": "a state of groups",
}


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
        """What in a streaming frame remembers rows of earlier batches."""
        plan = frame._jdf.queryExecution().analyzed()
        found = [str(plan.apply(number).nodeName()) for number in range(_size(plan))]
        return list(dict.fromkeys(_STATEFUL[name] for name in found if name in _STATEFUL))

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


def failure_of(query: "StreamingQuery") -> BaseException | None:
    """What a query ended with."""
    return query.exception()


def _size(plan: Any) -> int:
    return 1 + sum(_size(plan.children().apply(number)) for number in range(plan.children().size()))
