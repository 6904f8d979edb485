"""Sinks that write files."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, StagedSink, Ticket, local_path
from ppf_files.options import CsvWriteOptions, WriteOptions, spark_options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

W = TypeVar("W", bound=WriteOptions)


class FileSink(StagedSink[W]):
    """Writes files of one format."""

    format: ClassVar[str]

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes into a hidden folder beside the target."""
        stage = self._stage(context)
        shutil.rmtree(stage, ignore_errors=True)
        writer = frame.write.format(self.format).options(**self.writer_options())
        writer.partitionBy(*self.options.partition_by).save(f"file:{stage}")
        return {"stage": str(stage)}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows what was staged."""
        stage, target = self._stage(context), local_path(self.options.path)
        if stage.exists():
            shutil.rmtree(target, ignore_errors=True)
            os.rename(stage, target)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged."""
        shutil.rmtree(self._stage(context), ignore_errors=True)

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer."""
        return spark_options(self.options.writer)

    def _stage(self, context: Context) -> Path:
        target = local_path(self.options.path)
        return target.parent / f".{target.name}.ppf-{context.write_id}"


class CsvSink(FileSink[CsvWriteOptions]):
    """Writes CSV files."""

    format = "csv"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/report", mode = overwrite, coalesce = 1 }',)

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer; what the user wrote under `writer` wins."""
        return {"header": self.options.header, "sep": self.options.delimiter, **super().writer_options()}


class JsonSink(FileSink[WriteOptions]):
    """Writes files with one JSON object a line."""

    format = "json"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/events", mode = append }',)


class ParquetSink(FileSink[WriteOptions]):
    """Writes Parquet files."""

    format = "parquet"
    examples: ClassVar[Sequence[str]] = (
        '{ path = "out/late", mode = overwrite, partition_by = [carrier], partition_overwrite = dynamic }',
    )


class OrcSink(FileSink[WriteOptions]):
    """Writes ORC files."""

    format = "orc"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/planes", mode = overwrite }',)


class TextSink(FileSink[WriteOptions]):
    """Writes the one column of text as lines."""

    format = "text"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/lines", mode = overwrite }',)
