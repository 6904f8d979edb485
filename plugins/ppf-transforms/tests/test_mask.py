import hashlib
import hmac
import re
from typing import Any

import pytest
from ppf_transforms.mask import MaskTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError, Secret
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context

KEY = "key of the masks"


@pytest.fixture(scope="module")
def people(spark: SparkSession) -> DataFrame:
    rows = [("Ada Løve", "DE89-3704 0044", 42, [1]), (None, None, None, None), ("", "", 0, [])]
    return spark.createDataFrame(rows, "`na.me` STRING, iban STRING, age INT, l ARRAY<INT>")


def masked(spark: SparkSession, frame: DataFrame, way: str, column: str = "iban", **options: Any) -> list[Any]:
    made = build(MaskTransform, columns={column: way}, **options).transform(context(spark), {"in": frame})
    assert made.columns == frame.columns
    return [row[column] for row in made.collect()]


def test_a_hash_is_that_of_the_value_and_of_the_key_where_there_is_one(spark: SparkSession, people: DataFrame) -> None:
    plain = [hashlib.sha256(text.encode()).hexdigest() for text in ("DE89-3704 0044", "")]
    assert masked(spark, people, "hash") == [plain[0], None, plain[1]]
    keyed = [hmac.new(KEY.encode(), text.encode(), "sha256").hexdigest() for text in ("42", "0")]
    assert masked(spark, people, "hash", "age", key=Secret(KEY)) == [keyed[0], None, keyed[1]]


def test_a_token_looks_like_the_value_and_is_always_the_same(spark: SparkSession, people: DataFrame) -> None:
    token, null, empty = masked(spark, people, "tokenise", key=Secret(KEY))
    assert (null, empty, len(token), token[4], token[9]) == (None, "", 14, "-", " ")
    assert re.fullmatch("[A-Z]{2}[0-9]{2}-[0-9]{4} [0-9]{4}", token)
    assert token != "DE89-3704 0044"
    assert masked(spark, people.repartition(2), "tokenise", key=Secret(KEY)).count(token) == 1
    assert masked(spark, people, "tokenise", key=Secret("another key"))[0] != token


def test_no_plan_shows_the_key(spark: SparkSession, people: DataFrame) -> None:
    made = build(MaskTransform, columns={"iban": "hash", "na.me": "tokenise"}, key=Secret(KEY)).transform(
        context(spark), {"in": people}
    )
    assert KEY not in made._jdf.queryExecution().toString()


@pytest.mark.parametrize(
    ("way", "column", "options", "found"),
    [
        ("redact", "na.me", {}, ["***", None, "***"]),
        ("redact", "na.me", {"text": "x"}, ["x", None, "x"]),
        ("redact", "age", {}, [None, None, None]),
        ("null", "l", {}, [None, None, None]),
        ("partial", "iban", {}, ["*" * 10 + "0044", None, ""]),
        ("partial", "na.me", {"keep": 100}, ["****Løve", None, ""]),
        ("partial", "age", {"keep": 1}, ["*2", None, "*"]),
        ("partial", "iban", {"keep": 0}, ["*" * 14, None, ""]),
    ],
)
def test_values_are_hidden(
    spark: SparkSession, people: DataFrame, way: str, column: str, options: dict[str, Any], found: list[Any]
) -> None:
    assert masked(spark, people, way, column, **options) == found


def test_what_does_not_fit_is_told(spark: SparkSession, people: DataFrame) -> None:
    with pytest.raises(PpfError, match=r"columns\.l is 'hash', but the column is array<int>: no single value"):
        masked(spark, people, "hash", "l")
    with pytest.raises(PpfError, match=r"columns names 'name', which is no column of the input. Did you mean 'na.me'"):
        masked(spark, people, "hash", "name")
    with pytest.raises(ConfigError, match="needs a key"):
        build(MaskTransform, columns={"a": "tokenise"})
    with pytest.raises(ConfigError, match="hash"):
        build(MaskTransform, columns={"a": "hide"})
