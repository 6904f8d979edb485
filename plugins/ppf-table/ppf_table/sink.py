"""Writes a table of the catalog: first where nobody looks, then into view."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, Dataset, OptionsError, PpfError, StagedSink, Ticket, option, options
from ppf_table import (
    adding,
    catalog,
    creating,
    exactness,
    guards,
    replacing,
    replacing_partitions,
    staging,
    statements,
)
from ppf_table.names import dataset, full_name, parts, quoted
from ppf_table.place import Place

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ppf_table.catalog import Description

WAYS: Mapping[str, Callable[[Place, Ticket], None]] = {
    "append": adding.publish,
    "create": creating.publish,
    "folder": replacing.publish_folder,
    "ignore": creating.publish_or_ignore,
    "location": replacing.publish_location,
    "overwrite": replacing_partitions.publish,
    "partitions": replacing_partitions.publish,
    "statement": statements.publish,
}


@options
class TableSinkOptions:
    """What the table sink understands."""

    name: str = option("Table to write: table, schema.table or catalog.schema.table.")
    mode: Literal["error", "overwrite", "append", "ignore", "insert_overwrite", "truncate"] = option(
        "What to do with a table that exists. insert_overwrite: as overwrite with partition_overwrite = dynamic; truncate: as "
        "overwrite, since the table stays the same table.",
        default="error",
    )
    format: str = option("Format of a table that does not exist yet.", default="parquet")
    partition_by: list[str] = option("Columns by which a new table is partitioned.", default_factory=list)
    partition_overwrite: Literal["static", "dynamic"] = option(
        "With mode = overwrite: replace all partitions, or only those that the rows have.", default="static"
    )
    comment: str | None = option("What the catalog says of the table; of one that exists it is changed.", default=None)
    properties: dict[str, str] = option(
        "Properties of the table; of one that exists these are set, and others stay.", default_factory=dict
    )

    def __post_init__(self) -> None:
        try:
            parts(self.name)
        except ValueError as error:
            raise OptionsError({"name": str(error)}) from None
        if self.partition_overwrite == "dynamic" and self.mode != "overwrite":
            raise OptionsError({"partition_overwrite": "'dynamic' is only for mode = overwrite."})

    @property
    def way(self) -> str:
        """The mode, without the second names of overwrite."""
        return "overwrite" if self.mode in ("insert_overwrite", "truncate") else self.mode

    @property
    def by_partition(self) -> str:
        """What of a table with partitions is replaced."""
        return "dynamic" if self.mode == "insert_overwrite" else self.partition_overwrite


class TableSink(StagedSink[TableSinkOptions]):
    """Writes a table of Spark's catalog. A table that exists stays the same table, with its comment, properties and grants."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar[Sequence[str]] = ('{ name = "shop.daily", mode = overwrite, partition_by = [day] }',)

    @property
    def atomic(self) -> bool | None:
        """A new table appears at once, rows are added file by file; how rows are replaced depends on the table."""
        return {"error": True, "ignore": True, "append": False}.get(self.options.mode)

    @property
    def idempotent(self) -> bool:
        """Not every catalog knows which rows were added."""
        return self.options.way in ("overwrite", "ignore")

    @property
    def exclusive(self) -> bool:
        """Only rows that are added, and partitions that are replaced, leave room for another sink's."""
        return self.options.mode != "append" and self.options.by_partition == "static"

    def datasets(self) -> tuple[Dataset, ...]:
        """The table."""
        return (dataset(self.options.name),)

    def ping(self, context: Context) -> None:
        """Refuses a table that would be gone when the run ends."""
        guards.require_lasting(context, full_name(context.spark, self.options.name), self.options.format)

    def holds_rows(self, context: Context) -> bool:
        """Whether the table is there and has a row."""
        name = parts(self.options.name)
        return catalog.exists(context.spark, name) and bool(context.spark.table(quoted(name)).head(1))

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes the hidden table, after refusing what could not be published.

        With mode = ignore and a table that exists there is nothing to do, and Spark does nothing.
        """
        place = self._place(context, {})
        found = catalog.describe(context.spark, place.target)
        if found is not None and self.options.mode == "ignore":
            context.report(rows_written=0)
            return {"way": "none"}
        self._refuse(place, frame, found)
        staging.clear(place)
        began = time.time()
        ticket = self._write(place, frame, found)
        staged = catalog.described(context.spark, place.stage)
        context.report(rows_written=staging.rows_staged(context.spark, staged, began))
        if exactness.gives_back(context.spark, staged, frame.schema):
            return {**ticket, "exact": json.dumps(frame.columns)}
        return ticket

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows the rows, and lets Spark forget what it knew of the table."""
        if ticket["way"] == "none":
            return
        place = self._place(context, ticket)
        try:
            with place.alone():
                WAYS[ticket["way"]](place, ticket)
            if ticket["way"] != "ignore":  # then it is somebody else's, or was told when it was staged
                self._tell(place, place.target)
            context.spark.catalog.refreshTable(quoted(place.target))
            staging.clear(place)
        except OSError as error:
            raise PpfError(
                f"The table {place.name!r} could not be published: {error.strerror or error}: {error.filename!r}.",
                hint="What was staged is kept. Remove what is in the way, then run 'ppf runs recover'.",
            ) from error

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged, and puts back what was only half replaced."""
        place = self._place(context, ticket or {})
        if ticket is not None and ticket["way"] in ("create", "ignore"):
            creating.complete(place)
        if ticket is not None and ticket["way"] == "append":
            adding.withdraw(place, ticket)
        staging.clear(place)

    def staged(self, context: Context, ticket: Ticket) -> "DataFrame | None":
        """The rows of the hidden table; None when there is none, or no longer, or when it may not give back what it got."""
        stage = self._place(context, ticket).stage
        if "exact" not in ticket or not catalog.exists(context.spark, stage):
            return None
        return exactness.read(context.spark, stage, json.loads(ticket["exact"]))

    def _refuse(self, place: Place, frame: "DataFrame", found: "Description | None") -> None:
        guards.require_columns(self.options.partition_by, frame)
        if found is None:
            guards.require_new_name(place.target)
            guards.require_free_folder(place.spark, place.target, self.options.format)
            return
        if self.options.mode == "error":
            hint = "Set mode to overwrite, append or ignore."
            raise PpfError(f"The table {self.options.name!r} exists already.", hint=hint)
        guards.require_writable(found)
        guards.require_partitions(found, self.options.partition_by, self.options.by_partition)
        if self.options.comment is not None or self.options.properties:
            guards.require_tellable(found)
        guards.require_same_columns(place.spark, found, frame)

    def _write(self, place: Place, frame: "DataFrame", found: "Description | None") -> Ticket:
        mode = self.options.way
        if found is None:
            way = "ignore" if mode == "ignore" else "create"
            ticket = creating.stage(place, frame, self.options.format, self.options.partition_by, way)
            self._tell(place, place.stage)
            return ticket
        way = "partitions" if self.options.by_partition == "dynamic" else mode
        if found.is_of_files and not catalog.is_connect(place.spark):
            return staging.stage(place, frame, found, way)
        return statements.stage(place, frame, found, way)

    def _tell(self, place: Place, table: tuple[str, ...]) -> None:
        """Gives a table the comment and properties of the options, where it does not have them."""
        catalog.comment(place.spark, table, self.options.comment)
        catalog.set_properties(place.spark, table, self.options.properties)

    def _place(self, context: Context, ticket: Ticket) -> Place:
        return Place.of(context, full_name(context.spark, self.options.name), ticket)
