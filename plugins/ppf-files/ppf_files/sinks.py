"""Sinks that write files: staged beside their target, then shown."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Dataset, PpfError, StagedSink, TargetMoved, Ticket
from ppf_files import guards, layout, publishing
from ppf_files.counting import rows_written
from ppf_files.filesystem import Entry, files_at
from ppf_files.options import WHOLE_TIMES, CsvWriteOptions, WriteOptions, spark_options
from ppf_files.paths import dataset, literal, scheme
from ppf_files.publishing import Place
from ppf_files.writing import quoted, write_files, write_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructField, StructType

W = TypeVar("W", bound=WriteOptions)


class FileSink(StagedSink[W]):
    """Writes files of one format."""

    format: ClassVar[str]

    @property
    def atomic(self) -> bool | None:
        """On Linux a local folder appears, or is exchanged, in one step; files that are added become visible one by one."""
        if self.options.mode == "append" or scheme(self.options.path) not in ("", "file") or sys.platform != "linux":
            return False
        # Without a scheme the path lies where Hadoop's configuration says, if there is any.
        return None if not scheme(self.options.path) and "HADOOP_CONF_DIR" in os.environ else True

    @property
    def idempotent(self) -> bool:
        """The files of one write carry its id, so that writing them again replaces them."""
        return self.options.mode != "error"

    @property
    def exclusive(self) -> bool:
        """Only files that are added, and partitions that are replaced, leave room for another sink's."""
        return not self._adds

    def datasets(self) -> Sequence[Dataset]:
        """The folder."""
        return (dataset(self.options.path),)

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes into a hidden folder beside the target, after refusing what could not be published.

        With mode = ignore and a target that exists there is nothing to do, and Spark does nothing.
        """
        place = self._new_place(context)
        files, mode = place.files, self.options.mode
        guards.require_room(files, place.target)
        place.clear()
        guards.require_folder_of_files(files, place.target)
        if mode == "ignore" and files.exists(place.target):
            context.report(rows_written=0)
            return {"ignored": "true"}
        there = files.walk(place.target)
        self._refuse(context, place, there, frame)
        self._write(place, frame, keeps_schema=not (self._adds and layout.data_files(there)))
        context.report(rows_written=rows_written(context.spark, place.stage))
        count = len(files.walk(place.stage)) if mode == "append" else 0
        seen = publishing.fingerprint(there)
        return {"token": place.token, "seen": seen, "files": str(count), "schema": frame.schema.json()}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows what was staged, and lets Spark forget what it knew of the target."""
        if "ignored" in ticket:
            return
        place, mode = self._place(context, ticket["token"]), self.options.mode
        try:
            guards.require_folder_of_files(place.files, place.target)
        except PpfError as error:
            raise TargetMoved(str(error)) from error
        if mode == "append":
            publishing.append(place, int(ticket["files"]))
        elif mode == "overwrite" and self._adds:
            publishing.overwrite_partitions(place)
        elif mode == "overwrite":
            publishing.overwrite(place, ticket["seen"])
        elif not publishing.create(place) and mode == "error":
            raise TargetMoved(f"The target {place.target!r} was made by somebody else while this run worked on it.")
        place.clear()
        context.spark.catalog.refreshByPath(place.files.uri(place.target))

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged, by whichever attempt."""
        self._place(context, "").clear()

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The staged files as a frame; None when there are none, or no longer."""
        if "ignored" in ticket:
            return None
        import json

        from pyspark.sql.types import StructType

        place = self._place(context, ticket["token"])
        if not place.files.exists(place.stage):
            return None
        schema = StructType.fromJson(json.loads(ticket["schema"]))
        reader = context.spark.read.format(self.format).options(**self.staged_options()).schema(schema)
        # Partition columns come last when they are read, wherever they stood.
        return reader.load(literal(place.files.uri(place.stage))).select(*map(quoted, schema.names))

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer."""
        return spark_options(self.options.writer)

    def staged_options(self) -> dict[str, Any]:
        """Options for Spark's reader of what was just written."""
        return self.writer_options()

    def empty(self, frame: "DataFrame") -> "DataFrame":
        """The columns that a file without rows has."""
        return frame

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """Refuses an append whose columns differ from `found`, those of a file that is there."""
        layout.require_same_columns(target, found, given)

    @property
    def _adds(self) -> bool:
        """Whether files of the target stay."""
        return self.options.mode == "append" or self.options.partition_overwrite == "dynamic"

    def _refuse(self, context: Context, place: Place, there: list[Entry], frame: "DataFrame") -> None:
        if self.options.mode == "error":
            guards.require_absent(place.files, place.target)
        if self.options.mode == "overwrite":
            guards.require_elsewhere(place.files, place.target)
        guards.require_columns(frame, "partition_by", self.options.partition_by)
        guards.require_columns(frame, "sort_by", self.options.sort_by)
        if self._adds:
            self._require_fitting_files(context, place, layout.data_files(there), frame)

    def _require_fitting_files(self, context: Context, place: Place, there: list[Entry], frame: "DataFrame") -> None:
        layout.require_same_partitions(place.target, there, self.options.partition_by)
        largest = max(there, key=lambda entry: entry.size, default=None)
        if largest is None or largest.size == 0:
            return
        uri = place.files.uri(f"{place.target}/{largest.relative}")
        found = layout.schema_of(context.spark, self.format, self.staged_options(), uri)
        folders = {name.lower() for name in self.options.partition_by}
        self.require_fitting(place.target, found, [field for field in frame.schema if field.name.lower() not in folders])

    def _write(self, place: Place, frame: "DataFrame", *, keeps_schema: bool) -> None:
        further = self.writer_options()
        write_files(frame, self.format, place.files.uri(place.stage), self.options, further)
        if keeps_schema and self.options.partition_by and not place.files.walk(place.stage):
            write_schema(self.empty(frame), self.format, place.files, place.stage, further)
        place.finish(place.stage)

    def _new_place(self, context: Context) -> Place:
        return Place.new(files_at(context.spark, self.options.path), self.options.path, str(context.write_id))

    def _place(self, context: Context, token: str) -> Place:
        files = files_at(context.spark, self.options.path)
        return Place(files, files.resolve(self.options.path), str(context.write_id), token)


class CsvSink(FileSink[CsvWriteOptions]):
    """Writes CSV files."""

    format = "csv"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/report", mode = overwrite, coalesce = 1 }',)

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer; what the user wrote under `writer` wins."""
        return {**WHOLE_TIMES, "header": self.options.header, "sep": self.options.delimiter, **super().writer_options()}

    def staged_options(self) -> dict[str, Any]:
        """Options for Spark's reader of what was just written: values may hold line breaks."""
        return {"multiLine": True, **self.writer_options()}

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """CSV has no types, but an order: the header must be the same."""
        layout.require_same_header(target, found.names, [field.name for field in given], self.options.header)


class JsonSink(FileSink[WriteOptions]):
    """Writes files with one JSON object a line."""

    format = "json"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/events", mode = append }',)

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer; what the user wrote under `writer` wins."""
        return {**WHOLE_TIMES, **super().writer_options()}

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """JSON has few types, and leaves out what is NULL."""
        layout.require_same_kinds(target, found, given)


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

    def empty(self, frame: "DataFrame") -> "DataFrame":
        """A text file has one column."""
        return frame.drop(*self.options.partition_by)

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """Any line fits beside any other."""
