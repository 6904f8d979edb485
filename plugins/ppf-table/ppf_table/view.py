"""A view of the catalog: the name of a query over its tables, which is changed when the run publishes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Dataset, OptionsError, PpfError, StagedSink, TargetMoved, Ticket, option, options
from ppf_table import catalog, guards
from ppf_table.names import dataset, full_name, parts, quoted, text

if TYPE_CHECKING:
    from pyspark.errors import AnalysisException
    from pyspark.sql import DataFrame

    from ppf_table.catalog import Table

_NOT_THERE = "TABLE_OR_VIEW_NOT_FOUND"


@options
class ViewOptions:
    """What the view sink understands."""

    name: str = option("View to make or to change: view, schema.view or catalog.schema.view.")
    sql: str = option("The query over tables of the catalog that the view is.")
    comment: str | None = option("What the catalog says of the view.", default=None)

    def __post_init__(self) -> None:
        problems = {} if self.sql.strip() else {"sql": "must be a query"}
        try:
            parts(self.name)
        except ValueError as error:
            problems["name"] = str(error)
        if problems:
            raise OptionsError(problems)


class ViewSink(StagedSink[ViewOptions]):
    """Makes a view of the catalog, once what its inputs are checked for holds. It writes no rows."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar[Sequence[str]] = ('{ name = "shop.late", sql = "SELECT * FROM shop.daily WHERE delay > 15" }',)

    @property
    def atomic(self) -> bool | None:
        """The catalog changes a view in one step."""
        return True

    @property
    def idempotent(self) -> bool:
        """A view that is made again is the same."""
        return True

    def datasets(self) -> Sequence[Dataset]:
        """The view."""
        return (dataset(self.options.name),)

    def ping(self, context: Context) -> None:
        """Refuses a view that would be gone when the run ends."""
        guards.require_lasting(context, full_name(context.spark, self.options.name), "parquet")

    def holds_rows(self, context: Context) -> bool:
        """It never does."""
        return False

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Tries the query as a hidden view. A table that is not there yet may be published before this view is."""
        from pyspark.errors import AnalysisException, ParseException

        target = full_name(context.spark, self.options.name)
        found = catalog.describe(context.spark, target)
        if found is not None and not found.is_view:
            raise PpfError(f"{self.options.name!r} is a table, so it cannot become a view.", hint="Choose another name.")
        hidden = self._hidden(context)
        try:
            self._make(context, hidden)
        except (AnalysisException, ParseException) as error:
            if not _is_missing(error):
                raise PpfError(
                    f"The query of the view {self.options.name!r} is wrong: {_first_line(error)}",
                    hint="Correct the option 'sql'.",
                ) from error
            context.logger.warning("The view %r waits for a table: %s", self.options.name, _first_line(error))
        made = _query(context, hidden) or self.options.sql.strip().rstrip("; \n")
        self.discard(context, None)
        context.report(rows_written=0)
        return {"seen": _query(context, target), "made": made}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Makes the view, or gives it its new query."""
        from pyspark.errors import AnalysisException

        target = full_name(context.spark, self.options.name)
        if _query(context, target) not in (ticket["seen"], ticket["made"]):
            raise TargetMoved(
                f"The view {self.options.name!r} was changed by somebody else during the run, and stays as it is. Look at it, "
                "then run again."
            )
        try:
            self._make(context, target)
        except AnalysisException as error:
            raise TargetMoved(
                f"The view {self.options.name!r} cannot be made, and stays as it was: {_first_line(error)}"
            ) from error

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes the hidden view."""
        if context.spark.catalog.databaseExists(quoted(self._hidden(context)[:-1])):
            catalog.change(context.spark, f"DROP VIEW IF EXISTS {quoted(self._hidden(context))}")

    def _make(self, context: Context, name: "Table") -> None:
        comment = f" COMMENT {text(self.options.comment)}" if self.options.comment is not None else ""
        catalog.change(context.spark, f"CREATE OR REPLACE VIEW {quoted(name)}{comment} AS {self.options.sql}")

    def _hidden(self, context: Context) -> "Table":
        return (*full_name(context.spark, self.options.name)[:-1], f"_ppf_{context.write_id}")


def _query(context: Context, name: "Table") -> str:
    """The query of a view; empty where there is none."""
    found = catalog.describe(context.spark, name)
    return "" if found is None else found.details.get("View Text", "")


def _is_missing(error: "AnalysisException") -> bool:
    kind = error.getCondition() if hasattr(error, "getCondition") else error.getErrorClass()
    return kind is not None and kind.startswith(_NOT_THERE)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
