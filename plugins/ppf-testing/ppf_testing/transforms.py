"""What every transform promises, as a suite of tests: subclass it once for each set of options that matters.

    class TestFilter(TransformConformance):
        plugin = FilterTransform

        def options(self, folder):
            return {"where": "id > 1"}

        def inputs(self, spark):
            return {"rows": spark.range(10).toDF("id")}

A transform passes when no job runs while it plans; when the rows that it gives do not depend on the order or the partitions in
which they came; when it has the same columns without rows; and when these are the ones that it tells.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Transform
from ppf_core.testing import context
from ppf_testing.plugins import PluginConformance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class TransformConformance(PluginConformance):
    """The whole suite."""

    plugin: ClassVar[type[Transform[Any]]]
    is_any: ClassVar[bool] = False
    """Whether it may keep any of the rows, as a limit does; then only their number counts."""
    rows_of_nothing: ClassVar[int] = 0
    """How many rows it makes of none: a total has one."""

    def inputs(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """Alias → a frame of at least some rows."""
        raise NotImplementedError

    def frames(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """Of the components that its options name."""
        return {}

    def content(self, frame: "DataFrame") -> "Counter[str]":
        """What is compared; a sum of doubles, or a list without an order, needs one of its own."""
        return Counter(map(str, frame.collect()))

    def given(self, inputs: "Mapping[str, DataFrame]", folder: Path) -> "DataFrame":
        """What it makes of them."""
        (spark, *_) = [frame.sparkSession for frame in inputs.values()]
        frame: DataFrame = self.made(folder).transform(context(spark, frames=self.frames(spark)), inputs)
        return frame

    def test_no_job_runs_while_it_plans(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Its frame is lazy: only the kernel asks for rows."""
        inputs = self.inputs(spark)
        spark.sparkContext.setJobGroup(str(tmp_path), "planning")
        self.given(inputs, tmp_path)
        assert list(spark.sparkContext.statusTracker().getJobIdsForGroup(str(tmp_path))) == []

    def test_the_rows_are_the_same_however_they_come(self, spark: "SparkSession", tmp_path: Path) -> None:
        """In any order, in any partitions, also when it is tried again."""
        one = self.given(self.inputs(spark), tmp_path)
        other = self.given({alias: _turned(frame) for alias, frame in self.inputs(spark).items()}, tmp_path)
        assert one.schema == other.schema
        first, second = self.content(one), self.content(other)
        assert first, "It gave no rows: `inputs` has to hold some that it keeps."
        assert first == second or (self.is_any and sum(first.values()) == sum(second.values()))

    def test_without_rows_the_columns_are_the_same(self, spark: "SparkSession", tmp_path: Path) -> None:
        """A day on which nothing came is a day like any other."""
        inputs = self.inputs(spark)
        nothing = self.given({alias: frame.where("false") for alias, frame in inputs.items()}, tmp_path)
        assert (nothing.dtypes, nothing.count()) == (self.given(inputs, tmp_path).dtypes, self.rows_of_nothing)

    def test_a_schema_that_it_tells_is_the_one_that_comes(self, spark: "SparkSession", tmp_path: Path) -> None:
        """The plan stands on that schema before anything runs."""
        told = self.made(tmp_path).output_schema
        if told is not None:
            assert spark.createDataFrame([], told).dtypes == self.given(self.inputs(spark), tmp_path).dtypes


def _turned(frame: "DataFrame") -> "DataFrame":
    """The same rows in other partitions, the last ones first, by the first column that has an order."""
    names = [each.name for each in frame.schema if not re.search("map<|variant", each.dataType.simpleString())]
    order = [frame["`{}`".format(name.replace("`", "``"))].desc() for name in names[:1]]
    turned = frame.repartition(5)
    return turned.sortWithinPartitions(*order) if order else turned
