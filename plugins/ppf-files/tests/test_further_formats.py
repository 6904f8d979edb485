"""XML, Avro and whole files: what is written is read as it was, also by another program, and what does not fit is refused."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from connectors import connector_jars, fits_spark
from ppf_files.avro import AvroSink, AvroSource
from ppf_files.binary import BinarySource
from ppf_files.xml import XmlSink, XmlSource
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError, PluginError
from ppf_core.jvm.requirements import merge_requirements
from ppf_core.testing import build, context

pytestmark = pytest.mark.skipif(not fits_spark(), reason="Spark has XML since 4.0, and the jars of Avro here are those of 4.1")

COLUMNS = "id INT, name STRING, price DECIMAL(9,3), at TIMESTAMP, parts ARRAY<INT>"


def rows(spark: SparkSession) -> Any:
    return spark.sql(
        "SELECT * FROM VALUES (1, 'Ada <&> \"\"', 1.500BD, TIMESTAMP '1815-12-10 01:02:03.000004', array(1, 2)), "
        "(2, CAST(NULL AS STRING), CAST(NULL AS DECIMAL(9,3)), CAST(NULL AS TIMESTAMP), array(3)) "
        "AS rows(id, name, price, at, parts)"
    ).selectExpr("id", "name", "CAST(price AS DECIMAL(9,3)) AS price", "at", "parts")


def test_xml_comes_back_as_it_was(spark: SparkSession, tmp_path: Path) -> None:
    given = rows(spark).coalesce(1)
    sink = build(XmlSink, tmp_path, path="out", mode="append", row_tag="order", root_tag="orders", coalesce=1)
    for _ in range(2):
        sink.write(context(spark, run_id=str(_)), given)
    source = build(XmlSource, tmp_path, path="out", row_tag="order", schema=COLUMNS)
    read = source.read(context(spark, pinned=source.pin(context(spark)))).collect()
    assert sorted(read) == sorted([*given.collect(), *given.collect()])
    for file in (tmp_path / "out").glob("part-*"):
        root = ElementTree.parse(file).getroot()  # noqa: S314 -- it was written here
        assert (root.tag, [each.findtext("name") for each in root.iter("order")]) == ("orders", ['Ada <&> ""', None])
    with pytest.raises(PpfError, match=r"'\w+' is a column there and no such column in the result"):
        sink.write(context(spark, run_id="x"), given.drop("parts"))
    attributes = tmp_path / "in.xml"
    attributes.write_text('<a><o id="1"><item>tea</item></o><o id="2"/></a>')
    found = build(XmlSource, tmp_path, path="in.xml", row_tag="o", file_column="file").read(context(spark)).collect()
    assert [tuple(row)[:2] for row in found] == [(1, "tea"), (2, None)]
    assert all(row.file.endswith(str(attributes)) for row in found)


def test_avro_comes_back_as_it_was(spark: SparkSession, tmp_path: Path) -> None:
    assert connector_jars()
    given = rows(spark).selectExpr("*", "CAST(id AS TINYINT) AS small", "named_struct('s', CAST(id AS SMALLINT)) AS inner")
    sink = build(AvroSink, tmp_path, path="out", mode="append", compression="zstandard")
    for number in range(2):
        sink.write(context(spark, run_id=str(number)), given)
    source = build(AvroSource, tmp_path, path="out")
    frame = source.read(context(spark, pinned=source.pin(context(spark))))
    types = dict(frame.dtypes)
    assert (types["small"], types["inner"], types["price"]) == ("int", "struct<s:int>", "decimal(9,3)")
    assert sorted(frame.collect()) == sorted([*given.collect(), *given.collect()])
    with pytest.raises(PpfError, match="'id' is int there and string in the result"):
        sink.write(context(spark, run_id="x"), given.withColumn("id", given["id"].cast("string")))
    with pytest.raises(ConfigError, match=r"compression': is 'zstd'\. Did you mean 'zstandard'\?"):
        build(AvroSink, path="x", compression="zstd")


def test_whole_files_are_rows(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "in" / "day=1").mkdir(parents=True)
    (tmp_path / "in" / "day=1" / "a.bin").write_bytes(b"\x00\xff")
    source = build(BinarySource, tmp_path, path="in", reader={"pathGlobFilter": "*.bin"})
    pinned = source.pin(context(spark))
    (tmp_path / "in" / "day=1" / "b.bin").write_bytes(b"later")
    ((path, length, content, day),) = source.read(context(spark, pinned=pinned)).drop("modificationTime").collect()
    assert (path, length, bytes(content), day) == (f"file:{tmp_path}/in/day=1/a.bin", 2, b"\x00\xff", 1)
    with pytest.raises(ConfigError, match="the columns are always path"):
        build(BinarySource, path="in", schema="content BINARY")


def test_what_they_need_is_asked_for() -> None:
    asked = [("ppf-files:avro", AvroSource.requirements(None)), ("ppf-files:avro", AvroSink.requirements(None))]
    merged = merge_requirements(asked, conf={}, packages=(), spark_version="4.1.1")
    assert merged.conf == {"spark.jars.packages": "org.apache.spark:spark-avro_2.13:4.1.1"}
    for plugin in (XmlSource, XmlSink):
        with pytest.raises(PluginError, match=r"needs Spark >=4.0; installed is 3.5.9"):
            merge_requirements([("ppf-files:xml", plugin.requirements(None))], conf={}, packages=(), spark_version="3.5.9")
