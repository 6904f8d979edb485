"""Cases for `ppf plugins test`: tables that are new, that are there, and that have partitions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ppf_table.sink import TableSink
from ppf_table.source import TableSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SOME = ("numbers", "texts", "moments", "maps", "no rows")
OF_PARQUET = (
    *("booleans", "numbers", "decimals", "floats", "texts", "bytes", "days", "moments", "local moments", "spans"),
    *("lists", "structs", "maps", "odd names", "a name of nothing", "no rows"),
)


class InASchema:
    """A schema of its own for each test."""

    schema: str

    @pytest.fixture(autouse=True)
    def _schema_of_its_own(self, spark: "SparkSession", tmp_path: Path) -> Iterator[None]:
        self.schema = tmp_path.name
        spark.sql(f"CREATE SCHEMA {self.schema} LOCATION '{tmp_path}/schema'")
        yield
        spark.sql(f"DROP SCHEMA {self.schema} CASCADE")


class Read(InASchema):
    """A table that is made anew."""

    plugin = TableSource
    refused: ClassVar = ({"name": ""}, {"name": "a..b"})
    missing: ClassVar = {"name": "default.nothing_here"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its name."""
        return {"name": f"{folder.name}.read"}

    def prepare(self, spark: "SparkSession", _folder: Path) -> None:
        """One row."""
        spark.sql("SELECT 'Ada' AS name").write.saveAsTable(f"{self.schema}.read")


class Table(InASchema):
    """A table `out`, which is replaced."""

    refused: ClassVar[Any] = ({"mode": "sometimes"}, {"name": "a..b"}, {"partition_by": 1})
    more: ClassVar[Mapping[str, Any]] = {}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its name."""
        return {"name": f"{folder.name}.out", "mode": "overwrite", **self.more}

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame | None":
        """The table."""
        return spark.table(f"{folder.name}.out") if spark.catalog.tableExists(f"{folder.name}.out") else None

    def traces(self, spark: "SparkSession", folder: Path) -> set[str]:
        """Files, and tables of the schema."""
        files = {str(each.relative_to(folder)) for each in folder.rglob("*")}
        return files | {f"table {each.name}" for each in spark.catalog.listTables(folder.name)}


class There(Table):
    """A table that is there, and fits."""

    def given(self, frame: "DataFrame") -> "DataFrame":
        """The same, once there is the table."""
        if not frame.sparkSession.catalog.tableExists(f"{self.schema}.out"):
            self.make(frame)
        return frame

    def make(self, frame: "DataFrame") -> None:
        """With letters of its own."""
        frame.toDF(*(name.upper() for name in frame.columns)).limit(0).write.saveAsTable(f"{self.schema}.out")


class ThereByHand(There):
    """A table of one text and one number."""

    declared: ClassVar[str]
    samples: ClassVar[Any] = ("texts",)

    def given(self, frame: "DataFrame") -> "DataFrame":
        """A text, and 1 or NULL."""
        text = "value" if "value" in frame.columns else "odd"
        number = "IF(monotonically_increasing_id() % 3 = 2, NULL, 1) AS n"
        return super().given(frame.selectExpr(f"{text} AS value", number))

    def make(self, frame: "DataFrame") -> None:
        """As it is declared."""
        frame.sparkSession.sql(f"CREATE TABLE {self.schema}.out {self.declared}")


class Parquet(Table):
    """All types."""

    plugin = TableSink
    gives_back: ClassVar[Sequence[str]] = OF_PARQUET


class ParquetByNumbersAndDays(Table):
    """Partitions of numbers and days, of which NULL is one."""

    plugin = TableSink
    more: ClassVar = {"partition_by": ["Number", "day"]}
    samples: ClassVar = SOME
    gives_back: ClassVar = OF_PARQUET

    def given(self, frame: "DataFrame") -> "DataFrame":
        """With these columns."""
        row = "monotonically_increasing_id()"
        days = f"element_at(array(NULL, DATE '0001-01-01', DATE '+12345-01-01'), CAST({row} % 3 + 1 AS INT)) AS day"
        return frame.selectExpr(f"IF({row} = 0, NULL, CAST(-128 AS TINYINT)) AS number", "*", days)


class _ByTexts(Table):
    more: ClassVar[Mapping[str, Any]] = {"partition_by": ["key"]}
    samples: ClassVar = SOME

    def given(self, frame: "DataFrame") -> "DataFrame":
        """With texts that look like a number, or like nothing."""
        return frame.selectExpr("IF(monotonically_increasing_id() = 0, '', '01') AS key", "*")


class ParquetByTexts(_ByTexts):
    """Partitions of texts, which are not read back as they were."""

    plugin = TableSink


class JsonByTexts(_ByTexts):
    """The same in a format of texts."""

    plugin = TableSink
    more: ClassVar = {"partition_by": ["key"], "format": "json"}


class ParquetThatIsThere(There):
    """All types, in a table that stays the same table."""

    plugin = TableSink
    samples: ClassVar = OF_PARQUET
    gives_back: ClassVar = OF_PARQUET


class ParquetThatIsThereWithPartitions(ThereByHand):
    """Only the partitions are replaced that the rows have."""

    plugin = TableSink
    declared = "(n INT, value STRING) USING parquet PARTITIONED BY (n)"
    more: ClassVar = {"partition_overwrite": "dynamic"}
    gives_back: ClassVar = ("texts",)


class CsvThatIsThere(ThereByHand):
    """Rows are added to those that are there."""

    plugin = TableSink
    declared = "(value STRING, n INT) USING csv OPTIONS (ignoreLeadingWhiteSpace 'true')"
    more: ClassVar = {"mode": "append"}
    adds = True
