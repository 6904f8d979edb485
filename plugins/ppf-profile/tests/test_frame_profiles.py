"""The numbers of real frames."""

import math
from collections.abc import Callable

import pytest
from ppf_profile.frame_profiles import FEW, ColumnProfile, profile_frame
from pyspark.sql import SparkSession
from pyspark.sql import types as T


class PlaceType(T.UserDefinedType):
    """A type that Spark does not have."""

    @classmethod
    def sqlType(cls) -> T.DataType:  # noqa: N802 -- Spark's name
        """How it is stored."""
        return T.ArrayType(T.DoubleType(), False)

    @classmethod
    def module(cls) -> str:
        """Where Spark finds the class again."""
        return __name__

    def serialize(self, obj: "Place") -> list[float]:
        """As it is stored."""
        return [obj.x]


class Place:
    """A value of that type."""

    __UDT__ = PlaceType()

    def __init__(self, x: float) -> None:
        self.x = x


def of(spark: SparkSession, expression: str, rows: int = 12) -> ColumnProfile:
    """The profile of one expression over the numbers from 0."""
    (column,) = profile_frame(spark.range(rows).selectExpr(f"{expression} c")).columns
    return column


def actions(spark: SparkSession, work: Callable[[], object]) -> int:
    """How many actions Spark ran meanwhile."""
    before = _last_action(spark)
    work()
    return _last_action(spark) - before


def kept(spark: SparkSession) -> set[int]:
    """What is kept in memory or on disk, by number."""
    return set(spark.sparkContext._jsc.getPersistentRDDs())


def _last_action(spark: SparkSession) -> int:
    """The number of the last action; Spark counts them up, but keeps only the last thousand."""
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    known = spark._jsparkSession.sharedState().statusStore().executionsList()
    return int(known.last().executionId()) if known.nonEmpty() else -1


def test_a_column_is_described_by_its_numbers(spark: SparkSession) -> None:
    assert of(spark, "if(id < 3, null, id)") == ColumnProfile(
        name="c",
        type="bigint",
        kind="bigint",
        filled=9,
        nulls=3,
        min=3,
        max=11,
        distinct=9,
        is_exact=True,
        values=tuple(range(3, 12)),
        is_unique=False,
    )


def test_a_unique_column_has_no_null_and_no_value_twice(spark: SparkSession) -> None:
    assert [of(spark, each, 1000).is_unique for each in ("id", "if(id = 0, 1, id)", "if(id = 0, null, id)")] == [
        True,
        False,
        False,
    ]


def test_many_values_that_repeat_are_estimated(spark: SparkSession) -> None:
    column = of(spark, "id % 500", 2000)
    assert not column.is_exact
    assert column.values is None
    assert column.distinct == pytest.approx(500, rel=0.2)


@pytest.mark.parametrize("count", [FEW, FEW + 1])
def test_values_are_listed_only_where_they_are_few(spark: SparkSession, count: int) -> None:
    column = of(spark, f"id % {count}", 400)
    assert (column.distinct, column.is_exact) == (count, True)
    assert column.values == (tuple(range(count)) if count <= FEW else None)


def test_nan_is_counted_and_is_no_bound_and_no_value(spark: SparkSession) -> None:
    column = of(spark, "if(id % 2 = 0, double('NaN'), id)", 4)
    assert (column.nans, column.nulls, column.min, column.max, column.values) == (2, 0, 1.0, 3.0, (1.0, 3.0))


def test_nan_counts_as_one_value_of_a_unique_column(spark: SparkSession) -> None:
    assert of(spark, "if(id = 0, double('NaN'), id)").is_unique
    assert not of(spark, "if(id < 2, double('NaN'), id)").is_unique


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("id % 2 = 0", (False, True)),
        ("cast(id % 2 as tinyint)", (0, 1)),
        ("if(id % 2 = 0, 0.1D, double('-Infinity'))", (-math.inf, 0.1)),
        ("cast(if(id % 2 = 0, 0.1, 1e20) as float)", (0.1, 1e20)),
        ("if(id % 2 = 0, 0.0D, -0.0D)", (0.0,)),
        ("cast(if(id % 2 = 0, '10', '9') as decimal(5, 2))", ("9.00", "10.00")),
        ("date_add(date'2024-01-01', cast(id % 2 as int))", ("2024-01-01", "2024-01-02")),
        ("if(id % 2 = 0, '10', '9')", ("10", "9")),
    ],
)
def test_few_values_are_listed_in_their_order(spark: SparkSession, expression: str, values: tuple[object, ...]) -> None:
    column = of(spark, expression)
    assert (column.values, column.distinct, column.is_exact) == (values, len(values), True)


def test_infinite_numbers_are_bounds(spark: SparkSession) -> None:
    column = of(spark, "if(id = 0, float('-Infinity'), double('Infinity'))")
    assert (column.min, column.max) == (-math.inf, math.inf)


