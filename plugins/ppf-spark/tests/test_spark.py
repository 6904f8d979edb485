"""Formats that Spark knows, without a jar."""

import json
from pathlib import Path
from typing import Any

import pytest
from ppf_spark.places import datasets_of
from ppf_spark.spark_options import as_text
from ppf_spark.spark_source import SparkSource, SparkStreamSource
from ppf_spark.well_known import PACKAGES
from pyspark.sql import SparkSession

from ppf_core import Dataset, PipelineRunner, PpfError
from ppf_core.errors import ConfigError
from ppf_core.planning.plan import make_plan
from ppf_core.testing import build, context
from ppf_core.validation.validate import validate_pipeline

CANARY = "canary-1f0c6e"


def test_formats_are_read_and_written_by_their_names(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_MARK", f"{CANARY}|")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "dot.bin").write_bytes(b"\x00\x01")
    (tmp_path / "rows.csv").write_text(f"1{CANARY}|{CANARY}|1.50\n")
    path = tmp_path / "pipeline.conf"
    path.write_text(
        """name = formats
        components {
          pictures { source = spark, options { format = binaryFile, path = pictures, repeatable = true } }
          rows {
            source = spark
            options {
              format = csv, path = [rows.csv], schema = "id INT, price DECIMAL(5,2)"
              options { sep = "secret://env/THE_MARK", mode = FAILFAST, header = false, lineSep = "\\n" }
            }
          }
          as_orc { sink = spark, inputs = [rows], options { format = orc, path = out, mode = overwrite } }
          named { transform = sql, inputs = [pictures], options { query = "SELECT length, content FROM pictures" } }
          as_json { sink = spark, inputs = [named], options { format = json, path = out_json, options { compression = gzip } } }
        }"""
    )
    (tmp_path / "rows.csv").write_text(f"1{CANARY}|1.50\n")
    for status in ("success", "failed"):  # the second time there is something, and the mode is error
        result = PipelineRunner.from_file(path).run(spark=spark)
        assert result.status == status, result
        assert [
            tuple(row) for row in spark.read.orc(str(tmp_path / "out")).selectExpr("id", "CAST(price AS STRING)").collect()
        ] == [(1, "1.50")]
        (file,) = (tmp_path / "out_json").glob("*.json.gz")
        assert spark.read.json(str(file)).collect()[0]["length"] == 2
    (error,) = (each.error for each in result.components if each.name == "as_json")
    assert error is not None
    assert "already exists" in error.message
    written = "".join(file.read_text() for file in (tmp_path / ".ppf").rglob("*.json*"))
    assert "secret://env/THE_MARK" in written
    assert CANARY not in written


def test_options_are_written_as_spark_reads_them() -> None:
    given = build(SparkSource, format="x", options={"a": True, "b": 5, "c": "False"}).options.options
    assert as_text(given) == {"a": "true", "b": "5", "c": "False"}


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("mongodb", 'Add packages = ["org.mongodb.spark:mongo-spark-connector_{scala}:VERSION"] to the options'),
        (
            "Excel",
            'Add packages = ["dev.mauch:spark-excel_{scala}:VERSION"] to the options with a VERSION that fits this Spark.',
        ),
        ("binaryfil", "Did you mean 'binaryFile'?"),
        ("com.example.Nothing", "Or name the package that has it in 'packages'."),
    ],
)
def test_a_missing_format_says_where_it_comes_from(name: str, advice: str, spark: SparkSession) -> None:
    source = build(SparkSource, format=name)
    for call in (source.ping, source.read):
        with pytest.raises(PpfError) as caught:
            call(context(spark))
        assert f"This Spark knows no format {name!r}." in str(caught.value)
        assert advice in (caught.value.hint or "")


def test_well_known_packages_are_coordinates() -> None:
    wanted = "Use the plugin of ppf-kafka instead, or add packages = "
    assert PACKAGES["kafka"].advice == f'{wanted}["org.apache.spark:spark-sql-kafka-0-10_{{scala}}:{{spark}}"] to the options.'
    assert all(build(SparkSource, format=name, packages=[each.coordinates]) for name, each in PACKAGES.items())


def test_what_a_format_itself_says_is_told(spark: SparkSession) -> None:
    source = build(SparkSource, format="jdbc", options={"url": "jdbc:nothing://127.0.0.1/shop", "dbtable": "orders"})
    with pytest.raises(Exception, match="No suitable driver"):
        source.read(context(spark))


