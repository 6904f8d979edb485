"""What a sink promises that shows its rows at once, as a suite of tests: subclass it once for each set of options that matters.

    class TestPost(SinkConformance):
        plugin = PostSink

        def options(self, folder):
            return {"url": self.server.url}

        def shown(self, spark, folder):
            return self.server.texts

A sink passes when all rows arrive, also none; when what is wrong with a row fails the write; and when writing the same write
again shows them once if it says that it is idempotent, and twice if it does not: then a retry needs the word of the pipeline's
file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ppf_core import Sink, WriteId
from ppf_core.testing import context
from ppf_testing.plugins import WritingConformance

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class UnseenSinkConformance(WritingConformance):
    """The suite for sinks whose rows nobody sees, since they measure or try something; a case says so with `is_unseen`."""

    plugin: ClassVar[type[Sink[Any]]]

    def given(self, frame: "DataFrame") -> "DataFrame":
        """A frame as this sink can take it, made of one with the column `value`."""
        return frame

    def write(self, spark: "SparkSession", folder: Path, *values: str, number: int = 0) -> None:
        """Writes rows of one text each, with a new instance. number: of the write; the same one is the same write."""
        sink = self.made(folder)
        listed = ", ".join(f"'{value}'" for value in values) or "'nothing'"
        frame = spark.sql(f"SELECT explode(array({listed})) AS value")
        with self.writing(folder):
            sink.write(
                context(spark, write_id=WriteId("conformance", number)), self.given(frame if values else frame.where("false"))
            )
        sink.close()

    def test_what_is_wrong_with_a_row_fails_the_write(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Where a row or a column is not computed, or an error is kept, a run ends well that has not done its work."""
        frame = self.given(spark.sql("SELECT explode(array('good', 'bad')) AS value"))
        text = "IF(value = 'bad', CAST(raise_error('bad luck') AS STRING), value) AS value"
        others = (f"`{name}`" for name in frame.columns if name != "value")
        with self.writing(tmp_path), pytest.raises(Exception, match="bad luck"):
            self.made(tmp_path).write(context(spark), frame.selectExpr(*others, text))


class SinkConformance(UnseenSinkConformance):
    """The whole suite."""

    def shown(self, spark: "SparkSession", folder: Path) -> Sequence[str]:
        """The texts of the column `value` that a reader of the target sees, in any order."""
        raise NotImplementedError

    def test_all_rows_arrive(self, spark: "SparkSession", tmp_path: Path) -> None:
        """Also two that are equal."""
        self.write(spark, tmp_path, "one", "two", "two")
        assert sorted(self.shown(spark, tmp_path)) == ["one", "two", "two"]

    def test_another_write_is_another_one(self, spark: "SparkSession", tmp_path: Path) -> None:
        """A sink that knows a write by its target alone would lose all but the first."""
        self.write(spark, tmp_path, "one")
        self.write(spark, tmp_path, "two", number=1)
        assert "two" in self.shown(spark, tmp_path)

    def test_no_rows_are_no_error(self, spark: "SparkSession", tmp_path: Path) -> None:
        """A day on which nothing came is a day like any other."""
        self.write(spark, tmp_path)
        assert list(self.shown(spark, tmp_path)) == []

    def test_it_is_idempotent_if_it_says_so_and_only_then(self, spark: "SparkSession", tmp_path: Path) -> None:
        """The kernel tries a write again only where it does no harm."""
        for _ in range(2):
            self.write(spark, tmp_path, "one")
        times = len(self.shown(spark, tmp_path))
        if self.made(tmp_path).idempotent:
            assert times == 1, "It says that it is idempotent, and shows a write twice."
        else:
            assert times == 2, "Writing twice shows a row once: say so with `idempotent`, and retries are safe."
