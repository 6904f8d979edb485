from collections.abc import Callable

import pytest
from ppf_quality.schema import SchemaCheck
from pyspark.sql import DataFrame, SparkSession

from ppf_core import Verdict
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Judging = Callable[..., Verdict]


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], "id INT, `ex.tra` STRING, home STRUCT<city: STRING, zip: INT>, tags ARRAY<STRING>")


def test_a_frame_as_promised_passes(judging: Judging, frame: DataFrame) -> None:
    schema = "TAGS ARRAY<STRING>, id INT NOT NULL, `ex.tra` VARCHAR(9), home STRUCT<zip: INT, city: STRING>"
    assert judging(build(SchemaCheck, schema=schema), frame) == Verdict(True, value=0.0)


def test_each_field_that_differs_has_its_message(judging: Judging, frame: DataFrame) -> None:
    schema = "id BIGINT, day DATE, home STRUCT<city: STRING, street: STRING>, tags ARRAY<INT>"
    found = judging(build(SchemaCheck, schema=schema), frame)
    assert (found.passed, found.value) == (False, 6.0)
    assert found.message.splitlines() == [
        "Field 'id' is int; wanted bigint.",
        "Field 'day' is missing; wanted date.",
        "Field 'home.street' is missing; wanted string.",
        "Field 'tags.element' is string; wanted int.",
        "Field 'ex.tra' is string; the schema does not have it.",
        "Field 'home.zip' is int; the schema does not have it.",
    ]


def test_further_fields_pass_where_it_is_not_strict(judging: Judging, frame: DataFrame) -> None:
    assert judging(build(SchemaCheck, schema="id INT, home STRUCT<zip: INT>", strict=False), frame).passed
    assert not judging(build(SchemaCheck, schema="id BIGINT", strict=False), frame).passed


def test_a_text_that_is_no_schema_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'int'"):
        build(SchemaCheck, schema="id INTT")
