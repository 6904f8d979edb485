"""Sinks that write files: staged beside their target, then shown."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Dataset, StagedSink, TargetMoved, Ticket
from ppf_files import guards, publishing
from ppf_files.filesystem import files_at
from ppf_files.options import CsvWriteOptions, WriteOptions, spark_options
from ppf_files.paths import dataset, literal, scheme
from ppf_files.publishing import Place
from ppf_files.writing import write_files

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

W = TypeVar("W", bound=WriteOptions)


class FileSink(StagedSink[W]):
    """Writes files of one format."""

    format: ClassVar[str]

    @property
    def atomic(self) -> bool | None:
        """A local folder is exchanged in one step; files that are added become visible one by one."""
        if self.options.mode == "append" or scheme(self.options.path) not in ("", "file"):
            return False
        return True if scheme(self.options.path) == "file" or self.options.path.startswith("/") else None

    def datasets(self) -> tuple[Dataset, ...]:
        """The folder."""
        return (dataset(self.options.path),)

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes into a hidden folder beside the target, after refusing what could not be published."""
        place = self._new_place(context)
        exists = place.files.exists(place.target)
        self._refuse(context, place, frame)
        if exists and self.options.mode == "ignore":
            context.report(rows_written=0)
            return {"ignored": "true"}
        seen = publishing.fingerprint(place.files.walk(place.target))
        place.clear()
        rows = write_files(frame, self.format, place.files, place.stage, self.options, self.writer_options())
        place.finish(place.stage)
        context.report(rows_written=rows)
        count = len(place.files.walk(place.stage))
        return {"token": place.token, "seen": seen, "files": str(count), "schema": frame.schema.json()}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows what was staged, and lets Spark forget what it knew of the target."""
        if "ignored" in ticket:
            return
        place = self._place(context, ticket["token"])
        mode = self.options.mode
        if mode == "append":
            publishing.append(place, int(ticket["files"]))
        elif mode == "overwrite" and self.options.partition_overwrite == "dynamic":
            publishing.overwrite_partitions(place)
        elif mode == "overwrite":
            publishing.overwrite(place, ticket["seen"])
        elif not publishing.create(place) and mode == "error":
            raise TargetMoved(f"The target {place.target!r} was made by somebody else while this run worked on it.")
        place.clear()
        context.spark.catalog.refreshByPath(place.files.uri(place.target))

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged."""
        self._place(context, "").clear()

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The staged files as a frame."""
        if "ignored" in ticket:
            return None
        import json

        from pyspark.sql.types import StructType

        place = self._place(context, ticket["token"])
        reader = context.spark.read.format(self.format).options(**self.writer_options())
        return reader.schema(StructType.fromJson(json.loads(ticket["schema"]))).load(literal(place.files.uri(place.stage)))

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer."""
        return spark_options(self.options.writer)

    def require_fitting(self, target: str, found: Any, frame: "DataFrame") -> None:
        """Refuses an append whose columns differ from those of a file that is there; `found` is that file's schema."""
        columns = [field for field in frame.schema if field.name not in self.options.partition_by]
        guards.require_same_columns(target, found, columns)

    def _refuse(self, context: Context, place: Place, frame: "DataFrame") -> None:
        files, target, options = place.files, place.target, self.options
        guards.require_folder_of_files(files, target)
        if options.mode == "error":
            guards.require_absent(files, target)
        guards.require_columns(frame, "partition_by", options.partition_by)
        guards.require_columns(frame, "sort_by", options.sort_by)
        is_partial = options.mode == "append" or (options.mode == "overwrite" and options.partition_overwrite == "dynamic")
        there = guards.data_files(files.walk(target)) if is_partial else []
        if there:
            guards.require_same_partitions(target, there, options.partition_by)
            uri = files.uri(f"{target}/{there[0].relative}")
            self.require_fitting(
                target, guards.schema_of(context.spark, self.format, spark_options(self.writer_options()), uri), frame
            )

    def _new_place(self, context: Context) -> Place:
        files = files_at(context.spark, self.options.path)
        return Place.new(files, self.options.path, str(context.write_id))

    def _place(self, context: Context, token: str) -> Place:
        files = files_at(context.spark, self.options.path)
        return Place(files, files.resolve(self.options.path), str(context.write_id), token)


class CsvSink(FileSink[CsvWriteOptions]):
    """Writes CSV files."""

    format = "csv"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/report", mode = overwrite, coalesce = 1 }',)

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer; what the user wrote under `writer` wins."""
        return {"header": self.options.header, "sep": self.options.delimiter, **super().writer_options()}

    def require_fitting(self, target: str, found: Any, frame: "DataFrame") -> None:
        """CSV has no types: the header must be the same."""
        columns = [name for name in frame.columns if name not in self.options.partition_by]
        guards.require_same_header(target, found.names, columns, self.options.header)


class JsonSink(FileSink[WriteOptions]):
    """Writes files with one JSON object a line."""

    format = "json"
    examples: ClassVar[Sequence[str]] = ('{ path = "out/events", mode = append }',)

    def require_fitting(self, target: str, found: Any, frame: "DataFrame") -> None:
        """A JSON object leaves out what is NULL: no field may be there that the rows do not have."""
        guards.require_known_fields(target, found, frame.schema)


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
