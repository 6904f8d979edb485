import hashlib
from typing import Any

import pytest
from ppf_transforms.hash_key import HashKeyTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def keys(spark: SparkSession, frame: DataFrame, **options: Any) -> list[Any]:
    given = {"columns": frame.columns} | options
    made = build(HashKeyTransform, **given).transform(context(spark), {"in": frame})
    return [row[-1] for row in made.collect()]


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "md5"])
def test_the_key_is_the_digest_of_the_values_each_with_its_length(spark: SparkSession, algorithm: str) -> None:
    frame = spark.createDataFrame([("ä", 7, None)], "`a.b` STRING, n INT, x STRING")
    assert keys(spark, frame, algorithm=algorithm) == [hashlib.new(algorithm, "1:ä1:7-".encode()).hexdigest()]


@pytest.mark.parametrize("algorithm", ["sha256", "xxhash64"])
def test_different_values_have_different_keys(spark: SparkSession, algorithm: str) -> None:
    rows = [("ab", "c"), ("a", "bc"), ("", "abc"), (None, "abc"), ("abc", None), ("abc", ""), ("-", "abc"), ("1:a", "b")]
    found = keys(spark, spark.createDataFrame(rows, "a STRING, b STRING"), algorithm=algorithm)
    assert len(set(found)) == len(rows)


def test_the_key_is_the_same_in_every_time_zone(spark: SparkSession) -> None:
    found = set()
    for zone in ("UTC", "Asia/Tokyo"):
        session = spark.newSession()
        session.conf.set("spark.sql.session.timeZone", zone)
        found |= set(
            keys(session, session.sql("SELECT timestamp_micros(1) AS at, X'00ff' AS raw, 1.10 AS d, date'2024-02-29' AS day"))
        )
    assert len(found) == 1


def test_texts_can_be_taken_without_case_and_space(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(" Ada@X ",), ("ada@x",)], "mail STRING")
    assert len(set(keys(spark, frame, normalise=True))) == 1
    assert len(set(keys(spark, frame))) == 2


def test_nothing_has_no_key_if_wanted(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(None, None), (None, 1)], "a STRING, b INT")
    assert [key is None for key in keys(spark, frame, null=True)] == [True, False]
    assert None not in keys(spark, frame)


def test_what_does_not_fit_is_told(spark: SparkSession) -> None:
    frame = spark.sql("SELECT 1 AS id, array(1) AS l, named_struct('x', 1) AS s")
    with pytest.raises(PpfError, match="columns names 'l', which is array<int>: no single value"):
        keys(spark, frame, columns=["l"])
    with pytest.raises(PpfError, match=r"Did you mean 's.x'"):
        keys(spark, frame, columns=["s.y"])
    with pytest.raises(PpfError, match="columns of one name"):
        keys(spark, frame, columns=["s.x"], into="ID")
    with pytest.raises(ConfigError, match="at least one column"):
        build(HashKeyTransform, columns=[])