@pytest.mark.parametrize(
    ("plugin", "given", "where"),
    [
        (SparkSource, {"format": "x", "options": {"Path": "in"}}, "options.Path"),
        (SparkSource, {"format": "x", "options": {"dbTable": "a", "dbtable": "b"}}, "options.dbtable"),
        (SparkSource, {"format": "x", "packages": ["spark-avro"]}, "packages[0]"),
    ],
)
def test_mistakes_in_the_options_are_located(plugin: Any, given: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(plugin, **given)
    assert [problem.path for problem in caught.value.problems] == [where]


def test_what_it_reads_is_known_without_accounts() -> None:
    url = "jdbc:postgresql://ada:secret@db/shop?password=x"
    assert datasets_of("jdbc", None, {"URL": url, "dbtable": "orders"}) == (Dataset("jdbc:postgresql://db/shop", "orders"),)
    assert datasets_of("mongodb", None, {"collection": "orders"}) == (Dataset("mongodb", "orders"),)
    assert datasets_of("avro", ["file:/in/a", "s3a://shop/b/"], {}) == (Dataset("file", "/in/a"), Dataset("s3a://shop", "/b"))
    assert datasets_of("rate", None, {}) == ()
    for given, kept in {
        "jdbc:oracle:thin:scott/tiger@//db:1521/xe": "jdbc:oracle:thin://db:1521/xe",
        "jdbc:oracle:thin:scott/ti?g@r@db:1521:xe": "jdbc:oracle:thin:db:1521:xe",
        "mongodb://ada:p@ss/w@db": "mongodb://db",
        "mongodb://ada:p;s?s,@db/shop?x=1": "mongodb://db/shop",
        "jdbc:sqlserver://db:1433;databaseName=d;password=p@ss": "jdbc:sqlserver://db:1433",
        "jdbc:mysql:loadbalance://ada:p@db/shop": "jdbc:mysql:loadbalance://db/shop",
        "jdbc:gcp://db/DATABASE=d,PASSWORD=p": "jdbc:gcp://db/DATABASE=d",
        "jdbc:db2://db:50000/db:user=u;password=p": "jdbc:db2://db:50000/db",
        "jdbc:postgresql://db/shop?password=p@ss": "jdbc:postgresql://db/shop",
        "jdbc:sqlanywhere:UID=ada;PWD=p": "jdbc:sqlanywhere:",
    }.items():
        assert datasets_of("jdbc", None, {"url": given, "dbtable": "t"}) == (Dataset(kept, "t"),)


def test_its_packages_are_asked_for_also_where_an_option_is_a_secret(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_MARK", CANARY)
    path = tmp_path / "pipeline.conf"
    path.write_text(
        """name = packed
        components {
          rows { source = spark, options { format = x, packages = ["org.example:x_{scala}:{spark}"],
                                           options { mark = "secret://env/THE_MARK" } } }
          out { sink = noop, inputs = [rows] }
        }"""
    )
    result = PipelineRunner.from_file(path).run(spark=spark)
    told = " ".join(f"{problem.message} {problem.hint}" for problem in result.problems)
    assert (result.status, f"--packages org.example:x_2.13:{spark.version}" in told) == ("failed", True), told


PLANNED = """name = planned
components {{
  rows {{ source = spark, options {{ format = json, path = rows.json, schema = "id INT", repeatable = {repeatable} }},
          quality = [{{ check = not_null, options {{ columns = [id] }} }}] }}
  out {{ sink = spark, inputs = [rows], options {{ format = noop, mode = append, idempotent = {repeatable} }},
         retry {{ max_attempts = 3 }} }}
}}"""


@pytest.mark.parametrize("repeatable", [False, True])
def test_what_the_file_says_is_planned_and_kept_accordingly(repeatable: bool, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('{"id": 1}\n')
    path = tmp_path / "pipeline.conf"
    path.write_text(PLANNED.format(repeatable=str(repeatable).lower()))
    plan = make_plan(validate_pipeline(path))
    warned = {problem.code for problem in plan.warnings}
    assert ("unpinned-source" in warned, plan.roles["out"].max_attempts) == (not repeatable, 3 if repeatable else 1)
    runner = PipelineRunner.from_file(path)
    assert runner.run(spark=spark, run_id="one").status == "success"
    record = (tmp_path / ".ppf" / "runs" / "one" / "record.jsonl").read_text()
    cached = [line for line in map(json.loads, record.splitlines()) if line["line"] == "persist"]
    assert bool(cached) == (not repeatable)


STREAM = """name = stream
mode = streaming
components {{
  ticks {{ source = spark, options {{ format = rate-micro-batch, options {{ rowsPerBatch = 3 }} }} }}
  out {{ sink = spark, inputs = [ticks], trigger = available_now
         options {{ format = parquet, path = out, per_batch = {per_batch}, idempotent = {per_batch} }}
         {checks} }}
}}"""


def test_a_stream_is_written_by_sparks_writer_or_batch_by_batch(spark: SparkSession, tmp_path: Path) -> None:
    checks = "quality = [{ check = in_range, options { column = value, max = 1 }, action = drop }]"
    for folder, per_batch, given, rows in (("native", False, "", 3), ("driven", True, checks, 2)):
        path = tmp_path / folder / "pipeline.conf"
        path.parent.mkdir()
        path.write_text(STREAM.format(per_batch=str(per_batch).lower(), checks=given))
        plan = make_plan(validate_pipeline(path))
        assert (validate_pipeline(path).queries[0].native, plan.queries[0].sinks[0].guarantee) == (
            not per_batch,
            "exactly once" if per_batch else "at least once",
        )
        assert PipelineRunner.from_file(path).run(spark=spark).status == "success"
        assert spark.read.parquet(str(path.parent / "out")).count() == rows


def test_a_stream_of_a_format_that_is_missing_is_told(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match="This Spark knows no format 'mongodb'"):
        build(SparkStreamSource, format="mongodb").read_stream(context(spark))
