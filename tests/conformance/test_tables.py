"""The table sink, with the formats, partitions and tables that change what it stores."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ppf_table.sink import TableSink
from ppf_testing.samples import OF_SPARK_4, SAMPLES, Sample
from ppf_testing.staged_sinks import ExactStage, StagedSinkConformance
from pyspark.sql import DataFrame, SparkSession

from ppf_core.testing import context

PARQUET = {sample.name for sample in SAMPLES} - {"nothing", "spans of a calendar"}
SOME = [sample for sample in SAMPLES if sample.name in ("numbers", "texts", "moments", "maps", "no rows")]


class Table:
    """A table `out` in a schema of its own, which is replaced."""

    plugin: ClassVar[Any] = TableSink
    refused: ClassVar[Any] = ({"mode": "sometimes"},)
    settings: ClassVar[Mapping[str, str]] = {}
    more: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def session(self, spark: SparkSession, tmp_path: Path) -> Iterator[SparkSession]:
        session = spark.newSession()
        for key, value in self.settings.items():
            session.conf.set(key, value)
        session.sql(f"CREATE SCHEMA of_one_test LOCATION '{tmp_path}/schema'")
        session.sql("USE of_one_test")
        yield session
        session.sql("DROP SCHEMA of_one_test CASCADE")

    def options(self, _folder: Path) -> Mapping[str, Any]:
        return {"name": "out", "mode": "overwrite", **self.more}

    def shown(self, spark: SparkSession, _folder: Path) -> DataFrame | None:
        return spark.table("out") if spark.catalog.tableExists("out") else None

    def traces(self, spark: SparkSession, folder: Path) -> set[str]:
        files = {str(each.relative_to(folder)) for each in folder.rglob("*")}
        return files | {f"table {each.name}" for each in spark.catalog.listTables()}


class There(Table):
    """A table that is there, and fits."""

    def given(self, frame: DataFrame) -> DataFrame:
        if not frame.sparkSession.catalog.tableExists("out"):
            self.make(frame)
        return frame

    def make(self, frame: DataFrame) -> None:
        with_letters_of_its_own = frame.toDF(*(name.upper() for name in frame.columns))
        with_letters_of_its_own.limit(0).write.saveAsTable("out")


class ThereByHand(There):
    """A table of one text and one number."""

    declared: ClassVar[str]
    samples: ClassVar = [Sample("a text and a number", {"value": "' a', 'a ', '', NULL", "n": "1, 2, NULL"})]

    def given(self, frame: DataFrame) -> DataFrame:
        return super().given(frame if "n" in frame.columns else frame.selectExpr("*", "1 AS n"))

    def make(self, frame: DataFrame) -> None:
        frame.sparkSession.sql(f"CREATE TABLE out {self.declared}")


class Counted:
    """The number of rows is that of the rows that are given, whatever the stage makes of them."""

    def test_rows_are_counted_as_they_are_given(self: Any, session: SparkSession, tmp_path: Path) -> None:
        told: list[int | None] = []
        here = replace(context(session), _report=lambda rows, _: told.append(rows))
        for values in ("'', ' a', concat('a', char(10), 'b')", "'', 'a'"):  # another attempt writes to the same place
            self.made(tmp_path).stage(here, self.given(session.sql(f"SELECT explode(array({values})) AS value")))
        assert told == [3, 2]


def with_numbers_and_days(_suite: object, frame: DataFrame) -> DataFrame:
    number = "IF(monotonically_increasing_id() = 0, NULL, CAST(-128 AS TINYINT)) AS number"
    days = "element_at(array(NULL, DATE '0001-01-01', DATE '+12345-01-01'), CAST(monotonically_increasing_id() % 3 + 1 AS INT))"
    return frame.selectExpr(number, "*", f"{days} AS day")


def with_texts(_suite: object, frame: DataFrame) -> DataFrame:
    return frame.selectExpr("IF(monotonically_increasing_id() = 0, '', '01') AS key", "*")


class TestParquet(Table, StagedSinkConformance):
    samples = (*SAMPLES, *OF_SPARK_4)
    gives_back = PARQUET


class TestParquetByNumbersAndDays(Table, StagedSinkConformance):
    more: ClassVar = {"partition_by": ["Number", "day"]}
    samples = SOME
    gives_back = PARQUET
    given = with_numbers_and_days


class TestParquetByTexts(Counted, Table, StagedSinkConformance):
    more: ClassVar = {"partition_by": ["key"]}
    samples = SOME
    given = with_texts


class TestParquetOfMilliseconds(Table, ExactStage):
    settings: ClassVar = {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MILLIS"}
    samples = SOME


class TestParquetOfAnotherCalendar(Table, ExactStage):
    settings: ClassVar = {
        "spark.sql.parquet.datetimeRebaseModeInWrite": "LEGACY",
        "spark.sql.parquet.int96RebaseModeInWrite": "LEGACY",
        "spark.sql.session.timeZone": "America/New_York",
    }
    samples = SOME


class TestParquetInOtherWays(Table, ExactStage):
    settings: ClassVar = {
        "spark.sql.parquet.enableVectorizedReader": "false",
        "spark.sql.session.timeZone": "Europe/Berlin",
        "spark.sql.caseSensitive": "true",
        "spark.sql.sources.useV1SourceList": "",
        "spark.sql.hive.manageFilesourcePartitions": "false",
    }
    samples = SOME
    gives_back = PARQUET


class TestParquetThatIsThere(There, StagedSinkConformance):
    samples: ClassVar = [sample for sample in SAMPLES if sample.name in PARQUET]
    gives_back = PARQUET


class TestParquetThatIsThereWithPartitions(ThereByHand, StagedSinkConformance):
    declared = "(n INT, value STRING) USING parquet PARTITIONED BY (n)"
    more: ClassVar = {"partition_overwrite": "dynamic"}
    gives_back: ClassVar = ("a text and a number",)


class TestParquetThatIsThereWithTextsAsPartitions(ThereByHand, StagedSinkConformance):
    declared = "(n INT, value STRING) USING parquet PARTITIONED BY (value)"


class TestParquetWithPaddedTexts(ThereByHand, ExactStage):
    declared = "(value CHAR(3), n INT) USING parquet"


class TestParquetWithShortTexts(ThereByHand, ExactStage):
    declared = "(value VARCHAR(3), n INT) USING parquet"


class TestParquetWithOptions(ThereByHand, ExactStage):
    declared = "(value STRING, n INT) USING parquet OPTIONS (datetimeRebaseMode 'LEGACY')"


class TestOrc(Counted, Table, StagedSinkConformance):
    more: ClassVar = {"format": "orc"}
    samples = SOME


class TestCsv(Counted, Table, StagedSinkConformance):
    more: ClassVar = {"format": "csv"}
    samples = SOME
    may_refuse: ClassVar = ("maps",)


class TestCsvThatIsThere(Counted, ThereByHand, StagedSinkConformance):
    declared = "(value STRING, n INT) USING csv OPTIONS (ignoreLeadingWhiteSpace 'true')"
    more: ClassVar = {"mode": "append"}
    adds = True


class TestText(Counted, Table, ExactStage):
    more: ClassVar = {"format": "text"}
    samples: ClassVar = [Sample("a text", {"value": "' a', 'a\\nb', '', NULL"})]


class TestJsonByTexts(Table, StagedSinkConformance):
    more: ClassVar = {"format": "json", "partition_by": ["key"]}
    samples = SOME
    given = with_texts


def test_tables_of_hive_s_catalog_hold_as_well(tmp_path: Path) -> None:
    # Which catalog Spark has is settled when its process starts.
    settings = {
        "spark.sql.catalogImplementation": "hive",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={tmp_path}/metastore;create=true",
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={tmp_path}",
    }
    arguments = " ".join(f'--conf "{key}={value}"' for key, value in settings.items())
    environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": f"{arguments} pyspark-shell"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", Path(__file__).with_name("tables_of_hive.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    assert (tmp_path / "metastore").exists()
