"""Good and bad rows in one pass, beside and in real tables: where it is done, and what stands in its way."""

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from delta_reader import commits, files, ids, staged
from ppf_delta import splitting
from ppf_delta.sink import DeltaSink
from ppf_testing.samples import SAMPLES
from ppf_testing.splitting_sinks import SplitConformance
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PipelineRunner, Ticket, WriteId
from ppf_core.testing import build, context


class TestAppend(SplitConformance):
    plugin = DeltaSink
    adds = True
    samples: ClassVar = [sample for sample in SAMPLES if sample.name in ("numbers", "texts")]
    splits = ("numbers", "texts")

    def options(self, folder: Path) -> dict[str, Any]:
        return {"path": str(folder / "out"), "mode": "append"}

    def shown(self, spark: SparkSession, folder: Path) -> DataFrame | None:
        path = folder / "out"
        return spark.read.format("delta").load(str(path)) if (path / "_delta_log").exists() else None

    def traces(self, spark: SparkSession, folder: Path) -> set[str]:
        """Each stage has a name of its own."""
        return {re.sub(r"/[0-9a-f]{8}(?=/|$)", "/token", trace) for trace in super().traces(spark, folder)}


class Splitting:
    """Splits of rows `id`, `day`, `name` into the table `t` of a folder; bad where `is_bad`."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.folder, self.number = spark, folder, 0

    def split(self, rows: str, is_bad: str, **options: Any) -> list[int] | None:
        """The ids of the bad rows, once the good ones are in the table; None where it is not split."""
        sink = build(DeltaSink, self.folder, path="t", **{"mode": "append", **options})
        self.number += 1
        here = context(self.spark, write_id=WriteId("splits", self.number))
        frame = self.spark.sql(f"SELECT *, {is_bad} AS bad FROM VALUES {rows} AS t(id, day, name)")  # noqa: S608 -- ours
        assert sink.can_split
        found: tuple[Ticket, DataFrame] | None
        try:
            found = sink.stage_split(here, frame, "bad")
        except Exception:
            sink.discard(here, None)
            raise
        if found is None:
            return None
        bad = sorted(row.id for row in found[1].collect())
        sink.publish(here, json.loads(json.dumps(found[0])))
        sink.publish(here, found[0])
        return bad


def test_tables_that_are_split_keep_their_rules_and_their_files(spark: SparkSession, tmp_path: Path) -> None:
    of, table = Splitting(spark, tmp_path), tmp_path / "t"
    spark.sql(
        f"CREATE TABLE delta.`{table}` (id INT NOT NULL, day INT, name STRING) USING delta PARTITIONED BY (day) "
        "TBLPROPERTIES (delta.dataSkippingStatsColumns = 'id', delta.enableChangeDataFeed = true)"
    )
    spark.sql(f"ALTER TABLE delta.`{table}` ADD CONSTRAINT short CHECK (length(name) < 3)")
    # What breaks the rules of the table is set apart, and never asked for them.
    assert of.split("(1, 7, 'a'), (2, 7, 'long'), (3, NULL, 'c')", "length(name) > 2") == [2]
    assert (ids(table), staged(table)) == ((1, 3), [])
    for broken, rule in (("(9, 7, 'long')", "breaks CHECK short of the table"), ("(NULL, 7, 'a')", "breaks NOT NULL")):
        with pytest.raises(Exception, match=rule):
            of.split(f"{broken}, (4, 7, 'b')", "false")
    log = [json.loads(line) for file in sorted((table / "_delta_log").glob("*.json")) for line in file.open()]
    added = [each["add"] for each in log if "add" in each]
    assert sorted(str(each["partitionValues"]) for each in added) == ["{'day': '7'}", "{'day': None}"]
    assert [sorted(json.loads(each["stats"])["minValues"]) for each in added] == [["id"], ["id"]]
    # Only what rows come for is replaced, and a bad row may lie anywhere.
    assert of.split("(5, 7, 'e'), (6, 9, 'f')", "day = 9", mode="overwrite", replace_where="day = 7") == [6]
    assert of.split("(7, 8, 'g'), (8, 7, 'h')", "day = 7", mode="overwrite", partition_overwrite="dynamic") == [8]
    assert (ids(table), commits(table)) == ((3, 5, 7), 5)
    assert of.split("(1, 1, 'a'), (2, 1, 'b')", "true", mode="overwrite") == [1, 2]
    assert ids(table) == ()
    read = [row.id for row in spark.read.format("delta").option("versionAsOf", 4).load(str(table)).orderBy("id").collect()]
    assert read == [3, 5, 7]


def test_what_a_new_table_would_not_do_is_left_to_the_stage(spark: SparkSession, tmp_path: Path) -> None:
    rows, of = "(1, 7, 'a'), (2, 7, 'b')", Splitting(spark, tmp_path)
    assert not build(DeltaSink, tmp_path, path="t", mode="merge", keys=["id"]).can_split
    assert not build(DeltaSink, tmp_path, path="t", mode="append", merge_schema=True).can_split
    assert of.split(rows, "id = 1", properties={"delta.columnMapping.mode": "name"}) is None
    assert list(tmp_path.iterdir()) == []
    # A table that is made of what is split has its partitions, and not that of the mask.
    assert of.split(rows, "id = 1", mode="error", partition_by=["day"], properties={"delta.appendOnly": "true"}) == [1]
    told = spark.sql(f"DESCRIBE DETAIL delta.`{tmp_path}/t`").collect()[0]
    assert (told.partitionColumns, told.properties["delta.appendOnly"]) == (["day"], "true")
    assert spark.read.format("delta").load(str(tmp_path / "t")).columns == ["id", "day", "name"]
    assert of.split(rows, "id = 1", mode="ignore") is None
    for number, (columns, more) in enumerate(
        (
            ("id LONG, day INT, name STRING", ""),
            ("id INT, day INT, name STRING, more INT", ""),
            ("id INT, day INT GENERATED ALWAYS AS (id + 6), name STRING", ""),
            ("id INT, day INT, name VARCHAR(9)", ""),
            ("id INT, day INT, name STRING", "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"),
            ("id INT, day INT, name STRING", "CLUSTER BY (id)"),
        )
    ):
        of.folder = tmp_path / str(number)
        spark.sql(f"CREATE TABLE delta.`{of.folder}/t` ({columns}) USING delta {more}")
        before = sorted(of.folder.rglob("*"))
        assert of.split(rows, "id = 1") is None, (columns, more)
        assert sorted(of.folder.rglob("*")) == before


def test_a_run_computes_a_dear_frame_once(spark: SparkSession, tmp_path: Path) -> None:
    """A frame that gives other rows each time would lose some, and have others twice, if it was read again for the bad ones."""
    (tmp_path / "p.conf").write_text("""
