"""Checks that look at a whole frame, each in jobs of its own."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.checks import FrameCheck
from ppf_core.contracts.context import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Looks:
    """The frame checks of one component; those of one kind that look at the same look once."""

    context: Context
    frame: "DataFrame"
    _done: list[tuple[FrameCheck[Any], Any]] = field(default_factory=list)

    def verdict(self, plugin: FrameCheck[Any]) -> Any:
        """What a check says of the frame."""
        for other, verdict in self._done:
            if type(other) is type(plugin) and other.identity == plugin.identity:
                return verdict
        verdict = plugin.judge(self.context, self.frame)
        self._done.append((plugin, verdict))
        return verdict
