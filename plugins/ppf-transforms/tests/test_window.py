from typing import Any

import pytest
from ppf_transforms.window import WindowTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


@pytest.fixture(scope="module")
def sales(spark: SparkSession) -> DataFrame:
    rows = [("x", 1, 10), ("x", 2, 20), ("x", 5, 30), ("y", 1, 5), ("y", 1, 7)]
    return spark.createDataFrame(rows, "`the.shop` STRING, day INT, amount INT")


def values(spark: SparkSession, frame: DataFrame, expression: str, **options: Any) -> list[Any]:
    made = build(WindowTransform, columns={"n.ew": expression}, **options).transform(context(spark), {"in": frame})
    assert made.columns == [*frame.columns, "n.ew"]
    return [row["n.ew"] for row in made.orderBy("`the.shop`", "day", "amount").collect()]


@pytest.mark.parametrize(
    ("expression", "options", "found"),
    [
        ("sum(amount)", {}, [72, 72, 72, 72, 72]),
        ("sum(amount)", {"partition_by": ["the.shop"]}, [60, 60, 60, 12, 12]),
        ("sum(amount)", {"partition_by": ["the.shop"], "order_by": ["day"]}, [10, 30, 60, 12, 12]),
        ("rank()", {"partition_by": ["the.shop"], "order_by": ["amount DESC"]}, [3, 2, 1, 2, 1]),
        ("lag(amount, 1, 0)", {"partition_by": ["the.shop"], "order_by": ["day", "amount"]}, [0, 10, 20, 0, 5]),
        ("sum(amount)", {"partition_by": ["the.shop"], "order_by": ["day", "amount"], "rows": [-1, 0]}, [10, 30, 50, 5, 12]),
        ("sum(amount)", {"partition_by": ["the.shop"], "order_by": ["day"], "range": [-1, "current"]}, [10, 30, 30, 12, 12]),
        (
            "count(*)",
            {"partition_by": ["the.shop"], "order_by": ["day", "amount"], "rows": ["unbounded", "unbounded"]},
            [3, 3, 3, 2, 2],
        ),
    ],
)
def test_the_window_is_as_the_options_say(
    spark: SparkSession, sales: DataFrame, expression: str, options: dict[str, Any], found: list[Any]
) -> None:
    assert values(spark, sales, expression, **options) == found


def test_rows_can_be_chosen_by_what_was_computed(spark: SparkSession, sales: DataFrame) -> None:
    options: dict[str, Any] = {
        "partition_by": ["the.shop"],
        "order_by": ["amount DESC"],
        "qualify": "`n.ew` = 1 AND amount > 10",
    }
    assert values(spark, sales, "row_number()", **options) == [1]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"columns": {"a": "sum(amont)"}}, "columns.a is 'sum(amont)', but there is no column 'amont'"),
        ({"columns": {"a": "amount"}}, "Spark does not accept columns.a, which is 'amount'"),
        ({"columns": {"a": "sum(amount)"}, "partition_by": ["the"]}, "partition_by names 'the'"),
        ({"columns": {"a": "rank()"}, "order_by": ["dai"]}, "order_by[0] is 'dai', but there is no column 'dai'"),
        ({"columns": {"a": "sum(amount)"}, "qualify": "b = 1"}, "qualify is 'b = 1', but there is no column 'b'"),
    ],
)
def test_what_does_not_fit_the_input_is_told(spark: SparkSession, sales: DataFrame, options: dict[str, Any], told: str) -> None:
    with pytest.raises(PpfError) as caught:
        build(WindowTransform, **options).transform(context(spark), {"in": sales})
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"columns": {}}, "at least one"),
        ({"rows": [-1, 0]}, "needs order_by"),
        ({"rows": [-1], "order_by": ["a"]}, "must be two of"),
        ({"rows": [-1.5, 0], "order_by": ["a"]}, "must be two of"),
        ({"rows": [0, -1], "order_by": ["a"]}, "ends before it begins"),
        ({"rows": [0, 1], "range": [0, 1], "order_by": ["a"]}, "leave one of them out"),
    ],
)
def test_options_that_make_no_sense_are_mistakes(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(WindowTransform, **{"columns": {"a": "count(*)"}, **options})
