"""What all sinks that write files have in common: staged beside their target, then shown."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ppf_core import Context, Dataset, PpfError, Requirements, StagedSink, TargetMoved, Ticket, WriteId, rows_written
from ppf_core.storage import Entry, atomic_at, files_at, fingerprint, outline
from ppf_files import guards, layout, leases, leftovers, turns
from ppf_files.exactness import Exactness
from ppf_files.file_by_file import is_of_another_attempt
from ppf_files.heartbeat import Heartbeat
from ppf_files.named_partitions import NamedPartitions
from ppf_files.options import WriteOptions
from ppf_files.owner import Owner
from ppf_files.pass_through import spark_options
from ppf_files.paths import dataset, literal
from ppf_files.place import Place
from ppf_files.publishing import NEW
from ppf_files.sizes import size_of
from ppf_files.sizing import write_sized
from ppf_files.storable import require_storable
from ppf_files.text_options import named_options, of_encoding
from ppf_files.writing import Order, name_the_file, quoted, write_apart, write_files, write_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructField, StructType

W = TypeVar("W", bound=WriteOptions)


class FileSink(StagedSink[W]):
    """Writes files of one format."""

    format: ClassVar[str]
    _heartbeat: Heartbeat | None = None
    _added: "tuple[WriteId, str] | None" = None
    """The last write that this instance has added, and its schema."""

    @classmethod
    def requirements(cls, options: W | None) -> Requirements:
        """A setting, for an encoding that Spark knows only with it."""
        return Requirements() if options is None else of_encoding({**options.writer, **named_options(options)})

    @property
    def atomic(self) -> bool | None:
        """A local folder appears, or is exchanged, in one step where the file system can; added files come one by one."""
        return False if self.options.mode == "append" else atomic_at(self.options.path).exchange

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

    def holds_rows(self, context: Context) -> bool:
        """Whether there is a file that readers see."""
        files = files_at(context.spark, self.options.path)
        return bool(files.walk(files.resolve(self.options.path)))

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes into a hidden folder beside the target, after refusing what could not be published.

        With mode = ignore and a target that exists there is nothing to do, and Spark does nothing.
        """
        require_storable(frame.schema, self.format, self.options.partition_by)
        place = Place.new(files_at(context.spark, self.options.path), self.options.path, context)
        there = self._begin(context, place, frame)
        if there is None:
            context.report(rows_written=0)
            return {"ignored": "true"}
        gives_back = self.gives_back(context.spark, frame.schema)
        rows = self._write(context, place, self.storable(frame))
        if rows == 0 and self._stays(context, frame, there):
            self._forget_empty(context, place, frame)
        if self.options.partition_by:
            self._keep_schema(context, place, frame, there)
        if self.options.single_file is not None:
            name_the_file(place.files, place.stage, self.options.single_file)
        context.report(rows_written=rows)
        return {**self._finish(place, frame, there), **({"exact": "true"} if gives_back else {})}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows what was staged, and lets Spark forget what it knew of the target."""
        if "ignored" in ticket:
            return
        place = self._place(context, ticket)
        self._heartbeat = self._heartbeat or Heartbeat(place)
        try:
            turns.publish(place, self._way, ticket, lambda: self._require_still_fitting(context, place, ticket), context.logger)
            self._clear(context, place)
        except OSError as error:
            raise PpfError(
                f"The target {place.target!r} could not be published: {error.strerror or error}.",
                hint="What was staged is kept. Remove what is in the way, then run 'ppf runs recover'.",
            ) from error
        if self._way == "append" and NEW in ticket:
            self._added = (context.write_id, ticket["schema"])
        context.spark.catalog.refreshByPath(place.files.uri(place.target))

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged, by whichever attempt."""
        place = self._place(context, ticket or {})
        if leftovers.owner_elsewhere(place) is None:
            self._clear(context, place)

    def close(self) -> None:
        """Gives no more signs of life."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
            self._heartbeat = None

    def writer_options(self) -> dict[str, Any]:
        """Options for Spark's writer; what the user wrote under `writer` wins."""
        codec = {"compression": self.options.compression} if self.options.compression is not None else {}
        return spark_options(self.options.writer, {**codec, **self.own_options()})

    def own_options(self) -> dict[str, Any]:
        """What the other options say to Spark's writer."""
        return {}

    def reader_options(self) -> dict[str, Any]:
        """Options for Spark's reader of what was so written."""
        return self.writer_options()

    def gives_back(self, spark: "SparkSession", schema: "StructType") -> bool:
        """Whether what is staged stands for the rows that are given: never where it is text, which readers understand anew."""
        return False

    def storable(self, frame: "DataFrame") -> "DataFrame":
        """The frame, which fails while it is written where a value cannot be in a file of this format."""
        return frame

    def empty(self, frame: "DataFrame") -> "DataFrame":
        """The columns that a file without rows has."""
        return frame

    def require_fitting(self, target: str, found: "StructType", given: "list[StructField]") -> None:
        """Refuses an append whose columns differ from `found`, those of a file that is there."""
        layout.require_same_columns(target, found, given)

    @property
    def _adds(self) -> bool:
        """Whether files of the target stay."""
        return self.options.mode == "append" or self.options.partition_overwrite != "static"

    @property
    def _way(self) -> str:
        mode = self.options.mode
        return {"error": "create", "overwrite": "partitions" if self._adds else "overwrite"}.get(mode, mode)

    def _begin(self, context: Context, place: Place, frame: "DataFrame") -> list[Entry] | None:
        """The files that are there before this write, once nothing stands against it; None when they are to stay."""
        guards.require_room(place.files, place.target)
        guards.require_replaceable(place.files, place.target)
        guards.require_folder_of_files(place.files, place.target)
        self._open(context, place)
        try:
            there = self._prepare(context, place, frame)
        except BaseException:
            self._clear(context, place)
            raise
        if there is None:
            self._clear(context, place)
        return there

    def _open(self, context: Context, place: Place) -> None:
        owner = leftovers.owner_elsewhere(place)
        if owner is not None:
            raise PpfError(
                f"The target {place.target!r} is being written by {owner}, under the same run id.",
                hint="Wait until that run has ended, or give this one another id.",
            )
        try:
            self._clear(context, place)
            place.open()
        except OSError as error:
            raise PpfError(
                f"The folder {place.folder!r} cannot be written: {error.strerror or error}.",
                hint="Sinks write beside their target first. Make it writable, free space there, or name another path.",
            ) from error
        self._heartbeat = Heartbeat(place)

    def _prepare(self, context: Context, place: Place, frame: "DataFrame") -> list[Entry] | None:
        leftovers.sweep(place, context.logger)
        if self.options.mode == "ignore" and place.files.exists(place.target):
            return None
        if not self._adds:
            leases.take(place, place.lease)
        if self._goes_on(context, frame):
            return []
        there = place.files.walk(place.target)
        self._refuse(context, place, there, frame)
        return there

    def _goes_on(self, context: Context, frame: "DataFrame") -> bool:
        """Whether this is the next batch of a stream, with the schema of the one before, which fitted.

        Then nothing is looked at again, however much is there by now; and no attempt of it can have been shown, since there was
        none of the batch before.
        """
        if self._added is None:
            return False
        (last, schema), this = self._added, context.write_id
        return (last.scope, schema) == (this.scope, frame.schema.json()) and last.number < this.number

    def _refuse(self, context: Context, place: Place, there: list[Entry], frame: "DataFrame") -> None:
        if self.options.mode == "error":
            guards.require_absent(place.files, place.target)
        if self.options.mode == "overwrite":
            guards.require_elsewhere(place.files, place.target)
        if self.options.single_file is not None:
            guards.require_names_that_stay(place.files, place.target)
        guards.require_columns(frame, "partition_by", self.options.partition_by)
        guards.require_columns(frame, "sort_by", [Order.of(text, frame.columns).name for text in self.options.sort_by])
        NamedPartitions.of(self.options.partitions, frame)
        if self._adds:
            self._require_fitting_files(context, place, there, list(frame.schema))

    def _require_still_fitting(self, context: Context, place: Place, ticket: Ticket) -> None:
        """Refuses to publish beside, or in place of, what came to the target since this was staged and does not go with it."""
        try:
            guards.require_folder_of_files(place.files, place.target)
            if not self._adds or (self._added is not None and self._added[1] == ticket["schema"]):
                return
            there = place.files.walk(place.target)
            if fingerprint(there) != ticket["seen"]:
                self._require_fitting_files(context, place, there, list(_schema(ticket)))
        except PpfError as error:
            raise TargetMoved(str(error)) from error

    def _require_fitting_files(self, context: Context, place: Place, there: list[Entry], fields: "list[StructField]") -> None:
        entries = layout.data_files(there)
        layout.require_same_partitions(place.target, entries, self.options.partition_by)
        largest = max(entries, key=lambda entry: entry.size, default=None)
        if largest is None or largest.size == 0:
            return
        uri = place.files.uri(f"{place.target}/{largest.relative}")
        found = layout.schema_of(context.spark, self.format, self.reader_options(), uri)
        folders = {name.lower() for name in self.options.partition_by}
        self.require_fitting(place.target, found, [field for field in fields if field.name.lower() not in folders])

    def _write(self, context: Context, place: Place, frame: "DataFrame") -> int | None:
        """Writes the stage, and tells how many rows it has, if Spark does."""
        began = time.time()
        if self.options.target_file_size is None:
            write_files(frame, self.format, place.files.uri(place.stage), self.options, self.writer_options())
            return rows_written(context.spark, place.stage, since=began)
        size = size_of(self.options.target_file_size)
        write_sized(frame, self.format, place, size, self.options, self.writer_options())
        return rows_written(context.spark, place.rows, since=began)

    def _stays(self, context: Context, frame: "DataFrame", there: list[Entry]) -> bool:
        """Whether files of the target stay, of whose columns readers learn."""
        named = NamedPartitions.of(self.options.partitions, frame)
        staying = (entry for entry in layout.data_files(there) if not named.holds(entry.folder))
        return self._goes_on(context, frame) or (self._adds and any(staying))

    def _forget_empty(self, context: Context, place: Place, frame: "DataFrame") -> None:
        """Files that only have columns: a stream that has nothing to say would leave one with every batch.

        Spark's number alone is no ground to delete anything: the files are asked.
        """
        reader = context.spark.read.format(self.format).options(**self.reader_options()).schema(frame.schema)
        if not reader.load(literal(place.files.uri(place.stage))).isEmpty():
            return
        for entry in place.files.walk(place.stage):
            place.files.delete(f"{place.stage}/{entry.relative}")

    def _keep_schema(self, context: Context, place: Place, frame: "DataFrame", there: list[Entry]) -> None:
        """Where no row was staged, and none stays in the target."""
        if not self._stays(context, frame, there) and not place.files.walk(place.stage):
            write_schema(self.empty(frame), self.format, place.files, place.stage, self.writer_options())

    def _finish(self, place: Place, frame: "DataFrame", there: list[Entry]) -> dict[str, str]:
        """The ticket of what was written."""
        place.finish(place.stage)
        place.files.sync(place.container)
        staged = place.files.walk(place.stage)
        return {
            **self._named(place, frame, staged),
            "token": place.owner.token,
            "seen": fingerprint(there),
            "staged": outline(staged),
            "files": str(len(staged)),
            "schema": frame.schema.json(),
            **({} if any(is_of_another_attempt(place, entry) for entry in there) else {NEW: "true"}),
        }

    def _named(self, place: Place, frame: "DataFrame", staged: list[Entry]) -> dict[str, str]:
        """Which partitions are replaced, also by nothing, once it is known that no others came."""
        if not self.options.partitions:
            return {}
        named, folders = NamedPartitions.of(self.options.partitions, frame), {entry.folder for entry in staged}
        named.require_no_other(place.target, folders)
        return named.note(folders)

    def _place(self, context: Context, ticket: Ticket) -> Place:
        files = files_at(context.spark, self.options.path)
        return Place(files, files.resolve(self.options.path), Owner.of(context, ticket.get("token", "")))

    def _clear(self, context: Context, place: Place) -> None:
        self.close()
        leftovers.clear(place, context.logger)


