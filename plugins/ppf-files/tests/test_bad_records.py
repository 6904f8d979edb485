"""Records that do not fit their columns, in runs of whole pipelines: failed, kept as NULL, dropped, or set apart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ppf_files.sources import CsvSource
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner, QualityResult
from ppf_core.errors import ConfigError
from ppf_core.testing import build

CSV = "a,b\n1,2\n3\n4,x\n5,6,7\n8,9\n"
JSON = '{"a": 1, "b": 2}\n{"a": 3, "b":\n{"a": 4, "b": "x"}\n{"a": 8, "b": 9}\n'
XML = "<rs><r><a>1</a><b>2</b></r><r><a>4</a><b>x</b></r><r><a>8</a><b>9</b></r></rs>"
TYPES = "a INT, b INT"
# Source → its plugin, its options, how many records it has, and how many of these are bad.
SOURCES: Mapping[str, tuple[str, dict[str, Any], int, int]] = {
    "typed": ("csv", {"path": "in.csv", "schema": TYPES}, 5, 3),
    "texts": ("csv", {"path": "in.csv"}, 5, 2),
    "found": ("csv", {"path": "in.csv", "infer_schema": True}, 5, 2),
    "named": ("csv", {"path": "days", "columns": "by_name", "schema": "b INT, a INT"}, 10, 6),
    "lines": ("json", {"path": "in.json", "schema": TYPES}, 4, 2),
    "loose": ("json", {"path": "in.json"}, 4, 1),
    "marks": ("xml", {"path": "in.xml", "row_tag": "r", "schema": TYPES}, 3, 1),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("csv", CSV), ("json", JSON), ("xml", XML)):
        (tmp_path / f"in.{name}").write_text(text)
    for day in (1, 2):
        (tmp_path / "days" / f"day={day}").mkdir(parents=True)
        (tmp_path / "days" / f"day={day}" / "in.csv").write_text(CSV)
    return tmp_path


def result(done: PipelineResult, component: str, name: str = "bad_records") -> QualityResult:
    (found,) = (each for each in done.components if each.name == component)
    (check,) = (each for each in found.quality if each.name == name)
    return check


def pipeline(mode: str) -> dict[str, Any]:
    """Each source with a sink that writes all of it, and one that asks for a single column."""
    components: dict[str, Any] = {}
    for name, (plugin, options, _records, _bad) in SOURCES.items():
        components[name] = {"source": plugin, "options": {**options, "bad_records": mode}}
        components[f"{name}_a"] = {"transform": "select", "inputs": [name], "options": {"columns": ["a"]}}
        for sink, feeding in ((f"{name}_all", name), (f"{name}_out", f"{name}_a")):
            components[sink] = {"sink": "parquet", "inputs": [feeding], "options": {"path": f"out/{sink}"}}
    return {"name": "records", "components": components}


@pytest.mark.parametrize("mode", ["null", "drop", "quarantine", "fail"])
def test_bad_records_are_counted_and_are_where_the_file_wants_them(mode: str, spark: SparkSession, folder: Path) -> None:
    done = PipelineRunner.from_config(pipeline(mode), folder).run(spark=spark, run_id="r1")
    assert done.exit_code == (4 if mode == "fail" else 0), done.problems
    for name, (_plugin, options, records, bad) in SOURCES.items():
        found = result(done, name)
        assert (found.failed, found.evaluated) == (bad, records), name
        assert found.status == ("failed" if mode == "fail" else "warned")
        if mode == "fail":
            assert not (folder / "out").exists()
            continue
        for sink in (f"{name}_all", f"{name}_out"):
            frame = spark.read.parquet(str(folder / "out" / sink))
            assert frame.count() == (records if mode == "null" else records - bad), sink
            assert not [column for column in frame.columns if column.startswith("_corrupt")]
        apart = folder / f".ppf/data/quarantine/{name}/run_id=r1"
        assert apart.exists() == (mode == "quarantine")
        if mode == "quarantine":
            rows = spark.read.parquet(str(apart)).collect()
            assert len(rows) == bad
            for row in rows:
                text = "".join((folder / options["path"]).read_text().split()) if name != "named" else CSV
                assert "".join(row["_corrupt_record"].split()) in text
                assert row["_corrupt_file"].startswith(f"file:{folder}/{options['path']}")
                assert row["_corrupt_reason"].startswith(("It gives no value for: ", "It has more values than"))


def test_checks_of_the_user_and_a_checkpoint_see_no_helper_columns(spark: SparkSession, folder: Path) -> None:
    """And a resumed run goes on with the good rows alone, and with the bad ones where they were."""
    quality = [
        {"check": "schema", "options": {"schema": TYPES, "strict": True}},
        {"check": "in_range", "options": {"column": "a", "max": 7}, "action": "quarantine"},
    ]
    source = {"source": "csv", "options": {**SOURCES["typed"][1], "bad_records": "quarantine"}, "quality": quality}
    config: dict[str, Any] = {
        "name": "kept",
        "hooks": {"checkpoint": {}},
        "components": {
            "rows": {**source, "checkpoint": True},
            "late": {"transform": "sql", "inputs": ["rows"], "options": {"query": "SELECT raise_error('no') FROM rows"}},
            "out": {"sink": "parquet", "inputs": ["late"], "options": {"path": "out"}},
            "all": {"sink": "parquet", "inputs": ["rows"], "options": {"path": "all"}},
        },
    }
    failed = PipelineRunner.from_config(config, folder).run(spark=spark, run_id="r1")
    assert failed.exit_code == 1
    assert [(each.name, each.failed) for each in failed.components[0].quality] == [
        ("schema", None),
        ("in_range", 1),
        ("bad_records", 3),
    ]
    assert "_corrupt" not in str(failed.components[0].schema)
    config["components"]["late"]["options"]["query"] = "SELECT * FROM rows"
    (folder / "in.csv").write_text("a,b\n")  # what lies in the checkpoint is not read again
    done = PipelineRunner.from_config(config, folder).run(spark=spark, resume="r1")
    assert done.exit_code == 0, done.problems
    for name in ("out", "all"):
        assert [tuple(row) for row in spark.read.parquet(str(folder / name)).collect()] == [(1, 2)]
    apart = spark.read.parquet(str(folder / ".ppf/data/quarantine/rows/run_id=r1"))
    assert sorted(tuple(row._ppf_failed_checks) for row in apart.collect()) == [("bad_records",)] * 3 + [("in_range",)]


@pytest.mark.parametrize("action", ["drop", "quarantine"])
def test_a_column_of_broken_records_may_be_checked_by_hand(action: str, spark: SparkSession, folder: Path) -> None:
    check = {"check": "expression", "options": {"sql": "_corrupt_record IS NULL"}, "action": action}
    config = {
        "name": "by_hand",
        "components": {
            "rows": {
                "source": "csv",
                "options": {"path": "in.csv", "schema": f"{TYPES}, _corrupt_record STRING"},
                "quality": [check],
            },
            "few": {"transform": "select", "inputs": ["rows"], "options": {"columns": ["a"]}},
            "out": {"sink": "parquet", "inputs": ["few"], "options": {"path": "out"}},
        },
    }
    done = PipelineRunner.from_config(config, folder).run(spark=spark)
    assert (done.exit_code, result(done, "rows", "expression").failed) == (0, 3)
    assert sorted(row.a for row in spark.read.parquet(str(folder / "out")).collect()) == [1, 8]


STREAM: dict[str, Any] = {
    "name": "torn",
    "mode": "streaming",
    "components": {
        "lines": {
            "source": "files",
            "options": {"path": "lines", "format": "json", "schema": TYPES, "bad_records": "quarantine"},
        },
        "rows": {
            "source": "files",
            "options": {"path": "rows", "format": "csv", "schema": TYPES, "bad_records": "drop"},
        },
        "few": {"transform": "select", "inputs": ["rows"], "options": {"columns": ["a"]}},
        "out": {"sink": "parquet", "inputs": ["lines"], "trigger": "available_now", "options": {"path": "out/lines"}},
        "seen": {"sink": "memory", "inputs": ["few"], "trigger": "available_now", "options": {"table": "seen_few"}},
    },
}


def test_a_torn_line_of_a_stream_is_no_row_of_nulls(spark: SparkSession, folder: Path) -> None:
    """Set apart by the kernel's batches, and left out before Spark's own writer."""
    for name, text in (("lines", JSON), ("rows", CSV)):
        (folder / name).mkdir()
        (folder / name / "1").write_text(text)
    done = PipelineRunner.from_config(STREAM, folder).run(spark=spark, run_id="r1")
    assert done.exit_code == 0, done.problems
    assert (result(done, "lines").failed, result(done, "rows").failed) == (2, 3)
    assert sorted(map(tuple, spark.read.parquet(str(folder / "out/lines")).collect())) == [(1, 2), (8, 9)]
    apart = spark.read.parquet(str(folder / ".ppf/data/quarantine/lines/run_id=r1"))
    assert sorted(row._corrupt_record for row in apart.collect()) == sorted(JSON.splitlines()[1:3])
    (folder / "lines/2").write_text('{"a": 5, "b": 6}\n')
    assert PipelineRunner.from_config(STREAM, folder).run(spark=spark).exit_code == 0
    assert spark.read.parquet(str(folder / "out/lines")).count() == 3


def test_before_a_writer_of_spark_a_record_cannot_be_set_apart(folder: Path) -> None:
    config = {**STREAM, "components": {**STREAM["components"]}}
    config["components"]["rows"] = {**config["components"]["rows"]}
    config["components"]["rows"]["options"] = {**config["components"]["rows"]["options"], "bad_records": "quarantine"}
    with pytest.raises(ConfigError, match="cannot hold a batch back"):
        PipelineRunner.from_config(config, folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bad_records": "skip"}, "fail, null, drop, quarantine"),
        ({"bad_records": "drop", "reader": {"mode": "FAILFAST"}}, "cannot be set together with bad_records"),
        ({"bad_records": "drop", "reader": {"columnNameOfCorruptRecord": "x"}}, "cannot be set together with bad_records"),
        ({"bad_records": "drop", "schema": "a INT, _corrupt_record STRING"}, "which bad_records needs for itself"),
    ],
)
def test_what_contradicts_the_mode_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(CsvSource, path="in.csv", **options)
