"""Cases for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_memory.memory import MemorySink

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Table:
    """A table of the session, which starts anew with each start of the stream."""

    plugin = MemorySink
    again = "anew"
    refused: ClassVar = [{"table": "a table"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        """A table of its own for each test."""
        return {"table": f"t_{folder.name}"}

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame":
        """All rows of the table."""
        return spark.table(f"global_temp.t_{folder.name}")
