"""Cases for `ppf plugins test`: each format, in the sets of options that change what is stored or read."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_files.binary import BinarySource
from ppf_files.sinks import CsvSink, JsonSink, OrcSink, ParquetSink, TextSink
from ppf_files.sources import CsvSource, JsonSource, OrcSource, ParquetSource, TextSource
from ppf_files.stream_sink import FilesSink
from ppf_files.stream_source import FilesSource
from ppf_files.xml import XmlSink, XmlSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SOME = ("numbers", "texts", "moments", "maps", "no rows")
_OF_ORC = ("booleans", "numbers", "decimals", "floats", "texts", "bytes", "lists")
_OF_PARQUET = (
    *_OF_ORC,
    "days",
    "moments",
    "local moments",
    "spans",
    "structs",
    "maps",
    "odd names",
    "a name of nothing",
    "no rows",
)


class _Read:
    """One file, which is replaced."""

    format: ClassVar[str]
    more: ClassVar[Mapping[str, Any]] = {}
    refused: ClassVar[Any] = ({"reader": "all of it"},)
    missing: ClassVar[Mapping[str, Any]] = {"path": "/nowhere/else"}
    runs_jobs = True

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its path."""
        return {"path": str(folder / "in"), **self.more}

    def prepare(self, spark: "SparkSession", folder: Path) -> None:
        """With one name."""
        self._save(spark, folder, "Ada")

    def change(self, spark: "SparkSession", folder: Path) -> None:
        """With another one."""
        self._save(spark, folder, "Grace")

    def _save(self, spark: "SparkSession", folder: Path, name: str) -> None:
        writer = spark.sql(f"SELECT '{name}' AS name").write.format(self.format).option("header", True)
        writer.mode("overwrite").option("rowTag", "person").save(str(folder / "in"))


class ReadCsv(_Read):
    """Found columns."""

    plugin = CsvSource
    format = "csv"


class ReadCsvOfSchema(_Read):
    """Columns that are given."""

    plugin = CsvSource
    format = "csv"
    more: ClassVar = {"schema": "name STRING", "columns": "by_name"}


class ReadJson(_Read):
    """A document a line."""

    plugin = JsonSource
    format = "json"


class ReadParquet(_Read):
    """Columns of the files."""

    plugin = ParquetSource
    format = "parquet"


class ReadOrc(_Read):
    """Columns that are given."""

    plugin = OrcSource
    format = "orc"
    more: ClassVar = {"schema": "name STRING"}


class ReadText(_Read):
    """Lines."""

    plugin = TextSource
    format = "text"


class ReadXml(_Read):
    """Elements."""

    plugin = XmlSource
    format = "xml"
    more: ClassVar = {"row_tag": "person"}


class ReadBinary(_Read):
    """Whole files."""

    plugin = BinarySource
    format = "text"