name = once
components {
  some { source = range, options { end = 300 } }
  odd  { transform = sql, inputs = [some]
         options { query = "SELECT id, reflect('java.util.UUID', 'randomUUID') AS chance FROM some" }
         quality = [ { check = expression, options { sql = "crc32(chance) % 2 = 0" }
                       action = quarantine, quarantine_to = bad } ] }
  good { sink = delta, inputs = [odd], options { path = good, mode = append } }
  bad  { sink = delta, options { path = bad, mode = append } }
}
""")
    result = PipelineRunner.from_file(tmp_path / "p.conf").run(spark=spark)
    assert result.status == "success", result
    good, bad = ids(tmp_path / "good"), ids(tmp_path / "bad")
    assert sorted([*good, *bad]) == list(range(300))
    assert any("ppf_bad=false" in str(file) for file in files(tmp_path / "good"))
    assert list(tmp_path.glob("good/ppf-*/*/ppf_bad=true")) == []
    assert result["good"].rows_written == len(good)


def test_defaults_of_the_session_and_names_of_columns_stand_in_the_way(spark: SparkSession, tmp_path: Path) -> None:
    rows, of = "(1, 7, 'a'), (2, 7, 'b')", Splitting(spark, tmp_path)
    assert of.split(rows, "id = 1") == [1]
    of.spark = spark.newSession()
    of.spark.conf.set("spark.databricks.delta.properties.defaults.columnMapping.mode", "name")
    assert of.split(rows, "id = 1") is None  # the stage would be written as a new table
    frame = spark.sql("SELECT 1 AS PPF_Bad, false AS mask")
    assert build(DeltaSink, tmp_path, path="u").stage_split(context(spark), frame, "mask") is None


def test_names_of_columns_keep_their_letters(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.sql("SELECT 1 AS `größe`, false AS mask")
    sink, here = build(DeltaSink, tmp_path, path="t"), context(spark)
    found = sink.stage_split(here, frame, "mask")
    assert found is not None
    sink.publish(here, found[0])
    assert '\\"größe\\"' in next((tmp_path / "t" / "_delta_log").glob("*0.json")).read_text()
    assert spark.read.format("delta").load(str(tmp_path / "t")).columns == ["größe"]


def test_a_table_that_comes_between_two_looks_is_left_to_the_stage(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, look = Splitting(spark, tmp_path), splitting.is_possible

    def looked(*arguments: Any) -> bool:
        found = look(*arguments)
        spark.sql(f"CREATE TABLE delta.`{tmp_path}/t` (id INT, day INT, name STRING) USING delta CLUSTER BY (id)")
        return found

    monkeypatch.setattr(splitting, "is_possible", looked)
    assert of.split("(1, 7, 'a'), (2, 7, 'b')", "id = 1") is None
