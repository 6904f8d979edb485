"""Where the quarantined rows of a component go when no sink takes them: a folder of the run, below `runtime.data_dir`.

    <data_dir>/quarantine/<component>/run_id=<id>      shown at once, when the run publishes or is rejected
    <data_dir>/quarantine/<component>/.staged-<id>     until then

In a stream, each batch has a folder of its own below that of the run, and is staged under the id of its checkpoint, so that the
next run finds what one that was killed has left.

To a run it is one more staged sink, so that all that holds for the rows of sinks holds for these: the journal, the recovery.
"""

from typing import TYPE_CHECKING

from ppf_core.contracts.components import Source, StagedSink, Ticket
from ppf_core.contracts.context import Context, Dataset
from ppf_core.contracts.options import option, options
from ppf_core.errors import RunError
from ppf_core.spark.engines import engines
from ppf_core.spark.rules import OWN_COLUMNS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class QuarantineOptions:
    """Options of a quarantine folder."""

    path: str = option("Where the folders of the runs are: <data_dir>/quarantine/<component>.", path=True)
    run_id: str = option("The run.")
    stage: str | None = option("What the rows are called until they are shown; as the run, if not set.", default=None)


class QuarantineFolder(StagedSink[QuarantineOptions]):
    """Writes Parquet beside where it will lie, and shows it by giving it its name."""

    def datasets(self) -> tuple[Dataset, ...]:
        """The folder."""
        scheme, _, path = self._shown.partition(":")
        return (Dataset(scheme, path),)

    @property
    def idempotent(self) -> bool:
        """The folder of a run is replaced as a whole."""
        return True

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes the rows under a name that readers pass over."""
        engine = engines().engine(context.spark)
        engine.write_frame(frame, self._staged)
        rows = engine.count_stored(self._staged)
        context.report(rows_written=rows)
        return {"stage": self._staged, "target": self._shown, "rows": str(rows)}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Renames."""
        engines().engine(context.spark).show_frame(ticket["stage"], ticket["target"])

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was not shown."""
        engines().engine(context.spark).remove_frames(self._staged)

    @property
    def _shown(self) -> str:
        return f"{self.options.path}/run_id={self.options.run_id}"

    @property
    def _staged(self) -> str:
        return f"{self.options.path}/.staged-{self.options.stage or self.options.run_id}"


def quarantine_root(data_dir: str, component: str) -> str:
    """Where the folders of all runs are, as a URI."""
    return f"{data_dir}/quarantine/{component}"


def mark(run_id: str) -> str:
    """The cursor of a component that says by which run the rows of this one were replayed."""
    return f"replayed {run_id}"


@options
class ReplayOptions:
    """Options of what reads quarantined rows."""

    path: str = option("Where they lie.", path=True)
    run_id: str = option("The run that set them apart.")


class QuarantinedRows(Source[ReplayOptions]):
    """Reads the rows that a run set apart, once."""

    supports = frozenset({"classic"})

    def pin(self, context: Context) -> str:
        """The folder of a run does not change."""
        return self.options.path

    def read(self, context: Context) -> "DataFrame":
        """The rows as they were checked."""
        key = mark(self.options.run_id)
        by = context.state.get(key, context.run_id)
        if by != context.run_id:
            raise RunError(
                f"The quarantined rows of {context.component!r} of the run {self.options.run_id!r} were replayed by {by!r}."
            )
        context.advance(key, context.run_id)
        engine = engines().engine(context.spark)
        return engine.without_columns(engine.stored_rows(self.options.path), OWN_COLUMNS)
