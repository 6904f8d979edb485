import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyspark
import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf

from ppf_core.errors import RunError
from ppf_core.jvm.errors import describe_error, is_analysis_error, jvm_is_dead


def fail(action: Callable[[], object]) -> Exception:
    """The error that a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- any error is what this is about
        action()
    return caught.value


def test_an_analysis_error_keeps_class_words_and_sql_but_not_the_plan(spark: SparkSession) -> None:
    told = describe_error(fail(lambda: spark.sql("SELECT\n  nope FROM range(3)")))
    assert told.type == "AnalysisException"
    assert told.message.startswith("[UNRESOLVED_COLUMN.WITH_SUGGESTION]")
    assert "line 2 pos 2" in told.message
    assert "Project" not in told.message


def test_a_syntax_error_shows_the_place_in_the_sql(spark: SparkSession) -> None:
    told = describe_error(fail(lambda: spark.sql("SELEC 1")))
    assert (told.type, "[PARSE_SYNTAX_ERROR]" in told.message, "^^^" in told.message) == ("ParseException", True, True)


def test_what_was_noted_on_an_error_stands_behind_it() -> None:
    error = KeyError("x")
    error.add_note("rules.py:2, in clean")
    assert describe_error(error).message == "'x' (rules.py:2, in clean)"


@pytest.mark.parametrize(
    "words", ["a:b.csv", ".a:b.csv.crc", "a:b.csv.crc"], ids=["beside a glob", "its checksum", "a checksum beside a glob"]
)
def test_a_name_with_a_colon_is_told(words: str, spark: SparkSession) -> None:
    java: Any = spark._jvm
    told = describe_error(fail(lambda: java.org.apache.hadoop.fs.Path(words)))
    assert told.message.startswith("The name 'a:b.csv' has a colon, which Hadoop takes for the end of a scheme. Rename")


def test_a_failing_cast_does_not_point_at_the_plugin_that_made_it(spark: SparkSession) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.ansi.enabled", "true")
    frame = session.createDataFrame([("a",)], "v STRING")
    told = describe_error(fail(frame.select(frame.v.cast("INT")).collect))
    assert "'a'" in told.message
    assert __file__ not in told.message


def test_a_failing_function_is_one_line_with_its_place(spark: SparkSession) -> None:
    def half(number: Any) -> Any:
        raise KeyError(f"no half of {number}")

    told = describe_error(fail(spark.range(1).select(udf(half, "int")("id")).collect))
    assert told.type == "PythonException"
    assert told.message.startswith(f"KeyError: 'no half of 0' ({__file__}:")
    assert told.message.endswith(", in half)")


def test_a_failing_function_looks_the_same_while_writing(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.range(1).select(udf(lambda number: 1 // number, "int")("id"))
    told = describe_error(fail(lambda: frame.write.parquet(str(tmp_path / "out"))))
    assert told.message.startswith("ZeroDivisionError: ")


def test_a_java_error_has_its_class_and_its_first_words(spark: SparkSession) -> None:
    told = describe_error(fail(lambda: spark.read.text("nosuch://host/path")))
    assert (told.type, told.message) == (
        "org.apache.hadoop.fs.UnsupportedFileSystemException",
        'No FileSystem for scheme "nosuch"',
    )


def test_an_error_in_a_task_is_told_and_not_that_a_job_was_aborted(spark: SparkSession) -> None:
    told = describe_error(fail(spark.sql("SELECT raise_error('mine') FROM range(2)").collect))
    assert "mine" in told.message
    assert "Job aborted" not in told.message


def test_no_message_has_a_stack_even_when_spark_is_told_to_show_it(spark: SparkSession) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.pyspark.jvmStacktrace.enabled", "true")
    told = describe_error(fail(session.sql("SELECT raise_error('mine') FROM range(2)").collect))
    assert "\tat " not in told.message
    assert "JVM stacktrace" not in told.message


# Spark 3.5 itself does not tell which compressed file, or which ORC file, it could not read.
tells_the_file = pytest.mark.skipif(pyspark.__version__ < "4", reason="Spark 3.5 does not tell which file it was")


def cut(path: Path) -> Path:
    """The first half of a file is left of it."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
    return path


