"""Counting while rows are written: each way in which Spark's Observation fools whoever believes it, and what we make of it."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from py4j.clientserver import ClientServerConnection
from pyspark.errors import AnalysisException, PySparkAssertionError
from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from ppf_core import Columns
from ppf_core.jvm.quiet_pyspark import without_call_sites
from ppf_core.spark.frames import same_shape
from ppf_core.spark.row_masks import BITS, RowMasks, fitting, raising_rules
from ppf_core.spark.rules import Rules


def bad_where(condition: Callable[[Columns], Column]) -> Callable[[Columns, int, int], Column]:
    return lambda columns, bad, good: F.when(condition(columns), bad).otherwise(good)


def rules(*conditions: Callable[[Columns], Column], **values: Column) -> Rules:
    rows = {number: bad_where(condition) for number, condition in enumerate(conditions)}
    return Rules(rows, {100: lambda _columns: values} if values else {})


def low(limit: int) -> Callable[[Columns], Column]:
    return lambda columns: columns["id"] < limit


def write(frame: DataFrame) -> None:
    frame.write.format("noop").mode("overwrite").save()


def naive(frame: DataFrame, act: Callable[[DataFrame], Any] = write, seconds: float = 3) -> Any:
    """What an Observation of the bad rows says, as most people would use it."""
    observation, arrived = Observation(), []
    observed = frame.observe(observation, F.count(F.lit(1)).alias("n"), F.count_if(F.col("id") < 10).alias("bad"))
    try:
        act(observed)
    except Exception as error:  # noqa: BLE001 -- one of the traps
        arrived.append(type(error).__name__)

    def get() -> None:
        try:
            arrived.append(observation.get)
        except Exception as error:  # noqa: BLE001 -- another one
            arrived.append(type(error).__name__)

    thread = threading.Thread(target=get, daemon=True)
    thread.start()
    thread.join(seconds)
    return arrived


def seen(frame: DataFrame, act: Callable[[DataFrame], Any] = write, seconds: float = 3) -> tuple[int, tuple[int, ...]] | None:
    """What a masks of the same rule heard: rows and the union of the masks."""
    masks = RowMasks(frame, rules(low(10)))
    observed, observation = masks.observed()
    with suppress(Exception):  # a failed action is one of the traps
        act(masks.good(observed))
    summary = masks.seen(observation, seconds)
    return None if summary is None else (summary.rows, summary.masks)


# ---- the straight way


def test_what_is_counted_while_rows_are_written_is_heard(spark: SparkSession) -> None:
    assert seen(spark.range(100)) == (100, (1,))


def test_counts_of_each_rule(spark: SparkSession) -> None:
    masks = RowMasks(spark.range(100), rules(low(10), low(0), low(3), total=F.sum("id")))
    counts = masks.count()
    assert (counts.rows, counts.failed, counts.values) == (100, {0: 10, 1: 0, 2: 3}, {100: {"total": 4950}})


def test_a_null_is_bad_only_where_the_check_says_so(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1,), (None,)], "id BIGINT")
    assert RowMasks(frame, rules(low(0))).count().failed == {0: 0}


@pytest.mark.parametrize("number", [1, BITS, BITS + 1, 130])
def test_any_number_of_rules(spark: SparkSession, number: int) -> None:
    masks = RowMasks(spark.range(5), rules(*(low(limit % 4) for limit in range(number))))
    observed, observation = masks.observed()
    write(masks.good(observed))
    summary = masks.seen(observation)
    assert summary is not None
    assert masks.complete(summary, spark.range(5)).failed == {limit: limit % 4 for limit in range(number)}
    assert len(masks.masks) == -(-number // BITS)


def test_a_column_of_the_data_may_have_the_name_of_a_mask(spark: SparkSession) -> None:
    frame = spark.range(3).withColumn("_ppf_mask_0", F.lit("mine"))
    masks = RowMasks(frame, rules(low(1)))
    assert masks.count().failed == {0: 1}
    assert masks.good(masks.labelled).columns == ["id", "_ppf_mask_0"]


def test_two_hundred_rules_are_one_stage_of_generated_code(spark: SparkSession) -> None:
    masks = RowMasks(spark.range(1000), rules(*(low(limit) for limit in range(200))))
    plan = masks.labelled._jdf.queryExecution()
    generated = str(spark._jvm.org.apache.spark.sql.execution.debug.package.codegenString(plan.executedPlan()))
    assert "Found 1 WholeStageCodegen subtrees." in generated
    assert masks.count().failed[199] == 199


def test_a_rule_more_is_few_calls_to_the_jvm(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a fraction of a millisecond, which adds up: 20 rules are to cost no more than a filter."""
    calls: list[str] = []
    send = ClientServerConnection.send_command
    monkeypatch.setattr(ClientServerConnection, "send_command", lambda self, told: calls.append(told) or send(self, told))

    def cost(number: int) -> int:
        frame = spark.range(3)
        made = rules(*(low(limit) for limit in range(number)))
        calls.clear()
        fitting(frame, made, split=range(number))
        return sum(not told.startswith("m") for told in calls)

    with without_call_sites():
        assert cost(40) - cost(20) <= 20 * 8


