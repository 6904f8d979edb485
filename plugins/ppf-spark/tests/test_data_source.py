"""Classes of a user as sources and sinks, on the module `letters`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ppf_spark.conformance.classes import SOURCES
from ppf_spark.data_sink import DataSourceSink, DataSourceStreamSink
from ppf_spark.data_source import DataSourceSource, DataSourceStreamSource
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner, PpfError
from ppf_core.errors import ConfigError, PluginError
from ppf_core.jvm.errors import describe_error
from ppf_core.jvm.requirements import merge_requirements
from ppf_core.testing import build, context, memory_stream, stream_batches, write_stream
from ppf_core.validation.validate import validate_pipeline


def options(folder: Path, class_: str = "letters:Lines", **more: str) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    return {"class": class_, "folder": str(SOURCES), "options": {"folder": str(folder), **more}}


def texts(folder: Path) -> list[str]:
    return sorted(line for file in folder.glob("*.txt") for line in file.read_text().splitlines())


def test_a_batch_run_reads_and_writes_with_classes_beside_its_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "letters.py").write_text((SOURCES / "letters.py").read_text())
    for folder in ("in", "out", "replaced"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "old.txt").write_text("a\nb\n")
    path = tmp_path / "pipeline.conf"
    path.write_text(
        f"""name = letters
        components {{
          lines {{ source = datasource, options {{ class = "letters:Lines", options {{ folder = "{tmp_path}/in" }} }},
                   quality = [{{ check = in_set, options {{ column = value, values = [a] }}, action = drop }}] }}
          out {{ sink = datasource, inputs = [lines],
                 options {{ class = "letters:Lines", options {{ folder = "{tmp_path}/out" }} }} }}
          replaced {{ sink = datasource, inputs = [lines],
                      options {{ class = "letters:Lines", mode = overwrite, options {{ folder = "{tmp_path}/replaced" }} }} }}
        }}"""
    )
    result = PipelineRunner.from_file(path).run(spark=spark)
    assert result.status == "success", result
    assert (texts(tmp_path / "out"), texts(tmp_path / "replaced")) == (["a", "a", "b"], ["a"])

    failed = PipelineRunner.from_file(path, {"components.out.options.options.fail": "write"}).run(spark=spark)
    (error,) = (each.error for each in failed.components if each.name == "out")
    assert error is not None
    assert error.message.startswith("LookupError: bad luck in write in the data source 'letters:Lines' (")
    assert re.search(r"letters.py:\d+, in meet\)$", error.message)
    assert (texts(tmp_path / "out"), (tmp_path / "out" / "aborted").exists()) == (["a", "a", "b"], True)


def _read(spark: SparkSession, folder: Path, fail: str) -> None:
    build(DataSourceSource, SOURCES, **options(folder, fail=fail)).read(context(spark)).collect()


def _write(spark: SparkSession, folder: Path, fail: str) -> None:
    sink = build(DataSourceSink, SOURCES, **options(folder, fail=fail))
    sink.write(context(spark), spark.createDataFrame([("a",)], "value STRING"))


def _stream(spark: SparkSession, folder: Path, fail: str) -> None:
    frame = build(DataSourceStreamSource, SOURCES, **options(folder, fail=fail)).read_stream(context(spark))
    stream_batches(frame, folder / "checkpoint")


def _write_stream(spark: SparkSession, folder: Path, fail: str) -> None:
    stream = memory_stream(spark, "value STRING")
    stream.add([("a",)])
    write_stream(build(DataSourceStreamSink, SOURCES, **options(folder, fail=fail)), stream.frame, folder / "checkpoint")


@pytest.mark.parametrize(
    ("work", "method"),
    [
        (_read, "schema"),
        (_read, "reader"),
        (_read, "partitions"),
        (_read, "read"),
        (_write, "writer"),
        (_write, "commit"),
        (_stream, "latestOffset"),
        (_write_stream, "write"),
    ],
)
def test_what_a_class_raises_is_told_with_its_name_and_the_line(
    work: Callable[[SparkSession, Path, str], None], method: str, spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a\n")
    with pytest.raises(Exception, match="bad luck") as caught:
        work(spark, tmp_path / "in", method)
    told = describe_error(caught.value).message
    assert told.startswith(f"LookupError: bad luck in {method} in the data source 'letters:Lines' (")
    assert re.search(r"letters.py:\d+, in meet\)$", told)


@pytest.mark.parametrize(
    ("class_", "message"),
    [
        ("letters:Line", "has no data source 'Line'. Did you mean 'Lines'?"),
        ("letters:Nothing", "has no data source 'Nothing'."),
        ("letter:Lines", "There is no module 'letter' in"),
    ],
)
def test_a_class_that_is_not_there_is_told_before_anything_starts(
    class_: str, message: str, spark: SparkSession, tmp_path: Path
) -> None:
    source = build(DataSourceSource, SOURCES, **options(tmp_path, class_))
    with pytest.raises(PpfError) as caught:
        source.ping(context(spark))
    assert message in str(caught.value)


def test_validation_does_not_import_what_is_named(spark: SparkSession, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.py"
    bomb.write_text(f"open({str(tmp_path / 'went_off')!r}, 'w')\n")
    path = tmp_path / "pipeline.conf"
    path.write_text(
        """name = careful
        components {
          rows { source = datasource, options { class = "bomb:Rows" } }
          out { sink = datasource, inputs = [rows], options { class = "bomb:Rows" } }
        }"""
    )
    assert validate_pipeline(path).problems == ()
    assert not (tmp_path / "went_off").exists()
    # So that it is known to go off.
    with pytest.raises(PpfError, match="has no data source 'Rows'"):
        build(DataSourceSource, tmp_path, **{"class": "bomb:Rows"}).ping(context(spark))
    assert (tmp_path / "went_off").exists()


def test_earlier_versions_of_spark_are_refused() -> None:
    wants = DataSourceSource.requirements(None)
    with pytest.raises(PluginError, match=r"'ppf-spark:datasource' needs Spark >=4.0; installed is 3.5.9"):
        merge_requirements([("ppf-spark:datasource", wants)], conf={}, packages=(), spark_version="3.5.9")


def test_a_mistake_in_what_the_class_gets_is_located() -> None:
    with pytest.raises(ConfigError) as caught:
        build(DataSourceSink, **{"class": "a:B", "options": {"a.b": [1]}})
    assert [problem.path for problem in caught.value.problems] == ['options."a.b"']


def test_a_stream_writer_gets_the_numbers_of_the_batches(spark: SparkSession, tmp_path: Path) -> None:
    stream = memory_stream(spark, "value STRING")
    stream.add([("a",)])
    stream.add([("b",)])
    sink = build(DataSourceStreamSink, SOURCES, **options(tmp_path / "out"), idempotent=True)
    write_stream(sink, stream.frame, tmp_path / "checkpoint")
    names = {file.name.rpartition("-")[0] for file in (tmp_path / "out").glob("*.txt")}
    assert (names, texts(tmp_path / "out"), sink.idempotent) == ({"batch-0", "batch-1"}, ["a", "b"], True)