@tells_the_file
@pytest.mark.parametrize(("form", "line"), [("csv", "{}"), ("json", '{{"id": {}}}')])
def test_a_compressed_file_that_is_cut_off_is_named(spark: SparkSession, tmp_path: Path, form: str, line: str) -> None:
    for name in (f"a.{form}.gz", f"b 2.{form}.gz"):
        (tmp_path / name).write_bytes(gzip.compress("\n".join(line.format(number) for number in range(9_999)).encode()))
    cut(tmp_path / f"b 2.{form}.gz")
    frame = spark.read.schema("id INT").format(form).load(str(tmp_path))
    for action in (frame.selectExpr("sum(id)").collect, lambda: frame.write.parquet(str(tmp_path / "out"))):
        told = describe_error(fail(action))
        assert told.type == "java.io.EOFException"
        assert told.message == f"Unexpected end of input stream (reading {tmp_path}/b 2.{form}.gz)"


@pytest.mark.parametrize("form", ["parquet", pytest.param("orc", marks=tells_the_file)])
def test_a_file_without_its_footer_is_named(spark: SparkSession, tmp_path: Path, form: str) -> None:
    spark.range(1000).coalesce(1).write.format(form).save(str(tmp_path / "rows"))
    (file,) = map(cut, (tmp_path / "rows").glob("part-*"))
    frame = spark.read.schema("id LONG").format(form).load(str(tmp_path / "rows"))
    assert file.name in describe_error(fail(frame.selectExpr("sum(id)").collect)).message


@pytest.mark.parametrize("form", ["parquet", "orc"])
def test_a_file_with_broken_content_is_named_with_what_is_wrong(spark: SparkSession, tmp_path: Path, form: str) -> None:
    spark.range(1000).coalesce(1).write.format(form).save(str(tmp_path / "rows"))
    (file,) = (tmp_path / "rows").glob("part-*")
    data = file.read_bytes()
    file.write_bytes(data[:4] + b"x" * 40 + data[44:])
    file.with_name(f".{file.name}.crc").unlink()
    told = describe_error(fail(spark.read.format(form).load(str(tmp_path / "rows")).selectExpr("sum(id)").collect))
    assert told.type == "java.io.IOException"
    assert told.message.endswith(f" (reading {file})")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_that_went_away_between_planning_and_reading_is_named(spark: SparkSession, tmp_path: Path, form: str) -> None:
    spark.range(9).coalesce(1).write.format(form).save(str(tmp_path / "rows"))
    (file,) = (tmp_path / "rows").glob("part-*")
    frame = spark.read.schema("id LONG").format(form).load(str(tmp_path / "rows"))
    file.unlink()
    assert file.name in describe_error(fail(frame.selectExpr("sum(id)").collect)).message


def test_errors_of_python_keep_their_words() -> None:
    assert vars(describe_error(ValueError("bad value"))) == {"type": "ValueError", "message": "bad value"}
    assert describe_error(RunError("No Java.", hint="Install it.")).message == "No Java. Install it."


def test_an_error_without_words_still_says_something() -> None:
    assert describe_error(TimeoutError()).message == "TimeoutError, without a message."


def test_a_long_message_is_cut() -> None:
    assert len(describe_error(ValueError("x" * 100_000)).message) < 2100


def test_analysis_errors_are_told_from_others_also_as_a_cause(spark: SparkSession) -> None:
    analysis = fail(lambda: spark.table("missing"))
    wrapped = RuntimeError("outer")
    wrapped.__cause__ = analysis
    assert [is_analysis_error(error) for error in (analysis, wrapped, ValueError("x"))] == [True, True, False]


def test_an_analysis_error_that_was_handled_before_does_not_count(spark: SparkSession) -> None:
    def ask_then_fail() -> None:
        try:
            spark.table("missing")
        except AnalysisException:
            raise ConnectionError("flaky")  # noqa: B904 -- as a plugin may write it

    assert not is_analysis_error(fail(ask_then_fail))


def test_a_refused_connection_of_a_plugin_is_no_dead_jvm(spark: SparkSession) -> None:
    assert not jvm_is_dead(ConnectionRefusedError(111, "Connection refused"))


def test_a_failing_job_is_no_dead_jvm(spark: SparkSession) -> None:
    assert not jvm_is_dead(fail(lambda: spark.read.text("nosuch://host/path")))
