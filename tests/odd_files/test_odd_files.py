"""Every odd file is read as other programs read it, or refused by a message that names it."""

import re
from pathlib import Path
from typing import Any

import avro_files
import columnar_files
import csv_files
import json_files
import pytest
import text_files
from connectors import connector_settings, fits_spark
from odd_file import OddFile, Refused, Right, comparable
from ppf_files.avro import AvroSource
from ppf_files.binary import BinarySource
from ppf_files.sources import CsvSource, JsonSource, OrcSource, ParquetSource, TextSource
from ppf_files.xml import XmlSource
from pyspark.sql import SparkSession
from second_opinions import rows_of

from ppf_core import PpfError
from ppf_core.jvm.errors import describe_error
from ppf_core.testing import build, context

pytestmark = pytest.mark.skipif(not fits_spark(), reason="what Spark 4.1 reads is written down here")

SOURCES: dict[str, Any] = {
    "avro": AvroSource,
    "csv": CsvSource,
    "json": JsonSource,
    "orc": OrcSource,
    "parquet": ParquetSource,
    "text": TextSource,
    "xml": XmlSource,
}
FILES = [*csv_files.FILES, *json_files.FILES, *text_files.FILES, *columnar_files.FILES, *avro_files.FILES]
READINGS = [
    pytest.param(odd, schema, right, id=f"{odd.name}, as {schema or 'it is'}"[:120])
    for odd in FILES
    for schema, right in odd.readings
]


@pytest.fixture(scope="session")
def spark_settings() -> dict[str, str]:
    return connector_settings() if fits_spark() else {}


def read(spark: SparkSession, odd: OddFile, folder: Path, schema: str | None) -> Any:
    options = dict(odd.options) if schema is None else {**odd.options, "schema": schema}
    source = build(SOURCES[odd.source], folder, path=".", **options)
    settings = source.requirements(source.options).conf
    session = spark.newSession() if settings else spark
    for key, value in settings.items():
        session.conf.set(key, value)
    frame = source.read(context(session, pinned=source.pin(context(session))))
    return rows_of(frame.toArrow())


def message_of(error: BaseException) -> str:
    """What a run tells of it."""
    return str(error) if isinstance(error, PpfError) else describe_error(error).message


@pytest.mark.parametrize(("odd", "schema", "right"), READINGS)
def test_it_is_read_as_others_read_it_or_refused(
    odd: OddFile, schema: str | None, right: Right, spark: SparkSession, tmp_path: Path
) -> None:
    folder = odd.write(tmp_path)
    if not isinstance(right, Refused):
        wanted = right(folder) if callable(right) else right
        assert comparable(read(spark, odd, folder, schema)) == comparable(wanted)
        return
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- of ppf or of Spark; what it tells is asked below
        read(spark, odd, folder, schema)
    told = message_of(caught.value)
    assert re.search(right.message, told, re.DOTALL)
    assert not right.names_file or any(name in told for name in odd.files), told
    assert "\n\tat " not in told


def test_whole_files_are_given_byte_by_byte_and_empty_ones_are_told(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = {f"{n}-{name}": content for n, odd in enumerate(FILES) for name, content in odd.files.items() if ":" not in name}
    shown = {name: content for name, content in files.items() if 0 < len(content) < 10**5} | {"all": bytes(range(256))}
    source = build(BinarySource, OddFile("", "binary", shown | {"empty": b""}).write(tmp_path), path=".")
    rows = source.read(context(spark, pinned=source.pin(context(spark)))).toArrow().to_pylist()
    found = {row["path"].rpartition("/")[2]: (row["length"], row["content"]) for row in rows}
    assert found == {name: (len(content), content) for name, content in shown.items()}
    assert "no row of 1 files without content" in caplog.text


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = [odd.name for odd in FILES]
    assert len(names) == len(set(names)) > 150