class _Folder:
    """A folder `out`, which is replaced."""

    plugin: ClassVar[Any]
    format: ClassVar[str]
    refused: ClassVar[Any] = ({"mode": "sometimes"},)
    more: ClassVar[Mapping[str, Any]] = {}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its path."""
        return {"path": str(folder / "out"), "mode": "overwrite", **self.more}

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame | None":
        """What Spark reads."""
        reader = spark.read.option("header", True).option("rowTag", "ROW").format(self.format)
        return reader.load(str(folder / "out")) if (folder / "out").exists() else None


class WriteParquet(_Folder):
    """All types."""

    plugin = ParquetSink
    format = "parquet"
    more: ClassVar = {"writer": {"compression": "gzip"}}
    gives_back = splits = _OF_PARQUET


class WriteParquetAppended(_Folder):
    """One sorted file beside the others, where Spark writes one folder at a time."""

    plugin = ParquetSink
    format = "parquet"
    settings: ClassVar = {"spark.sql.maxConcurrentOutputFileWriters": "1"}
    more: ClassVar = {"mode": "append", "sort_by": ["id"], "coalesce": 1, "max_records_per_file": 1}
    adds = True
    samples = _SOME
    gives_back = splits = _OF_PARQUET

    def given(self, frame: "DataFrame") -> "DataFrame":
        """With the column that is sorted by."""
        return frame if "id" in frame.columns else frame.selectExpr("*", "0 AS id")


class WriteParquetInFolders(_Folder):
    """Of numbers and days, of which only those are replaced that the rows have."""

    plugin = ParquetSink
    format = "parquet"
    more: ClassVar = {"partition_by": ["Number", "day"], "partition_overwrite": "dynamic", "sort_by": ["day"]}
    samples = _SOME
    gives_back = splits = _OF_PARQUET

    def given(self, frame: "DataFrame") -> "DataFrame":
        """With these columns, in which NULL is as well."""
        number = "CAST(CASE monotonically_increasing_id() % 3 WHEN 0 THEN NULL ELSE -128 END AS TINYINT) AS number"
        return frame.selectExpr(number, "*", "DATE '1582-10-10' AS day")


class WriteOrc(_Folder):
    """Two files."""

    plugin = OrcSink
    format = "orc"
    more: ClassVar = {"repartition": 2}
    gives_back = splits = _OF_ORC


class WriteCsv(_Folder):
    """Texts, which readers understand anew."""

    plugin = CsvSink
    format = "csv"


class WriteJson(_Folder):
    """In folders of texts."""

    plugin = JsonSink
    groups = ("sinks",)
    format = "json"
    more: ClassVar = {"partition_by": ["key"], "partition_overwrite": "dynamic"}

    def given(self, frame: "DataFrame") -> "DataFrame":
        """With texts that look like a number, or like nothing."""
        return frame.selectExpr("IF(monotonically_increasing_id() = 0, '', '01') AS key", "*")


class WriteXml(_Folder):
    """An element a row."""

    plugin = XmlSink
    format = "xml"
    samples = _SOME


class WriteText(_Folder):
    """One column."""

    plugin = TextSink
    format = "text"
    may_refuse: ClassVar = ("booleans",)


class _Stream(_Folder):
    """A folder to which batches are added."""

    groups = ("streaming_sinks",)

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its path."""
        return {"path": str(folder / "out"), **self.more}


class StreamToParquet(_Stream):
    """The sink of streams."""

    plugin = FilesSink
    format = "parquet"
    refused: ClassVar[Any] = ({"format": "parket"}, {"mode": "error"}, {"writer": {"compression": []}})


class StreamToCsv(_Stream):
    """The same, with texts in quotes."""

    plugin = FilesSink
    format = "csv"
    more: ClassVar = {"format": "csv", "writer": {"quoteAll": True}}
    refused: ClassVar[Any] = ({"writer": {"sep": ",", "delimiter": ";"}},)


class StreamToJsonInFolders(_Stream):
    """A sink of batches in a stream."""

    plugin = JsonSink
    format = "json"
    more: ClassVar = {"mode": "append", "partition_by": ["day"], "coalesce": 1}
    refused: ClassVar[Any] = ({"partition_by": 1}, {"mode": "add"}, {"coalesce": 0})

    def given(self, frame: "DataFrame") -> "DataFrame":
        """With a column for the folders."""
        return frame.selectExpr("IF(value = 'b', NULL, 1) AS day", "*")


class _Watched:
    """A folder `in`, with a file for each value."""

    plugin = FilesSource
    more: ClassVar[Mapping[str, Any]]

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its path."""
        return {"path": str(folder / "in"), **self.more}

    def prepare(self, spark: "SparkSession", folder: Path) -> None:
        """Empty."""
        (folder / "in").mkdir()

    def feed(self, spark: "SparkSession", folder: Path, value: str) -> None:
        """A file that comes as a whole."""
        (folder / f"{value}.new").write_text(self._text(value))
        (folder / f"{value}.new").rename(folder / "in" / f"{value}.txt")

    def _text(self, value: str) -> str:
        return value


class StreamOfText(_Watched):
    """Lines."""

    more: ClassVar = {"format": "text"}
    refused: ClassVar[Any] = ({"format": "txt"}, {"max_files_per_trigger": 0}, {"reader": {"wholetext": []}})


class StreamOfCsvOneByOne(_Watched):
    """One file a batch."""

    more: ClassVar = {"format": "csv", "schema": "value STRING", "max_files_per_trigger": 1}
    refused: ClassVar[Any] = ({"schema": None}, {"schema": "value STRINGG"})

    def _text(self, value: str) -> str:
        return f"value\n{value}\n"
