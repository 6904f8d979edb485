from collections.abc import Mapping
from pathlib import Path

import pytest
from ppf_sql.sql import SqlTransform
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context

Inputs = Mapping[str, DataFrame]


@pytest.fixture(scope="module")
def inputs(spark: SparkSession) -> Inputs:
    return {
        "flights": spark.createDataFrame([(1, "AA"), (2, "UA"), (3, "AA")], "id INT, carrier STRING"),
        "late-flights": spark.createDataFrame([(2,)], "id INT"),
    }


def rows(spark: SparkSession, inputs: Inputs, query: str, **params: object) -> list[tuple[object, ...]]:
    frame = build(SqlTransform, query=query, params=params).transform(context(spark), inputs)
    return sorted(tuple(row) for row in frame.collect())


def test_inputs_are_visible_in_any_case_and_with_dashes(spark: SparkSession, inputs: Inputs) -> None:
    assert rows(spark, inputs, "SELECT id FROM FLIGHTS JOIN `late-flights` USING (id)") == [(2,)]


def test_inputs_are_visible_in_subqueries(spark: SparkSession, inputs: Inputs) -> None:
    query = "SELECT id FROM flights f WHERE EXISTS (SELECT 1 FROM `late-flights` l WHERE l.id = f.id)"
    assert rows(spark, inputs, query) == [(2,)]


def test_a_common_table_may_have_the_name_of_the_input_it_reads(spark: SparkSession, inputs: Inputs) -> None:
    query = "WITH flights AS (SELECT * FROM flights WHERE carrier = 'AA') SELECT id FROM flights"
    assert rows(spark, inputs, query) == [(1,), (3,)]


def test_one_alias_names_different_frames_in_two_components(spark: SparkSession) -> None:
    first, second = (
        build(SqlTransform, query="SELECT * FROM t").transform(context(spark), {"t": spark.range(count)}) for count in (1, 4)
    )
    assert (first.count(), second.count()) == (1, 4)


def test_views_neither_leave_the_component_nor_come_into_it(spark: SparkSession, inputs: Inputs) -> None:
    session = spark.newSession()
    session.range(1).createOrReplaceTempView("stray")
    rows(session, inputs, "SELECT id FROM flights")
    assert [table.name for table in session.catalog.listTables()] == ["stray"]
    with pytest.raises(PpfError, match="'stray'"):
        rows(session, inputs, "SELECT * FROM stray")


def test_the_result_belongs_to_the_session_of_the_run_and_has_its_settings(spark: SparkSession) -> None:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    frame = build(SqlTransform, query="SELECT current_timezone() AS zone").transform(context(session), {})
    assert frame.sparkSession is session
    assert frame.head() == ("Asia/Tokyo",)


def test_frames_of_queries_can_be_joined(spark: SparkSession, inputs: Inputs) -> None:
    late = build(SqlTransform, query="SELECT * FROM `late-flights`").transform(context(spark), inputs)
    assert late.join(inputs["flights"], "id").count() == 1


def test_no_job_runs(spark: SparkSession, inputs: Inputs) -> None:
    spark.sparkContext.setJobGroup("sql-test", "")
    build(SqlTransform, query="SELECT count(*) FROM flights").transform(context(spark), inputs)
    assert spark.sparkContext.statusTracker().getJobIdsForGroup("sql-test") == []


def test_parameters_are_values_never_text(spark: SparkSession, inputs: Inputs) -> None:
    query = "SELECT id FROM flights WHERE carrier = :carrier AND id > :least"
    assert rows(spark, inputs, query, carrier="AA", least=1) == [(3,)]
    assert rows(spark, inputs, query, carrier="' OR 1 = 1 --", least=0) == []


@pytest.mark.parametrize("ids", [[2, 3], [3, 2, None]])
def test_a_list_is_an_array(spark: SparkSession, inputs: Inputs, ids: list[int | None]) -> None:
    query = "SELECT id FROM flights WHERE array_contains(:ids, id)"
    assert rows(spark, inputs, query, ids=ids) == [(2,), (3,)]


