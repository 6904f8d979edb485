"""Rows on the terminal."""

from typing import TYPE_CHECKING, ClassVar

from ppf_console.table import draw
from ppf_core import Context, OptionsError, Sink, option, options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


_MOST = 2**31 - 1


@options
class ConsoleOptions:
    """How much is printed."""

    rows: int = option("How many rows to print.", default=20)
    truncate: bool = option("Cut values that are longer than 20 characters.", default=True)

    def __post_init__(self) -> None:
        """Spark counts the rows that it shows with 32 bits."""
        if not 0 <= self.rows <= _MOST:
            raise OptionsError({"rows": f"must be from 0 to {_MOST}, not {self.rows}."})


class ConsoleSink(Sink[ConsoleOptions]):
    """Prints the first rows of a frame as a table."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("rows = 5", "rows = 100, truncate = false")

    def write(self, context: Context, frame: "DataFrame") -> None:
        """Prints to `sys.stdout`, which is standard error under `--json`."""
        wanted = self.options.rows
        # Spark makes the texts, as it does in `show`, which would cut them before a secret in them can be masked.
        numbered = frame.toDF(*map(str, range(len(frame.columns))))  # names may be there twice, or hold dots
        texts = [numbered[name] if kind == "binary" else numbered[name].cast("string") for name, kind in numbered.dtypes]
        rows = numbered.select(*texts).take(min(wanted + 1, _MOST))
        for line in draw(frame.columns, rows[:wanted], context.redact, truncate=self.options.truncate):
            print(line)  # noqa: T201 -- this is what the sink is for
        more = f"only showing top {wanted} row{'' if wanted == 1 else 's'}"
        print(more if len(rows) > wanted else "")  # noqa: T201 -- as above


class ConsoleStreamSink(ConsoleSink):
    """Prints the first rows of each batch of a stream as a table."""

    def write(self, context: Context, frame: "DataFrame") -> None:
        """A line with the number of the batch, and its rows."""
        print(f"Batch {context.write_id.number}")  # noqa: T201 -- this is what the sink is for
        super().write(context, frame)
