"""Tests that `test_tables` runs where Spark has the catalog of Hive, which keeps names and partitions in its own way."""

from typing import ClassVar

from ppf_table import conformance as cases
from ppf_testing.staged_sinks import ExactStage
from test_tables import Counted, Table, ThereByHand


class TestParquet(cases.Parquet, ExactStage):
    samples = cases.SOME


class TestParquetByNumbersAndDays(cases.ParquetByNumbersAndDays, ExactStage):
    pass


class TestParquetByTexts(Counted, cases.ParquetByTexts, ExactStage):
    pass


class TestParquetThatIsThere(ThereByHand, ExactStage):
    declared = "(VALUE STRING, N INT) USING parquet"
    gives_back: ClassVar = ("texts",)


class TestParquetThatIsThereWithPartitions(ThereByHand, ExactStage):
    declared = "(n INT, value STRING) USING parquet PARTITIONED BY (n)"
    gives_back: ClassVar = ("texts",)


class TestTextOfHive(Counted, ThereByHand, ExactStage):
    declared = "(value STRING, n INT) STORED AS TEXTFILE"


class TestParquetOfHive(Counted, ThereByHand, ExactStage):
    declared = "(value STRING, n INT) STORED AS PARQUET"


class TestNewTextOfHive(Counted, Table, ExactStage):
    more: ClassVar = {"format": "hive"}
    samples: ClassVar = ["texts"]
