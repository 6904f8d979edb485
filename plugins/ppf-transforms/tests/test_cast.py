from decimal import Decimal

import pytest
from ppf_transforms.cast import CastTransform
from pyspark.sql import SparkSession

from ppf_core import PpfError
from ppf_core.testing import build, context


def test_columns_get_their_type_where_they_stand(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("1.50", "x", "7")], ["price.net", "name", "count"])
    cast = build(CastTransform, columns={"price.net": "DECIMAL(5,2)", "count": "int"}).transform(context(spark), {"in": frame})
    assert (cast.columns, cast.collect()) == (frame.columns, [(Decimal("1.50"), "x", 7)])


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"idd": "INT"}, "columns names 'idd', which is no column of the input. Did you mean 'id'?"),
        ({"id": "INTT"}, "Spark does not accept columns.id, which is 'INTT': "),
        ({"id": "ARRAY<INT>"}, "Spark does not accept columns.id, which is 'ARRAY<INT>': "),
    ],
)
def test_a_wrong_cast_is_told(spark: SparkSession, columns: dict[str, str], told: str) -> None:
    with pytest.raises(PpfError) as caught:
        build(CastTransform, columns=columns).transform(context(spark), {"in": spark.range(1)})
    assert told in str(caught.value)
