"""A frame that is computed and thrown away."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, NoOptions, Sink

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class NoopSink(Sink[NoOptions]):
    """Computes every row and keeps none: to measure a pipeline, or to run its checks only."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("",)

    @property
    def idempotent(self) -> bool:
        """Nothing is written, as often as you like."""
        return True

    def write(self, context: Context, frame: "DataFrame") -> None:
        """Lets Spark compute the frame in full; a count would skip the columns."""
        frame.write.format("noop").mode("overwrite").save()
