"""What the table sink gives back under settings of Spark, and in further formats; all else is in the cases that it ships."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from ppf_table import conformance as cases
from ppf_table.sink import TableSink
from ppf_testing.samples import OF_SPARK_4, Sample
from ppf_testing.staged_sinks import ExactStage, StagedSinkConformance
from pyspark.sql import SparkSession

from ppf_core.testing import context


class Table(cases.Table):
    plugin: ClassVar[Any] = TableSink


class ThereByHand(cases.ThereByHand):
    plugin: ClassVar[Any] = TableSink


class Counted:
    """The number of rows is that of the rows that are given, whatever the stage makes of them."""

    def test_rows_are_counted_as_they_are_given(self: Any, session: SparkSession, tmp_path: Path) -> None:
        told: list[int | None] = []
        here = replace(context(session), _report=lambda rows, _: told.append(rows))
        for values in ("'', ' a', concat('a', char(10), 'b')", "'', 'a'"):  # another attempt writes to the same place
            self.made(tmp_path).stage(here, self.given(session.sql(f"SELECT explode(array({values})) AS value")))
        assert told == [3, 2]


class TestParquetOfSpark4(Table, ExactStage):
    samples = OF_SPARK_4


class TestParquetByTexts(Counted, cases.ParquetByTexts, ExactStage):
    samples: ClassVar = ["texts"]


class TestParquetOfMilliseconds(Table, ExactStage):
    settings: ClassVar = {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MILLIS"}
    samples = cases.SOME


class TestParquetOfAnotherCalendar(Table, ExactStage):
    settings: ClassVar = {
        "spark.sql.parquet.datetimeRebaseModeInWrite": "LEGACY",
        "spark.sql.parquet.int96RebaseModeInWrite": "LEGACY",
        "spark.sql.session.timeZone": "America/New_York",
    }
    samples = cases.SOME


class TestParquetInOtherWays(Table, ExactStage):
    settings: ClassVar = {
        "spark.sql.parquet.enableVectorizedReader": "false",
        "spark.sql.session.timeZone": "Europe/Berlin",
        "spark.sql.caseSensitive": "true",
        "spark.sql.sources.useV1SourceList": "",
        "spark.sql.hive.manageFilesourcePartitions": "false",
    }
    samples = cases.SOME
    gives_back = cases.OF_PARQUET


class TestParquetThatIsThereWithTextsAsPartitions(ThereByHand, StagedSinkConformance):
    declared = "(n INT, value STRING) USING parquet PARTITIONED BY (value)"
    samples: ClassVar = [Sample("some texts", {"odd": "' a', 'a ', '', NULL"})]


class TestParquetWithPaddedTexts(ThereByHand, ExactStage):
    declared = "(value CHAR(32), n INT) USING parquet"


class TestParquetWithShortTexts(ThereByHand, ExactStage):
    declared = "(value VARCHAR(32), n INT) USING parquet"


class TestParquetWithOptions(ThereByHand, ExactStage):
    declared = "(value STRING, n INT) USING parquet OPTIONS (datetimeRebaseMode 'LEGACY')"


class TestOrc(Counted, Table, StagedSinkConformance):
    more: ClassVar = {"format": "orc"}
    samples = cases.SOME


class TestCsv(Counted, Table, StagedSinkConformance):
    more: ClassVar = {"format": "csv"}
    samples = cases.SOME
    may_refuse: ClassVar = ("maps",)


class TestText(Counted, Table, ExactStage):
    more: ClassVar = {"format": "text"}
    samples: ClassVar = [Sample("a text", {"value": "' a', 'a\\nb', '', NULL"})]


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