def test_lists_of_texts_and_of_fractions_and_empty_ones_are_arrays(spark: SparkSession) -> None:
    query = "SELECT :words[0], :numbers[1], size(:none)"
    assert rows(spark, {}, query, words=["a", "b"], numbers=[1, 2.5], none=[]) == [("a", 2.5, 0)]


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], ["a", 1]])
def test_a_parameter_that_spark_cannot_take_is_a_mistake(value: object) -> None:
    with pytest.raises(ConfigError, match="must be a text, a number"):
        build(SqlTransform, query="SELECT :p", params={"p": value})


@pytest.mark.parametrize("value", [2**63, [1, -(2**63) - 1]])
def test_a_number_that_spark_cannot_hold_is_a_mistake(value: object) -> None:
    with pytest.raises(ConfigError, match="is too large for Spark's BIGINT"):
        build(SqlTransform, query="SELECT :p", params={"p": value})


def test_an_empty_query_is_a_mistake(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is empty"):
        build(SqlTransform, query="  ")
    (tmp_path / "none.sql").write_text("\n")
    with pytest.raises(PpfError, match=r"none\.sql' is empty"):
        build(SqlTransform, tmp_path, query_file="none.sql").transform(context(spark), {})


@pytest.mark.parametrize("alias", ["an alias", "a.b", "tick`s"])
def test_an_alias_may_have_any_characters(alias: str, spark: SparkSession) -> None:
    quoted = alias.replace("`", "``")
    assert len(rows(spark, {alias: spark.range(3)}, f"SELECT * FROM `{quoted}`")) == 3  # noqa: S608 -- a name of the test


def test_the_query_can_stand_in_a_file(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "all.sql").write_text("SELECT * FROM t; -- everything\n", encoding="utf-8")
    transform = build(SqlTransform, tmp_path, query_file="all.sql")
    assert transform.transform(context(spark), {"t": spark.range(2)}).count() == 2


def test_a_missing_query_file_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PpfError, match=r"gone\.sql' cannot be read"):
        build(SqlTransform, tmp_path, query_file="gone.sql").transform(context(spark), {})


@pytest.mark.parametrize("options", [{}, {"query": "SELECT 1", "query_file": "x.sql"}])
def test_exactly_one_of_query_and_query_file_is_given(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="query_file"):
        build(SqlTransform, **options)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE made AS SELECT 1 AS id",
        "WITH a AS (SELECT 1) INSERT INTO made SELECT * FROM a",
        "FROM flights INSERT INTO made SELECT id",
        "INSERT OVERWRITE DIRECTORY '/nowhere' USING parquet SELECT 1",
        "DROP TABLE made; -- SELECT 1",
        "SET spark.sql.ansi.enabled = false",
        "CACHE TABLE flights",
    ],
)
def test_a_statement_with_effects_is_refused_before_it_runs(spark: SparkSession, inputs: Inputs, statement: str) -> None:
    with pytest.raises(PpfError, match="is not a query"):
        rows(spark, inputs, statement)
    assert not spark.catalog.tableExists("made")


@pytest.mark.parametrize("query", ["VALUES (1)", "TABLE `late-flights`", "FROM `late-flights` SELECT id", "(SELECT 1);"])
def test_every_kind_of_query_is_one(spark: SparkSession, inputs: Inputs, query: str) -> None:
    assert len(rows(spark, inputs, query)) == 1


def test_an_unknown_table_gets_the_near_miss_among_the_inputs(spark: SparkSession, inputs: Inputs) -> None:
    with pytest.raises(PpfError, match=r"'fligths', which is neither.*Did you mean 'flights'\?"):
        rows(spark, inputs, "SELECT * FROM fligths")


def test_an_unknown_column_is_told_by_spark(spark: SparkSession, inputs: Inputs) -> None:
    with pytest.raises(AnalysisException, match="carier"):
        rows(spark, inputs, "SELECT carier FROM flights")


def test_a_syntax_error_is_told_with_its_place(spark: SparkSession, inputs: Inputs) -> None:
    with pytest.raises(ParseException, match="line 1, pos 14"):
        rows(spark, inputs, "SELECT * FORM flights")


def test_inputs_that_differ_in_case_only_are_refused(spark: SparkSession) -> None:
    with pytest.raises(PpfError, match="cannot tell the inputs 'T' and 't' apart"):
        rows(spark, {"T": spark.range(1), "t": spark.range(2)}, "SELECT * FROM t")
