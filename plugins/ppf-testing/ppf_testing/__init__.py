"""What every plugin promises, as suites of tests: subclass the one for your kind, and say what is yours.

from ppf_testing import SourceConformance

class TestDice(SourceConformance):
    plugin = DiceSource

    def options(self, folder):
        return {"rolls": 10}
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppf_testing.cases import suites_of
    from ppf_testing.checks import AggregateCheckConformance, FrameCheckConformance, RowCheckConformance
    from ppf_testing.hooks import HooksConformance
    from ppf_testing.secrets import SecretsConformance
    from ppf_testing.sinks import SinkConformance, UnseenSinkConformance
    from ppf_testing.sources import IncrementalConformance, SourceConformance
    from ppf_testing.splitting_sinks import SplitConformance
    from ppf_testing.staged_sinks import StagedSinkConformance
    from ppf_testing.streaming_sinks import NativeSinkConformance, StagedStreamConformance, StreamingSinkConformance
    from ppf_testing.streaming_sources import StreamingSourceConformance
    from ppf_testing.transforms import TransformConformance

# Suites load when they are asked for: pytest imports this package whenever it starts, and then nobody may need Spark.
_HOMES = {
    "cases": ("suites_of",),
    "checks": ("AggregateCheckConformance", "FrameCheckConformance", "RowCheckConformance"),
    "hooks": ("HooksConformance",),
    "secrets": ("SecretsConformance",),
    "sinks": ("SinkConformance", "UnseenSinkConformance"),
    "sources": ("IncrementalConformance", "SourceConformance"),
    "splitting_sinks": ("SplitConformance",),
    "staged_sinks": ("StagedSinkConformance",),
    "streaming_sinks": ("NativeSinkConformance", "StagedStreamConformance", "StreamingSinkConformance"),
    "streaming_sources": ("StreamingSourceConformance",),
    "transforms": ("TransformConformance",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AggregateCheckConformance",
    "FrameCheckConformance",
    "HooksConformance",
    "IncrementalConformance",
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
    "UnseenSinkConformance",
    "suites_of",
]


def __getattr__(name: str) -> Any:
    """The suite of a name."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