# ---- the traps


def test_without_an_action_nothing_arrives_and_nobody_waits_for_ever(spark: SparkSession) -> None:
    assert naive(spark.range(100), lambda _frame: None, 1) == []
    assert seen(spark.range(100), lambda _frame: None, 1) is None


@pytest.mark.parametrize("act", [lambda frame: frame.rdd.count(), lambda frame: frame.foreachPartition(lambda _rows: None)])
def test_an_action_on_its_rdd_tells_nothing(spark: SparkSession, act: Callable[[DataFrame], Any]) -> None:
    assert naive(spark.range(100), act, 1) == []
    assert seen(spark.range(100), act, 1) is None


def test_a_look_at_the_first_rows_is_told_as_if_it_were_all(spark: SparkSession) -> None:
    def peek(frame: DataFrame) -> None:
        frame.limit(5).collect()
        write(frame)

    (found,) = naive(spark.range(0, 1000, 1, 4), peek)
    assert found["n"] < 1000
    told = seen(spark.range(0, 1000, 1, 4), peek)
    assert told is not None
    assert told[0] < 1000  # fewer than the sink says it wrote: not believed


def test_a_limit_above_hides_the_bad_rows(spark: SparkSession) -> None:
    frame = spark.range(0, 1000, 1, 4).orderBy(F.desc("id")).coalesce(1)
    (found,) = naive(frame, lambda observed: write(observed.limit(5)))
    assert found["bad"] == 0
    told = seen(frame, lambda observed: write(observed.limit(5)))
    assert told is None or told[0] != 1000


def test_a_failed_action_looks_like_an_empty_batch(spark: SparkSession) -> None:
    frame = spark.range(100).select(F.when(F.col("id") == 50, F.raise_error(F.lit("no"))).otherwise(F.col("id")).alias("id"))
    raised = naive(frame)
    assert len(raised) in (1, 2)  # the error, and what it says of the rows, if it says anything
    told = seen(frame)
    assert told is None or told[0] != 100


@pytest.mark.parametrize("emptied", [lambda frame: frame.where("false"), lambda frame: frame.join(frame.where("id < 0"), "id")])
def test_a_node_that_is_optimised_away_tells_nothing_true(
    spark: SparkSession, emptied: Callable[[DataFrame], DataFrame]
) -> None:
    told = seen(spark.range(100), lambda observed: write(emptied(observed)))
    assert told is None or told[0] in (0, 100)


def test_distinct_values_cannot_be_observed(spark: SparkSession) -> None:
    masks = RowMasks(spark.range(3), rules(low(1), total=F.sum_distinct("id")))
    assert not masks.is_observable()
    with pytest.raises(AnalysisException):
        spark.range(3).observe("x", F.sum_distinct("id"))
    assert masks.count().values == {100: {"total": 3}}


