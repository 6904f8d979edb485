"""Tables of another catalog than Spark's: a database that Spark reaches over JDBC."""

from dataclasses import replace
from pathlib import Path

import pytest
from ppf_table import catalog, statements
from ppf_table.sink import TableSink
from pyspark.sql import SparkSession

from ppf_core import PpfError, TargetMoved
from ppf_core.testing import build, context

# Derby knows names in capital letters best.
NAME = "derby.APP.PEOPLE"


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture
def derby(spark: SparkSession, tmp_path: Path) -> SparkSession:
    session = spark.newSession()
    session.conf.set("spark.sql.catalog.derby", "org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog")
    session.conf.set("spark.sql.catalog.derby.url", f"jdbc:derby:memory:{tmp_path.name};create=true")
    session.conf.set("spark.sql.catalog.derby.driver", "org.apache.derby.jdbc.EmbeddedDriver")
    return session


def write(derby: SparkSession, rows: int, **options: str) -> None:
    sink, here = build(TableSink, name=NAME, **options), context(derby)
    ticket = sink.stage(here, derby.range(rows))
    sink.publish(here, ticket)
    sink.publish(here, ticket)


def ids(derby: SparkSession) -> list[int]:
    return sorted(row.id for row in derby.table(NAME).collect())


def tables(derby: SparkSession) -> set[str]:
    return {row.tableName for row in derby.sql("SHOW TABLES IN derby.APP").collect()}


def test_every_mode_writes_what_it_says_once(derby: SparkSession) -> None:
    write(derby, 1)
    write(derby, 2, mode="append")
    assert ids(derby) == [0, 0, 1]
    write(derby, 3, mode="overwrite")
    write(derby, 5, mode="ignore")
    assert ids(derby) == [0, 1, 2]
    assert tables(derby) == {"PEOPLE"}
    with pytest.raises(PpfError, match="exists already"):
        write(derby, 1)


def test_nothing_is_seen_of_what_is_staged_and_discarded(derby: SparkSession) -> None:
    write(derby, 1)
    sink = build(TableSink, name=NAME, mode="append")
    ticket = sink.stage(context(derby), derby.range(3))
    assert ids(derby) == [0]
    sink.discard(context(derby), None)
    sink.discard(context(derby), ticket)
    assert tables(derby) == {"PEOPLE"}


@pytest.mark.parametrize("options", [{}, {"mode": "append"}])
def test_rows_of_another_catalog_are_counted_but_do_not_stand_for_those_that_are_given(
    options: dict[str, str], derby: SparkSession
) -> None:
    told: list[int | None] = []
    if options:
        write(derby, 1)
    sink, here = build(TableSink, name=NAME, **options), replace(context(derby), _report=lambda rows, _: told.append(rows))
    assert (sink.staged(here, sink.stage(here, derby.range(3))), told) == (None, [3])


@pytest.mark.parametrize("statement", ["DROP TABLE {}", "ALTER TABLE {} ADD COLUMN name STRING"])
def test_a_table_that_changed_meanwhile_is_left_alone(statement: str, derby: SparkSession) -> None:
    write(derby, 1)
    sink = build(TableSink, name=NAME, mode="overwrite")
    ticket = sink.stage(context(derby), derby.range(3))
    derby.sql(statement.format(NAME))
    with pytest.raises(TargetMoved, match="by somebody else during the run"):
        sink.publish(context(derby), ticket)


@pytest.mark.parametrize("inserted", [True, False])
@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_a_statement_that_was_cut_short_is_repeated_only_where_that_does_no_harm(
    mode: str, inserted: bool, derby: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(derby, 1)
    sink = build(TableSink, name=NAME, mode=mode)
    ticket = sink.stage(context(derby), derby.range(3))
    holder, name = (catalog, "drop") if inserted else (statements, "_insert")
    with monkeypatch.context() as patched:
        patched.setattr(holder, name, _dies)
        with pytest.raises(Killed):
            sink.publish(context(derby), ticket)
    before = ids(derby)
    if mode == "append":
        with pytest.raises(PpfError, match="nothing tells whether they are there"):
            sink.publish(context(derby), ticket)
        assert ids(derby) == before
        sink.discard(context(derby), ticket)
    else:
        sink.publish(context(derby), ticket)
        assert ids(derby) == [0, 1, 2]
    assert tables(derby) == {"PEOPLE"}


def _dies(*_: object, **__: object) -> None:
    raise Killed
