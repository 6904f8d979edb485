"""Sources, transforms and sinks: the nodes of a pipeline."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeVar, Union

from ppf_core.contracts.checks import ImpliedCheck
from ppf_core.contracts.context import Context, Dataset
from ppf_core.contracts.plugin import Plugin

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery
    from pyspark.sql.streaming.readwriter import DataStreamWriter
    from pyspark.sql.types import StructType

O = TypeVar("O")  # noqa: E741 -- the contract names it so

Ticket: TypeAlias = Mapping[str, str]
Schema: TypeAlias = Union[str, "StructType"]  # DDL or a StructType


class PipelineComponent(Plugin[O]):
    """One node of a pipeline."""

    @property
    def input_schema(self) -> Schema | Mapping[str, Schema] | None:
        """What its input must have: one schema for all inputs, or one by alias. None: anything.

        An alias that the component does not have is a located mistake of the file.
        """
        return None

    @property
    def output_schema(self) -> Schema | None:
        """What it promises to give. None: known only when it runs."""
        return None

    def datasets(self) -> Sequence[Dataset]:
        """The outside things it reads or writes. Does no input or output."""
        return ()

    def ping(self, context: Context) -> None:
        """Raises when the outside system cannot be reached.

        `ppf run` and `ppf plan --analyze` call all of them, in parallel, before anything starts, 30 s at most, and report all
        failures together.
        """


class Source(PipelineComponent[O]):
    """Reads.

    class CsvSource(Source[CsvOptions]):
        def read(self, context: Context) -> DataFrame:
            return context.spark.read.csv(self.options.path, header=self.options.header)
    """

    def pin(self, context: Context) -> str | None:
        """Names exactly what will be read (a listing with sizes and times, a table version, end offsets), in text of your own.

        Called once per run, recorded, and handed to every `read` of this run and its resumes. None: cannot be pinned.
        """
        return None

    @property
    def repeatable(self) -> bool:
        """Whether each read gives the same rows with these options, also without a pin."""
        return False

    @property
    def implied_checks(self) -> Sequence[ImpliedCheck]:
        """The checks that come with what it reads, with these options; they count after those in the file."""
        return ()

    @abstractmethod
    def read(self, context: Context) -> "DataFrame":
        """A lazy frame; may be called several times in a run and then returns the same logical slice."""


class Transform(PipelineComponent[O]):
    """Makes one frame of its inputs. `expects` is their number or their aliases, checked at validation.

    class Upper(Transform[NoOptions]):
        expects = 1
        def transform(self, context: Context, inputs: Mapping[str, DataFrame]) -> DataFrame:
            (frame,) = inputs.values()
            return frame.toDF(*[name.upper() for name in frame.columns])
    """

    expects: ClassVar[int | tuple[str, ...] | None] = None

    @abstractmethod
    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """A lazy frame; runs no Spark job."""


class Sink(PipelineComponent[O]):
    """Writes a frame where it is seen at once. Prefer StagedSink wherever the target allows it.

    class NoopSink(Sink[NoOptions]):
        def write(self, context: Context, frame: DataFrame) -> None:
            frame.write.format("noop").mode("overwrite").save()
    """

    @property
    def idempotent(self) -> bool:
        """Whether writing twice equals writing once, with these options."""
        return False

    @property
    def exclusive(self) -> bool:
        """Whether it makes or replaces its datasets as a whole, so that no other sink of the pipeline can write them too."""
        return False

    def holds_rows(self, context: Context) -> bool | None:
        """Whether the target has rows now; None: it does not tell. A stream that begins anew, or goes on, asks."""
        return None

    @abstractmethod
    def write(self, context: Context, frame: "DataFrame") -> None:
        """Writes the frame."""


class StagedSink(Sink[O]):
    """Writes where nobody looks, then shows it at once.

    `publish` and `discard` may run in another process, on an instance built from the journaled options, with the staging run's
    `run_id` and `write_id`.
    """

    @property
    def atomic(self) -> bool | None:
        """Whether readers see the publish as one step with these options. None: only known when it runs."""
        return None

    @abstractmethod
    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Exactly one Spark action on `frame`, so that checks can ride on it."""

    @abstractmethod
    def publish(self, context: Context, ticket: Ticket) -> None:
        """Idempotent. Raises TargetMoved when the target changed under it: then the ticket is discarded, never retried."""

    @abstractmethod
    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Idempotent. None: `stage` never returned; remove whatever it left under `context.write_id`."""

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """What was staged, for checks and row counts: exactly the frame that was given, its rows, names and types.

        None when it cannot be read before publishing, or is not exactly that frame: formats without types, values that a format
        or a setting changes, partition columns that come back as others. Checks judge rows as their component gave them.
        """
        return None

    @property
    def can_split(self) -> bool:
        """Whether `stage_split` does what it says, with these options."""
        return False

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        """As `stage`, for the rows where the BOOLEAN column `mask` is false. Gives the others too, all in one action.

        `mask` is never NULL, is the last column, and is written nowhere. The others come back exactly as they were in `frame`,
        from where no reader of the target looks; several may read them until `publish` or `discard` removes them. `staged`
        gives exactly what `publish` will show, so never None. `context.report(rows_written=…)` counts all rows of `frame`.
        None, with nothing done, when rows of this schema would not come back exactly.
        """
        return None

    def write(self, context: Context, frame: "DataFrame") -> None:
        """Stage, then publish."""
        self.publish(context, self.stage(context, frame))


class TargetMoved(Exception):
    """The target changed between `stage` and `publish`, so what was staged no longer fits."""


class StreamingSource(PipelineComponent[O]):
    """Reads a stream.

    changeable: options that may change while a checkpoint stays, since they say how much is read at a time, and not what.
    """

    changeable: ClassVar[Set[str]] = frozenset()

    @property
    def implied_checks(self) -> Sequence[ImpliedCheck]:
        """The checks that come with what it reads, with these options; they count after those in the file."""
        return ()

    @abstractmethod
    def read_stream(self, context: Context) -> "DataFrame":
        """A streaming frame."""

    def recognise(self, context: Context, known: str | None) -> str | None:
        """Tells what it reads from what took its place under the same name, where the checkpoint would not tell.

        known: what this gave before, for the same checkpoint; None for a new one. The text that it gives, of its own, is kept
        beside the checkpoint. Asked when a query starts, and for each batch once its rows are staged. Raises
        CheckpointRefused where the checkpoint means something else now; then nothing of the batch is shown.
        """
        return None


class StreamingSink(PipelineComponent[O]):
    """For sinks that only Spark's own writer can do. Any idempotent `Sink` or `StagedSink` also serves in a stream."""

    @classmethod
    def per_batch(cls, options: O) -> type[Sink[O]] | None:
        """The sink that the kernel gives each batch to in the place of this one, with the same options.

        None: Spark's own writer does it. Asked for while a file is checked, so it does no input or output.
        """
        return None

    @property
    def idempotent(self) -> bool:
        """Whether a replayed batch leaves the target as one batch would."""
        return False

    @abstractmethod
    def write_stream(self, context: Context, frame: "DataFrame") -> "DataStreamWriter":
        """An unstarted writer."""

    def start(self, context: Context, writer: "DataStreamWriter") -> "StreamingQuery":
        """Called after the kernel set name, trigger, output mode and checkpoint; override for `toTable`."""
        return writer.start()
