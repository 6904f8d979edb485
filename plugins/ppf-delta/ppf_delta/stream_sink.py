"""Writes the batches of a stream into a Delta table."""

from collections.abc import Sequence
from typing import ClassVar

from ppf_delta.sink import TableSink
from ppf_delta.stream_options import StreamWriteOptions


class DeltaStreamSink(TableSink[StreamWriteOptions]):
    """Writes each batch of a stream with one commit, which notes the batch: a batch that comes again is not written again."""

    examples: ClassVar[Sequence[str]] = (
        '{ path = "lake/events", partition_by = [day] }',
        '{ table = "shop.customers", mode = merge, keys = [id], order_by = [changed_at] }',
        '{ path = "lake/totals", mode = overwrite }',
    )
