"""The plugins that say they work over Spark Connect, on a real server that Spark starts on this machine."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyspark
import pytest

# Nobody skips it unseen: in CI, the environment of the reference version has what it needs.
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("grpc") is None and not (os.environ.get("CI") and pyspark.__version__.startswith("4.1.")),
    reason="needs pyspark[connect]",
)

CONNECTED = """
import json
from ppf_core.spark.session import SessionRequest, open_session
from ppf_core.testing import build, context
from ppf_console.console import ConsoleSink
from ppf_console.noop import NoopSink
from ppf_files.sources import CsvSource, JsonSource
from ppf_inline.inline import InlineSource
from ppf_inline.range import RangeSource
from ppf_python.python import PythonTransform
from ppf_sql.sql import SqlTransform
from ppf_table.sink import TableSink
from ppf_table.source import TableSource
from ppf_transforms.add_columns import AddColumnsTransform
from ppf_transforms.aggregate import AggregateTransform
from ppf_transforms.cast import CastTransform
from ppf_transforms.deduplicate import DeduplicateTransform
from ppf_transforms.drop import DropTransform
from ppf_transforms.filter import FilterTransform
from ppf_transforms.join import JoinTransform
from ppf_transforms.rename import RenameTransform
from ppf_transforms.schema_contract import SchemaContractTransform
from ppf_transforms.select import SelectTransform
from ppf_transforms.union import UnionTransform
from ppf_transforms.explode import ExplodeTransform
from ppf_transforms.fill import FillTransform
from ppf_transforms.flatten import FlattenTransform
from ppf_transforms.hash_key import HashKeyTransform
from ppf_transforms.limit import LimitTransform
from ppf_transforms.lookup import LookupTransform
from ppf_transforms.mask import MaskTransform
from ppf_transforms.pivot import PivotTransform
from ppf_transforms.sample import SampleTransform
from ppf_transforms.sort import SortTransform
from ppf_transforms.unpivot import UnpivotTransform
from ppf_transforms.window import WindowTransform

session = open_session(SessionRequest(app_name="connected", remote="local[1]"))
here = context(session.spark)
ids = build(RangeSource, end=3).read(here)
people = [{"id": 1, "name": "Ada", "at": "2024-01-01T00:00:00Z"}, {"id": 2, "name": "Grace"}]
named = build(InlineSource, schema="id BIGINT, name STRING, at TIMESTAMP", rows=people).read(here)

def rows(frame):
    return sorted([list(row) for row in frame.collect()], key=str)

def read(source):
    try:
        assert source.pin(here) is None
        return rows(source.read(here))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def table():
    for mode, frame in (("error", ids.selectExpr("id", "id % 2 AS half")), ("overwrite", ids.selectExpr("1L AS half", "id"))):
        build(TableSink, name="numbers", mode=mode, partition_by=["half"]).write(here, frame)
    return read(build(TableSource, name="numbers"))

def made(plugin, inputs=None, **options):
    try:
        return rows(build(plugin, **options).transform(here, inputs or {"ids": ids}))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