class TypedFileSink(FileSink[W]):
    """Writes files of a format that keeps types, so that what was staged can stand for the rows that were given."""

    exactness: ClassVar[Exactness]
    """What its files give back exactly."""

    def gives_back(self, spark: "SparkSession", schema: "StructType") -> bool:
        """Whether format, schema, options and settings leave the rows as they are."""
        return self.exactness.holds(spark, schema, self.options.partition_by, self.options.writer)

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The staged files as a frame; None when they are gone, or when Spark would not read exactly what was given."""
        if "exact" not in ticket:
            return None
        place = self._place(context, ticket)
        return self._read(context, place, place.stage, _schema(ticket)) if place.files.exists(place.stage) else None

    @property
    def can_split(self) -> bool:
        """Where a rename is one step; by its scheme alone, since no file system is asked."""
        takes_one_pass = self.options.single_file is None and self.options.target_file_size is None
        return atomic_at(self.options.path).rename is not False and takes_one_pass

    def stage_split(self, context: Context, frame: "DataFrame", mask: str) -> "tuple[Ticket, DataFrame] | None":
        """As `stage`, with the bad rows in a folder beside the stage.

        None, too, where the path is in an object store after all, or where the target is to stay as it is.
        """
        place = Place.new(files_at(context.spark, self.options.path), self.options.path, context)
        rows = frame.drop(mask)
        if place.files.renames_by_copying or not self.gives_back(context.spark, rows.schema):
            return None
        there = self._begin(context, place, rows)
        if there is None:
            return None
        write_apart(frame, mask, self.format, place, self.options, self.writer_options())
        self._keep_schema(context, place, rows, there)
        context.report(rows_written=rows_written(context.spark, place.both))
        ticket = {**self._finish(place, rows, there), "exact": "true"}
        if place.files.exists(place.apart):
            return ticket, self._read(context, place, place.apart, rows.schema)
        return ticket, context.spark.createDataFrame([], rows.schema)

    def _read(self, context: Context, place: Place, folder: str, schema: "StructType") -> "DataFrame":
        reader = context.spark.read.format(self.format).schema(schema)
        # Partition columns come last when they are read, wherever they stood.
        return reader.load(literal(place.files.uri(folder))).select(*map(quoted, schema.names))


def _schema(ticket: Ticket) -> "StructType":
    import json

    from pyspark.sql.types import StructType

    return StructType.fromJson(json.loads(ticket["schema"]))
