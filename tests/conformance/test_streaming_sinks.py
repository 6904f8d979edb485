"""The writer for batch runs of a data source in Python, in a stream: with `per_batch = true` it takes the sink's place."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ppf_spark.conformance.classes import StreamToLines
from ppf_spark.data_sink import DataSourceBatchSink
from ppf_testing.streaming_sinks import StreamingSinkConformance


class TestBatchWriterInPython(StreamToLines, StreamingSinkConformance):
    plugin: ClassVar[Any] = DataSourceBatchSink
    again: ClassVar = "twice"
    more: ClassVar[Mapping[str, Any]] = {"per_batch": True}
    refused: ClassVar = ({"class": "letters"}, {"mode": "error"})
