"""Cases for `ppf plugins test`: what is printed is caught."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_console.console import ConsoleSink, ConsoleStreamSink
from ppf_console.noop import NoopSink

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class _Printing:
    refused: ClassVar = ({"rows": -1}, {"rows": 2**31}, {"truncate": "a little"})

    def options(self, _folder: Path) -> Mapping[str, Any]:
        """More rows than there are."""
        return {"rows": 100, "truncate": False}

    @contextmanager
    def writing(self, folder: Path) -> Iterator[None]:
        """Into a file."""
        with (folder / "printed").open("a") as file, redirect_stdout(file):
            yield

    def printed(self, folder: Path) -> list[str]:
        """The rows of the tables."""
        rows = [line.strip("|").strip() for line in (folder / "printed").read_text().splitlines() if line.startswith("|")]
        return [row for row in rows if row != "value"]


class Print(_Printing):
    """A table."""

    plugin = ConsoleSink

    def shown(self, _spark: "SparkSession", folder: Path) -> Sequence[str]:
        """Its rows."""
        return self.printed(folder)


class PrintBatches(_Printing):
    """A table for each batch; one that is tried again is printed again."""

    plugin = ConsoleStreamSink
    again = "twice"

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame":
        """The rows of all batches."""
        return spark.createDataFrame([(row,) for row in self.printed(folder)], "value STRING")


class Compute:
    """All rows, and none are kept."""

    plugin = NoopSink
    is_unseen = True
    refused: ClassVar = ({"rows": 1},)

    def options(self, _folder: Path) -> Mapping[str, Any]:
        """There are none."""
        return {}