def test_an_observation_serves_once_and_a_tally_takes_a_new_one_each_time(spark: SparkSession) -> None:
    observation = Observation()
    spark.range(3).observe(observation, F.count(F.lit(1)))
    with pytest.raises(PySparkAssertionError):
        spark.range(3).observe(observation, F.count(F.lit(1)))
    masks = RowMasks(spark.range(3), rules(low(1)))
    for _ in range(2):
        observed, fresh = masks.observed()
        write(masks.good(observed))
        assert masks.seen(fresh) is not None


def test_a_union_with_itself_is_counted_once_or_not_believed(spark: SparkSession) -> None:
    told = seen(spark.range(100), lambda observed: write(observed.union(observed)))
    assert told is None or told[0] != 200


# ---- a second look


def test_a_second_look_at_other_rows_is_refused(spark: SparkSession) -> None:
    masks = RowMasks(spark.range(100), rules(low(10)))
    observed, observation = masks.observed()
    write(masks.good(observed))
    summary = masks.seen(observation)
    assert summary is not None
    with pytest.raises(RuntimeError, match="found others: 50, where there were 100"):
        masks.complete(summary, spark.range(50))


def test_rows_that_cannot_be_looked_at_again_are_counted_rule_by_rule_at_once(spark: SparkSession) -> None:
    masks = RowMasks(spark.range(100), rules(low(10), low(20)))
    observed, observation = masks.observed(is_detailed=True)
    write(masks.good(observed))
    summary = masks.seen(observation)
    assert summary is not None
    assert masks.complete(summary, spark.range(0)).failed == {0: 10, 1: 20}


# ---- rows that are set apart


def test_a_row_goes_to_the_place_of_the_first_rule_that_finds_it_bad(spark: SparkSession) -> None:
    masks = RowMasks(spark.range(10), rules(low(2), low(5), low(7)), split=(0, 1, 2), places={0: 0, 1: 1})
    counts = masks.count()
    assert (counts.apart, counts.routed) == (7, {0: 2, 1: 3})
    names = {0: "a", 1: "b", 2: "c"}
    assert [row["id"] for row in masks.routed(masks.labelled, 1, names).collect()] == [2, 3, 4]
    assert masks.routed(masks.labelled, None, names).count() == 5
    assert [row["id"] for row in masks.good(masks.labelled).collect()] == [7, 8, 9]


def test_set_apart_rows_are_judged_once_each(spark: SparkSession) -> None:
    """Else Spark puts the whole mask in the place of each of its names: 20 rules 20 times a row."""
    masks = RowMasks(spark.range(10), rules(*(low(2) for _ in range(20))), split=range(20), places=dict.fromkeys(range(20), 0))
    names = {number: str(number) for number in range(20)}
    plan = str(masks.routed(masks.labelled, 0, names)._jdf.queryExecution().optimizedPlan())
    assert plan.count("< 2") == 20


# ---- rules that do not fit


def test_only_the_rules_that_do_not_fit_are_named(spark: SparkSession) -> None:
    def unknown(_columns: Columns) -> Column:
        return F.col("nobody") > 0

    frame = spark.range(3)
    masks, broken = fitting(frame, rules(low(1), unknown, low(2)))
    assert (list(broken), masks.count().failed) == ([1], {0: 1, 2: 2})
    assert fitting(frame, rules(low(1)))[1] == {}


def test_only_the_rules_that_raise_on_the_rows_are_named(spark: SparkSession) -> None:
    def raising(columns: Columns) -> Column:
        return F.when(columns["id"] == 1, F.raise_error(F.lit("no")).isNull()).otherwise(F.lit(False))

    frame = spark.range(3)
    found: Mapping[int, Exception] = raising_rules(frame, rules(low(1), raising))
    assert list(found) == [1]
    assert raising_rules(frame.select(F.raise_error(F.lit("rows")).cast("bigint").alias("id")), rules(low(1))) == {}


def test_frames_of_the_same_columns_have_the_same_shape_in_any_order(spark: SparkSession) -> None:
    one = spark.range(1).withColumn("a", F.lit(1))
    assert same_shape(one, one.select("a", "id"))
    assert not same_shape(one, one.select("a", F.col("id").cast("string")))
