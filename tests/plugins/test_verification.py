"""Which classes a group takes."""

import pytest
from ppf_console.noop import NoopSink
from ppf_files.sinks import ParquetSink
from ppf_files.sources import CsvSource
from ppf_memory.memory import MemorySink

from ppf_core.plugins.verification import BrokenPlugin, verify


@pytest.mark.parametrize("sink", [MemorySink, ParquetSink, NoopSink])
def test_a_streaming_sink_is_one_of_sparks_own_a_staged_or_a_plain_one(sink: type) -> None:
    assert verify(sink, "streaming_sinks") is sink


def test_what_is_no_sink_is_told_where_it_belongs() -> None:
    with pytest.raises(BrokenPlugin, match=r"StreamingSink or Sink, .* Offer it under ppf\.sources, or derive it"):
        verify(CsvSource, "streaming_sinks")
    with pytest.raises(BrokenPlugin, match=r"every plugin of ppf\.sinks must\. Offer it under ppf\.streaming_sinks"):
        verify(MemorySink, "sinks")