def test_a_float_is_written_with_its_own_digits_and_zero_without_a_sign(spark: SparkSession) -> None:
    assert of(spark, "cast(0.1 as float)").max == 0.1
    assert [str(of(spark, each).min) for each in ("-0.0D", "cast(-0.0D as float)")] == ["0.0", "0.0"]


@pytest.mark.parametrize(
    ("expression", "smallest"),
    [
        ("cast(1234.50 as decimal(10, 2))", "1234.50"),
        ("cast(0 as decimal(38, 18))", "0.000000000000000000"),
        ("date'2024-02-29'", "2024-02-29"),
        ("date'0001-01-01'", "0001-01-01"),
        ("timestamp'2024-10-27 02:30:00+02:00'", "2024-10-27 00:30:00+00:00"),
        ("timestamp'2024-10-27 02:30:00.000001+01:00'", "2024-10-27 01:30:00.000001+00:00"),
        ("timestamp_ntz'2024-03-31 02:30:00.5'", "2024-03-31 02:30:00.500000"),
        ("date'-0044-03-15'", None),
        ("date'+10000-01-01'", None),
        ("timestamp'+12345-01-01 00:00:00Z'", None),
    ],
)
def test_exact_values_are_texts_and_times_out_of_the_calendar_are_none(
    spark: SparkSession, expression: str, smallest: str | None
) -> None:
    column = of(spark, expression)
    assert column.min == smallest
    assert column.values == (None if smallest is None else (smallest,))


def test_decimals_are_listed_by_their_size(spark: SparkSession) -> None:
    assert of(spark, "cast(id as decimal(4, 1))").values == tuple(f"{number}.0" for number in range(12))


def test_a_text_has_a_length_in_characters(spark: SparkSession) -> None:
    column = of(spark, "if(id = 0, '', '😀日本')")
    assert (column.shortest, column.longest, column.min, column.values) == (0, 3, None, ("", "😀日本"))


def test_long_texts_are_not_listed(spark: SparkSession) -> None:
    column = of(spark, "repeat('x', 100000)")
    assert (column.longest, column.values) == (100000, None)


@pytest.mark.parametrize("expression", ["array(1)", "map(1, 2)", "named_struct('a', 1)", "X'00'", "make_dt_interval(1)"])
def test_of_other_types_only_the_nulls_are_counted(spark: SparkSession, expression: str) -> None:
    column = of(spark, f"if(id = 0, null, {expression})")
    assert (column.nulls, column.filled) == (1, 11)
    assert (column.min, column.distinct, column.values, column.is_unique) == (None, None, None, None)


def test_no_rows_have_no_numbers(spark: SparkSession) -> None:
    column = of(spark, "cast(id as string)", 0)
    assert (column.nulls, column.shortest, column.distinct, column.values, column.is_unique) == (0, None, 0, None, None)


def test_a_frame_without_columns_has_rows(spark: SparkSession) -> None:
    profile = profile_frame(spark.range(3).select())
    assert (profile.rows, profile.columns) == (3, ())


def test_names_do_not_matter(spark: SparkSession) -> None:
    names = ["", "a.b", "a`b", "*", "select", "c0", "v0", "x", "x", "X", "日 本", "a\nb"]
    schema = T.StructType([T.StructField(name, T.IntegerType()) for name in names])
    profile = profile_frame(spark.createDataFrame([tuple(range(len(names)))], schema))
    assert [(column.name, column.min) for column in profile.columns] == [(name, index) for index, name in enumerate(names)]


def test_a_type_of_a_user_counts_as_any_other(spark: SparkSession) -> None:
    (column,) = profile_frame(spark.createDataFrame([(Place(1.5),), (None,)], T.StructType().add("p", PlaceType()))).columns
    assert (column.nulls, column.distinct) == (1, None)


def test_hundreds_of_columns_take_no_more_actions_than_one(spark: SparkSession) -> None:
    frame = spark.range(50).selectExpr(
        *[f"id + {index} as n{index}" for index in range(60)], *[f"'{index}' as t{index}" for index in range(60)]
    )
    assert actions(spark, lambda: profile_frame(frame)) == 2


def test_where_nothing_is_left_to_ask_one_action_is_enough(spark: SparkSession) -> None:
    assert actions(spark, lambda: profile_frame(spark.range(2000).selectExpr("id % 500 c", "array(id) a"))) == 1


def test_a_sample_is_the_same_in_both_looks_and_is_let_go(spark: SparkSession) -> None:
    frame, before = spark.range(10000).selectExpr("uuid() as id"), kept(spark)
    profile = profile_frame(frame, 100)
    assert (profile.rows, profile.columns[0].distinct, profile.is_sample) == (100, 100, True)
    assert kept(spark) <= before


def test_a_frame_that_fails_leaves_nothing_kept(spark: SparkSession) -> None:
    before = kept(spark)
    with pytest.raises(Exception, match="wrong"):
        profile_frame(spark.range(10).selectExpr("if(id = 5, raise_error('wrong'), id) c"), 100)
    assert kept(spark) <= before
