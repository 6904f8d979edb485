"""What every plugin promises, as suites of tests: subclass the one for your kind, and say what is yours.

from ppf_testing import SourceConformance

class TestDice(SourceConformance):
    plugin = DiceSource

    def options(self, folder):
        return {"rolls": 10}
"""

from ppf_testing.checks import AggregateCheckConformance, RowCheckConformance
from ppf_testing.hooks import HooksConformance
from ppf_testing.secrets import SecretsConformance
from ppf_testing.sinks import SinkConformance
from ppf_testing.sources import SourceConformance
from ppf_testing.splitting_sinks import SplitConformance
from ppf_testing.staged_sinks import StagedSinkConformance
from ppf_testing.streaming_sinks import NativeSinkConformance, StagedStreamConformance, StreamingSinkConformance
from ppf_testing.streaming_sources import StreamingSourceConformance
from ppf_testing.transforms import TransformConformance

__all__ = [
    "AggregateCheckConformance",
    "HooksConformance",
    "NativeSinkConformance",
    "RowCheckConformance",
    "SecretsConformance",
    "SinkConformance",
    "SourceConformance",
    "SplitConformance",
    "StagedSinkConformance",
    "StagedStreamConformance",
    "StreamingSinkConformance",
    "StreamingSourceConformance",
    "TransformConformance",
]
