"""Rows on the terminal."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Sink, option, options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class ConsoleOptions:
    """How much is printed."""

    rows: int = option("How many rows to print.", default=20)
    truncate: bool = option("Cut values that are longer than 20 characters.", default=True)

    def __post_init__(self) -> None:
        """Spark counts the rows that it shows with 32 bits."""
        if not 0 <= self.rows < 2**31:
            raise OptionsError({"rows": f"must be from 0 to {2**31 - 1}, not {self.rows}."})


class ConsoleSink(Sink[ConsoleOptions]):
    """Prints the first rows of a frame as a table."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("rows = 5", "rows = 100, truncate = false")

    def write(self, context: Context, frame: "DataFrame") -> None:
        """Prints to `sys.stdout`, which is standard error under `--json`."""
        frame.show(self.options.rows, self.options.truncate)