build(NoopSink).write(here, named)
build(ConsoleSink).write(here, ids)
both = {"ids": ids, "the-names": named}
seen = {
    "csv": read(build(CsvSource, path="names.csv", schema="id INT, name STRING")),
    "table": table(),
    "csv path": read(build(CsvSource, path="nowhere.csv")),
    "csv found": read(build(CsvSource, path="names.csv", file_column="file"))[0][:2],
    "csv folder": read(build(CsvSource, path="folder", header=True)),
    "csv by name": read(build(CsvSource, path="folder", columns="by_name")),
    "csv skip lines": read(build(CsvSource, path="names.csv", skip_lines=1)),
    "csv bad records": [row[:2] for row in read(build(CsvSource, path="bad.csv", schema="id INT", bad_records="drop"))],
    "csv decimal": read(build(CsvSource, path="names.de.csv", delimiter=";", schema="n DOUBLE", decimal=",", thousands=".")),
    "csv texts in folders": read(build(CsvSource, path="folder", partition_inference=False)),
    "json bad records": [row[:2] for row in read(build(JsonSource, path="bad.json", schema="id INT", bad_records="null"))],
    "explode": made(ExplodeTransform, {"ids": ids.selectExpr("id", "array(id) AS l")}, column="l", position="at"),
    "flatten": made(FlattenTransform, {"ids": ids.selectExpr("named_struct('x', id) AS s")}),
    "pivot": made(PivotTransform, group_by=[], column="id", values=[1], metrics={"n": "count(*)"}),
    "unpivot": made(UnpivotTransform, {"ids": ids.selectExpr("id", "id + 1 AS n")}, ids=["id"])[:1],
    "fill": made(FillTransform, values={"id": 1}),
    "window": made(WindowTransform, columns={"n": "count(*)"}, partition_by=["id"], order_by=["id"]),
    "sample": made(SampleTransform, fraction=1.0),
    "sort": made(SortTransform, order_by=["id DESC"]),
    "limit": made(LimitTransform, rows=1, order_by=["id DESC"]),
    "lookup": made(LookupTransform, both, table="the-names", on=["id"], columns=["name"], found="ok", misses="keep"),
    "hash_key": made(HashKeyTransform, columns=["id"]),
    "mask": made(MaskTransform, {"names": named.select("name")}, columns={"name": "partial"}),
    "inline": rows(named.select("id", "name")),
    "sql": made(SqlTransform, both, query="WITH ids AS (SELECT * FROM IDS WHERE id > :n) SELECT name, '{x}' FROM ids "
                "JOIN `the-names` USING (id) WHERE array_contains(:all, id); ", params={"n": 0, "all": [1, 5]}),
    "sql without inputs": made(SqlTransform, {}, query="SELECT 1 AS one"),
    "sql table": made(SqlTransform, query="SELECT * FROM idss"),
    "sql command": made(SqlTransform, query="CREATE TABLE made_by_a_query AS SELECT 1 AS id"),
    "tables": session.spark.catalog.tableExists("made_by_a_query"),
    "python": made(PythonTransform, function="rows_of:doubled"),
    "select": made(SelectTransform, columns=["id * 2 AS twice"]),
    "select column": made(SelectTransform, columns=["id", "idd * 2 AS twice"]),
    "select syntax": made(SelectTransform, columns=["id +"]),
    "filter": made(FilterTransform, where="id > 1"),
    "rename": made(RenameTransform, columns={"id": "x"}),
    "cast": made(CastTransform, columns={"id": "STRING"}),
    "cast type": made(CastTransform, columns={"id": "INTT"}),
    "drop": made(DropTransform, {"names": named}, columns=["at", "name"]),
    "add_columns": made(AddColumnsTransform, columns={"n": "id + 1"}),
    "deduplicate": made(DeduplicateTransform, {"names": named}, keys=["at"], order_by=["id"])[0][:1],
    "join": made(JoinTransform, both, left="ids", right="the-names", on=["id"], how="semi"),
    "join column": made(JoinTransform, both, left="ids", right="the-names", on="ids.idd = `the-names`.id"),
    "union": made(UnionTransform, {"a": ids, "b": ids.limit(0)}),
    "aggregate": made(AggregateTransform, group_by=[], metrics={"n": "count(*)"}),
    "schema_contract": made(SchemaContractTransform, schema="ID INT", mode="coerce"),
}
session.close()
print()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the plugins gave to a client of a server that was started for it."""
    folder = tmp_path_factory.mktemp("connected")
    function = "def doubled(context, inputs):\n    return inputs['ids'].selectExpr('id * 2')\n"
    (folder / "rows_of.py").write_text(function, encoding="utf-8")
    (folder / "folder").mkdir()
    (folder / "folder" / "1.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (folder / "folder" / "2.csv").write_text("b,a\n1,2\n", encoding="utf-8")
    (folder / "bad.csv").write_text("id\n1\nx\n", encoding="utf-8")
    (folder / "bad.json").write_text('{"id": 1}\n{"id": \n', encoding="utf-8")
    (folder / "names.de.csv").write_text("n\n1.234,5\n", encoding="utf-8")
    (folder / "names.csv").write_text("id,name\n1,Ada\n", encoding="utf-8")
    command = [sys.executable, "-c", CONNECTED]
    environment = {**os.environ, "SPARK_TESTING": "1"}  # a free port instead of 15002, where another server may listen
    done = subprocess.run(command, cwd=Path(folder), env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("what", "rows"),
    [
        ("csv", [[1, "Ada"]]),
        ("csv found", ["1", "Ada"]),
        ("csv bad records", [[1, None], [None, "x"]]),
        ("csv decimal", [[1234.5]]),
        ("json bad records", [[1, None], [None, '{"id": ']]),
        ("table", [[0, 1], [1, 1], [2, 1]]),
        ("inline", [[1, "Ada"], [2, "Grace"]]),
        ("sql", [["Ada", "{x}"]]),
        ("sql without inputs", [[1]]),
        ("python", [[0], [2], [4]]),
        ("select", [[0], [2], [4]]),
        ("filter", [[2]]),
        ("rename", [[0], [1], [2]]),
        ("cast", [["0"], ["1"], ["2"]]),
        ("drop", [[1], [2]]),
        ("add_columns", [[0, 1], [1, 2], [2, 3]]),
        ("deduplicate", [1]),
        ("join", [[1], [2]]),
        ("union", [[0], [1], [2]]),
        ("aggregate", [[3]]),
        ("schema_contract", [[0], [1], [2]]),
        ("explode", [[0, 0, 0], [1, 0, 1], [2, 0, 2]]),
        ("flatten", [[0], [1], [2]]),
        ("pivot", [[1]]),
        ("unpivot", [[0, "n", 1]]),
        ("fill", [[0], [1], [2]]),
        ("window", [[0, 1], [1, 1], [2, 1]]),
        ("sample", [[0], [1], [2]]),
        ("sort", [[0], [1], [2]]),
        ("limit", [[2]]),
        ("lookup", [[0, None, False], [1, "Ada", True], [2, "Grace", True]]),
        ("hash_key", [[number, sha256(f"1:{number}".encode()).hexdigest()] for number in range(3)]),
        ("mask", [["***ce"], ["**a"]]),
    ],
)
def test_it_gives_the_rows_that_it_gives_elsewhere(seen: Mapping[str, Any], what: str, rows: list[list[Any]]) -> None:
    assert seen[what] == rows


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("csv path", "PpfError: There is no file or folder"),
        ("csv folder", "FAILED_READ_FILE"),
        ("csv texts in folders", "PpfError: partition_inference = false looks at the names of folders"),
        ("csv by name", "PpfError: columns = by_name looks into the files"),
        ("csv skip lines", "PpfError: skip_lines looks into the files, which cannot be done over Spark Connect"),
        ("sql table", "reads 'idss', which is neither an input of this component nor a table. Did you mean 'ids'?"),
        ("sql command", "Syntax error at or near 'CREATE'"),
        ("select column", "columns[1] is 'idd * 2 AS twice', but there is no column 'idd'. Did you mean 'id'?"),
        ("select syntax", "Spark does not accept columns[0], which is 'id +': "),
        ("cast type", "Spark does not accept columns.id, which is 'INTT': "),
        ("join column", "there is no column 'ids.idd'. Did you mean 'ids.id'?"),
    ],
)
def test_a_mistake_is_told_as_elsewhere(seen: Mapping[str, Any], what: str, told: str) -> None:
    assert told in seen[what]


def test_a_statement_with_effects_does_not_run(seen: Mapping[str, Any]) -> None:
    assert seen["tables"] is False
