import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, functions

from ppf_core import Columns


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1,)], "amount INT")


def test_a_condition_on_one_row_is_accepted(frame: DataFrame) -> None:
    Columns(frame).analyse(functions.expr("amount > 0"))


@pytest.mark.parametrize("text", ["amuont > 0", "amount + 1", "sum(amount) > 0", "row_number() OVER (ORDER BY amount) > 1"])
def test_what_is_no_condition_on_one_row_is_refused_by_spark(frame: DataFrame, text: str) -> None:
    with pytest.raises(AnalysisException):
        Columns(frame).analyse(functions.expr(text))
