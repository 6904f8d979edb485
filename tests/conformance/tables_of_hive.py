"""Tests that `test_tables` runs where Spark has the catalog of Hive, which keeps names and partitions in its own way."""

from typing import ClassVar

from ppf_testing.samples import SAMPLES
from ppf_testing.staged_sinks import ExactStage
from test_tables import PARQUET, SOME, Counted, Table, ThereByHand, with_numbers_and_days, with_texts


class TestParquet(Table, ExactStage):
    samples = SOME
    gives_back = PARQUET


class TestParquetByNumbersAndDays(Table, ExactStage):
    more: ClassVar = {"partition_by": ["Number", "day"]}
    samples = SOME
    gives_back = PARQUET
    given = with_numbers_and_days


class TestParquetByTexts(Counted, Table, ExactStage):
    more: ClassVar = {"partition_by": ["key"]}
    samples = SOME
    given = with_texts


class TestParquetThatIsThere(ThereByHand, ExactStage):
    declared = "(VALUE STRING, N INT) USING parquet"
    gives_back: ClassVar = ("a text and a number",)


class TestParquetThatIsThereWithPartitions(ThereByHand, ExactStage):
    declared = "(n INT, value STRING) USING parquet PARTITIONED BY (n)"
    gives_back: ClassVar = ("a text and a number",)


class TestTextOfHive(Counted, ThereByHand, ExactStage):
    declared = "(value STRING, n INT) STORED AS TEXTFILE"


class TestParquetOfHive(Counted, ThereByHand, ExactStage):
    declared = "(value STRING, n INT) STORED AS PARQUET"


class TestNewTextOfHive(Counted, Table, ExactStage):
    more: ClassVar = {"format": "hive"}
    samples: ClassVar = [sample for sample in SAMPLES if sample.name == "texts"]
