"""Checks that look at a whole frame, or at some of its rows, each in jobs of its own."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.checks import Columns, FrameCheck
from ppf_core.contracts.context import Context
from ppf_core.quality.judging import CheckRun

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Looks:
    """The frame checks of one component; those of one kind that look at the same look once."""

    context: Context
    frame: "DataFrame"
    _done: list[tuple[CheckRun, Any]] = field(default_factory=list)

    def verdict(self, check: CheckRun) -> Any:
        """What a check says of the frame, or of the rows that it is asked for."""
        plugin, where = check.plugin, check.config.where
        for other, verdict in self._done:
            is_same = type(other.plugin) is type(plugin) and other.config.where == where
            if is_same and isinstance(plugin, FrameCheck) and other.plugin.identity == plugin.identity:  # type: ignore[union-attr]
                return verdict
        frame = self.frame if where is None else self.frame.where(where)
        verdict = plugin.judge(self.context, frame) if isinstance(plugin, FrameCheck) else _of_values(plugin, frame)
        self._done.append((check, verdict))
        return verdict


def _of_values(check: Any, frame: "DataFrame") -> Any:
    """What a check says of aggregates, which one action computes."""
    metrics = check.metrics(Columns(frame))
    (row,) = frame.agg(*[column.alias(name) for name, column in metrics.items()]).collect()
    return check.judge(row.asDict(recursive=False))
