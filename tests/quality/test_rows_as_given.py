"""Checks judge the rows of their component: not what a sink makes of them, nor what a source gives that is asked for less."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.validation.validate import validate_pipeline

WritePipeline = Callable[[str], Path]


def run(path: Path, spark: SparkSession) -> PipelineResult:
    return PipelineRunner.from_file(path).run(spark=spark)


def told(result: PipelineResult, name: str = "a") -> list[tuple[str, int | None, int | None]]:
    return [(each.status, each.failed, each.evaluated) for each in result[name].quality]


# ---- what sinks make of rows


@pytest.mark.parametrize("sink", ["csv", "text", "parquet"])
@pytest.mark.parametrize(
    "check",
    [
        '{ check = in_set, options { column = value, values = [a] }, error_if = "> 50%" }',
        "{ check = length, options { column = value, max = 1 } }",
    ],
)
def test_texts_with_blanks_are_judged_as_they_are(sink: str, check: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(
        f"""
        a {{ source = csv, options {{ path = in.csv, header = false, schema = "value STRING" }}, quality = [{check}] }}
        out {{ sink = {sink}, inputs = [a], options {{ path = out }} }}
        """
    )
    path.with_name("in.csv").write_text("a\n a\n a\n a\n a\n")
    result = run(path, spark)
    assert (told(result)[0], result.exit_code) == (("failed", 4, 5), 4)
    assert not path.with_name("out").exists()


@pytest.fixture
def table(spark: SparkSession) -> Iterator[str]:
    yield "out"
    spark.sql("DROP TABLE IF EXISTS spark_catalog.default.out")


@pytest.mark.parametrize("made", ["", "USING csv", "USING csv PARTITIONED BY (value)", "USING parquet PARTITIONED BY (value)"])
def test_texts_for_a_table_are_judged_as_they_are(made: str, table: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    if made:
        spark.sql(f"CREATE TABLE {table} (value STRING, id INT) {made}")
    check = '{ check = in_set, options { column = value, values = ["", a] }, error_if = "> 50%" }'
    source = 'source = json, options { path = in.json, schema = "id INT, value STRING" }'
    unique = "{ check = unique, options { columns = [value] } }"
    sink = f"sink = table, inputs = [a], options {{ name : {table}, mode = overwrite, format = csv }}"
    path = pipeline(f"a {{ {source}, quality = [{check}, {unique}] }}\nout {{ {sink} }}")
    lines = (f'{{"id": 1, "value": "{value}"}}\n' for value in ("", "a", " a", "  a", "a "))
    path.with_name("in.json").write_text("".join(lines))
    result = run(path, spark)
    assert (told(result), result.exit_code) == ([("failed", 3, 5), ("passed", 0, 5)], 4)


@pytest.mark.parametrize("made", ["", "USING csv PARTITIONED BY (part)", "USING parquet PARTITIONED BY (part)"])
def test_an_empty_text_by_which_a_table_is_partitioned_is_not_null(
    made: str, table: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    if made:
        spark.sql(f"CREATE TABLE {table} (id INT, part STRING) {made}")
    counted = '{ check = not_null, options { columns = [part] }, error_if = "> 50%" }'
    asked = '{ check = query, options { sql = "SELECT * FROM this WHERE part IS NULL" } }'
    source = f'source = json, options {{ path = in.json, schema = "id INT, part STRING" }}, quality = [{counted}, {asked}]'
    sink = f"sink = table, inputs = [a], options {{ name : {table}, mode = overwrite, partition_by = [part] }}"
    path = pipeline(f"a {{ {source} }}\nout {{ {sink} }}")
    path.with_name("in.json").write_text('{"id": 1, "part": ""}\n{"id": 2, "part": ""}\n{"id": 3}\n')
    result = run(path, spark)
    assert told(result) == [("warned", 1, 3), ("failed", 1, 3)]


@pytest.mark.parametrize("sink", ["csv", "orc"])
def test_keys_are_counted_as_they_are(sink: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(
        f"""
        a {{ source = csv, options {{ path = in.csv, schema = "key STRING" }},
             quality = [{{ check = unique, options {{ columns = [key] }} }}] }}
        out {{ sink = {sink}, inputs = [a], options {{ path = out }} }}
        """
    )
    path.with_name("in.csv").write_text("key\na\n a\n")
    assert told(run(path, spark)) == [("passed", 0, 2)]


@pytest.mark.parametrize("sink", ["csv", "parquet"])
@pytest.mark.parametrize("more", ["", "partition_by = [part]"])
def test_an_empty_text_is_not_null(sink: str, more: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    check = '{ check = query, options { sql = "SELECT * FROM this WHERE part IS NULL" } }'
    source = f'source = json, options {{ path = in.json, schema = "id INT, part STRING" }}, quality = [{check}]'
    path = pipeline(f"a {{ {source} }}\nout {{ sink = {sink}, inputs = [a], options {{ path = out, {more} }} }}")
    path.with_name("in.json").write_text('{"id": 1, "part": ""}\n{"id": 2, "part": "01"}\n')
    result = run(path, spark)
    assert [(each.status, each.message) for each in result["a"].quality if each.status != "passed"] == []


# ---- what sources give when they are asked for less

ONE = "one { sink = parquet, inputs = [a], options { path = one } }\n"
TWO = ONE + "two { sink = csv, inputs = [a], options { path = two } }\n"
TEXT, TYPED = "a STRING, b STRING", "a STRING, b INT"
LINES = {
    "csv": ("1,2", "3", "4,x"),
    "json": ('{"a": "1", "b": 2}', '{"a": "3", "b": "x"}', '{"a": "4", "b": '),
}


def source(kind: str, schema: str, check: str, reader: str = "mode = DROPMALFORMED", more: str = "") -> str:
    """A source of three lines, of which one or two are broken."""
    header = "header = false, " if kind == "csv" else ""
    options = f'path = in.txt, {header}schema = "{schema}", reader {{ {reader} }}'
    return f"a {{ source = {kind}, options {{ {options} }}, {more} quality = [{check}] }}\n"


def rows(spark: SparkSession, path: Path, name: str = "one") -> list[str]:
    return sorted(row["a"] for row in spark.read.parquet(str(path.with_name(name))).collect())


@pytest.mark.parametrize("sinks", [ONE, TWO], ids=["one", "two"])
@pytest.mark.parametrize(("kind", "schema", "written"), [("csv", TEXT, 2), ("csv", TYPED, 1), ("json", TYPED, 1)])
def test_rows_that_are_dropped_when_they_are_written_are_not_counted(
    kind: str, schema: str, written: int, sinks: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    path = pipeline(source(kind, schema, "{ check = row_count, options { min = 3 } }") + sinks)
    path.with_name("in.txt").write_text("\n".join(LINES[kind]) + "\n")
    result = run(path, spark)
    assert [(each.status, each.value) for each in result["a"].quality] == [("failed", written)]
    assert (result.exit_code, path.with_name("one").exists()) == (4, False)


@pytest.mark.parametrize("kind", ["csv", "json"])
@pytest.mark.parametrize(("more", "sinks"), [("", ""), ("persist = never,", TWO)], ids=["nobody reads it", "not persisted"])
def test_a_pass_of_their_own_reads_the_rows_that_all_columns_give(
    kind: str, more: str, sinks: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    checks = "{ check = row_count, options { min = 3 } }, { check = unique, options { columns = [a] } }"
    path = pipeline(source(kind, TYPED, checks, more=more) + sinks)
    path.with_name("in.txt").write_text("\n".join(LINES[kind]) + "\n")
    result = run(path, spark)
    assert [(each.status, each.value, each.evaluated) for each in result["a"].quality] == [
        ("failed", 1, None),
        ("passed", None, 1),
    ]
    assert (result.exit_code, path.with_name("one").exists()) == (4, False)


@pytest.mark.parametrize("sinks", [ONE, TWO], ids=["one", "two"])
@pytest.mark.parametrize("action", ["fail", "warn", "drop", "quarantine"])
@pytest.mark.parametrize(("kind", "schema", "bad"), [("csv", TEXT, 1), ("csv", TYPED, 2), ("json", TYPED, 2)])
def test_a_check_may_look_at_what_was_noted_of_broken_lines_alone(
    kind: str, schema: str, bad: int, action: str, sinks: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    check = f'{{ check = expression, options {{ sql = "_corrupt_record IS NULL" }}, action = {action} }}'
    path = pipeline(source(kind, f"{schema}, _corrupt_record STRING", check, "mode = PERMISSIVE") + sinks)
    path.with_name("in.txt").write_text("\n".join(LINES[kind]) + "\n")
    result = run(path, spark)
    assert told(result) == [("failed" if action == "fail" else "warned", bad, 3)]
    assert result.exit_code == (4 if action == "fail" else 0)
    if action in ("drop", "quarantine"):
        assert len(rows(spark, path)) == 3 - bad
    if action == "quarantine":
        (apart,) = path.parent.glob(".ppf/data/quarantine/a/run_id=*")
        assert spark.read.parquet(str(apart)).where("_corrupt_record IS NOT NULL").count() == bad


@pytest.mark.parametrize("sinks", [ONE, TWO], ids=["one", "two"])
@pytest.mark.parametrize("action", ["warn", "drop"])
def test_a_check_may_look_at_what_from_json_noted_alone(
    action: str, sinks: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    query = "SELECT found.* FROM (SELECT from_json(value, 'a STRING, b INT, _corrupt_record STRING') AS found FROM lines)"
    check = f'{{ check = expression, options {{ sql = "_corrupt_record IS NULL" }}, action = {action} }}'
    path = pipeline(
        f"""
        lines {{ source = text, options {{ path = in.txt }} }}
        a {{ transform = sql, inputs = [lines], options {{ query = "{query}" }}, quality = [{check}] }}
        """
        + sinks
    )
    path.with_name("in.txt").write_text("\n".join(LINES["json"]) + "\n")
    assert told(run(path, spark)) == [("warned", 2, 3)]
    assert len(spark.read.parquet(str(path.with_name("one"))).collect()) == (3 if action == "warn" else 1)


@pytest.mark.parametrize("sinks", [ONE, ONE.replace("parquet", "csv"), TWO], ids=["parquet", "csv", "two"])
def test_checks_of_whole_frames_look_at_whole_frames(sinks: str, pipeline: WritePipeline, spark: SparkSession) -> None:
    query = "SELECT * FROM this WHERE _corrupt_record IS NOT NULL"
    checks = f'{{ check = query, options {{ sql = "{query}" }} }}, {{ check = unique, options {{ columns = [a] }} }}'
    path = pipeline(source("json", f"{TYPED}, _corrupt_record STRING", checks, "mode = PERMISSIVE") + sinks)
    path.with_name("in.txt").write_text("\n".join(LINES["json"]) + "\n")
    assert told(run(path, spark)) == [("failed", 2, 3), ("passed", 0, 3)]


def test_readers_of_few_columns_get_the_rows_of_all(pipeline: WritePipeline, spark: SparkSession) -> None:
    few = "some { transform = select, inputs = [a], options { columns = [a] } }"
    some = f"{few}\n{ONE.replace('[a]', '[some]')}"
    path = pipeline(source("json", TYPED, "") + some + "two { sink = parquet, inputs = [a], options { path = two } }")
    path.with_name("in.txt").write_text("\n".join(LINES["json"]) + "\n")
    assert (run(path, spark).ok, rows(spark, path), rows(spark, path, "two")) == (True, ["1"], ["1"])


def test_a_frame_stays_kept_when_a_check_asks_in_sql(pipeline: WritePipeline, spark: SparkSession) -> None:
    check = '{ check = query, options { sql = "SELECT * FROM this WHERE id IS NULL" } }'
    text = f"a {{ source = numbers, options {{ rows = 9, random = true }}, quality = [{check}] }}\n"
    names = ("one", "two")
    path = pipeline(
        text + "\n".join(f"{name} {{ sink = folder, inputs = [a], options {{ path = {name} }} }}" for name in names)
    )
    assert run(path, spark).ok
    one, two = (path.with_name(name).joinpath("rows.json").read_text() for name in names)
    assert one == two


@pytest.mark.parametrize(
    ("schema", "taken"),
    [("id INT, _ppf_run_id STRING", "'_ppf_run_id'"), ("id INT, _PPF_failed_checks ARRAY<STRING>", "'_PPF_failed_checks'")],
)
def test_quarantine_never_overwrites_columns_that_the_rows_have(
    schema: str, taken: str, pipeline: WritePipeline, spark: SparkSession
) -> None:
    check = "{ check = in_range, options { column = id, min = 1 }, action = quarantine }"
    source = f'source = inline, options {{ schema = "{schema}", rows = [{{ id = 0 }}, {{ id = 1 }}] }}'
    path = pipeline(
        f"a {{ {source} }}\nsame {{ transform = limit, inputs = [a], options {{ rows = 9 }}, quality = [{check}] }}\n"
        "out { sink = parquet, inputs = [same], options { path = out } }"
    )
    result = run(path, spark)
    (found,) = result["same"].quality
    assert (found.status, result.exit_code, path.with_name("out").exists()) == ("error", 4, False)
    assert found.message == f"Quarantine would overwrite {taken}. Rename or drop it before, with `rename` or `drop`."
    assert not (path.parent / ".ppf" / "data" / "quarantine").exists()


def test_columns_that_quarantine_would_overwrite_are_a_mistake_where_the_schema_is_in_the_file(pipeline: WritePipeline) -> None:
    fails = "{ check = in_range, options { column = id, min = 1 } }"
    sets_apart = "{ check = not_null, options { columns = [id] }, action = quarantine }"
    source = 'source = inline, options { schema = "id INT, _PPF_run_id STRING", rows = [{ id = 1 }] }'
    path = pipeline(f"a {{ {source}, quality = [\n{fails}\n{sets_apart}] }}")
    (problem,) = validate_pipeline(path).problems
    assert (problem.code, problem.line) == ("column-taken", 5)
    assert "'_PPF_run_id' of 'a'" in str(problem)
