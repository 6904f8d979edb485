"""What the sinks write of every type of Spark, other programs read as it was; what they could not is refused by name."""

import csv
import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import pandas as pd
import pytest
from connectors import connector_settings, fits_spark
from odd_file import comparable
from ppf_files.avro import AvroSink
from ppf_files.sinks import CsvSink, JsonSink, OrcSink, ParquetSink
from ppf_files.xml import XmlSink
from pyarrow import orc, parquet
from pyspark.sql import SparkSession
from second_opinions import rows_of

from ppf_core import PpfError
from ppf_core.jvm.errors import describe_error
from ppf_core.testing import build, context

pytestmark = pytest.mark.skipif(not fits_spark(), reason="what Spark 4.1 writes is written down here")

SINKS: dict[str, Any] = {
    "avro": AvroSink,
    "csv": CsvSink,
    "json": JsonSink,
    "orc": OrcSink,
    "parquet": ParquetSink,
    "xml": XmlSink,
}
_WALL = [datetime(1899, 12, 31, 23, 59, 59, 999999), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 1)]
FLAT: dict[str, list[Any]] = {
    "BOOLEAN": [True, False, True],
    "TINYINT": [-128, 127, 0],
    "SMALLINT": [-32768, 32767, 0],
    "INT": [-(2**31), 2**31 - 1, 0],
    "BIGINT": [-(2**63), 2**63 - 1, 0],
    "FLOAT": [1.5, float("inf"), -0.0],
    "DOUBLE": [float("nan"), float("-inf"), 5e-324],
    "DECIMAL(38,18)": [Decimal("12345678901234567890.123456789012345678"), Decimal("-1e-18"), Decimal(0)],
    "DECIMAL(5,2)": [Decimal("-999.99"), Decimal("1.10"), Decimal(0)],
    "STRING": ["", 'ä😀 "q", \\n\n', " NULL "],
    "DATE": [date(1, 1, 1), date(1899, 12, 31), date(9999, 12, 31)],
    "TIMESTAMP_NTZ": _WALL,
    "TIMESTAMP": [each.replace(tzinfo=UTC) for each in _WALL],
}
BINARY: dict[str, list[Any]] = {"BINARY": [bytes(range(256)), b"", b"\n"]}
NESTED: dict[str, list[Any]] = {
    "ARRAY<INT>": [[1, None], [], [3]],
    "MAP<STRING,BIGINT>": [{"a": 1, "b": None}, {}, {"": 2**63 - 1}],
    "STRUCT<a: INT, b: ARRAY<STRUCT<c: DECIMAL(5,2)>>>": [
        {"a": 1, "b": [{"c": Decimal("1.10")}, None]},
        {"a": None, "b": []},
        {"a": 2, "b": None},
    ],
}
# ORC counts days before 1582 in another calendar, and other programs do not; so does its time before 1900.
OF_ORC = {kind: values for kind, values in FLAT.items() if kind not in ("DATE", "TIMESTAMP_NTZ", "TIMESTAMP")} | {
    "DATE": [date(1600, 2, 29), date(1899, 12, 31), date(9999, 12, 31)],
    "TIMESTAMP": [
        datetime(1970, 1, 1, 0, 0, 0, 1, UTC),
        datetime(2024, 2, 29, 12, tzinfo=UTC),
        datetime(2038, 1, 20, tzinfo=UTC),
    ],
}


@pytest.fixture(scope="session")
def spark_settings() -> dict[str, str]:
    return connector_settings() if fits_spark() else {}


def written(spark: SparkSession, sink: str, types: dict[str, list[Any]], folder: Path) -> tuple[Path, list[tuple[Any, ...]]]:
    """The one file of a sink with a column of each type, c0 and so on, and the rows in it; the last one is NULL."""
    rows = [*zip(*types.values(), strict=True), (None,) * len(types)]
    schema = ", ".join(f"c{number} {kind}" for number, kind in enumerate(types))
    options = {"compression": "deflate"} if sink == "avro" else {}  # fastavro alone does not know snappy
    session = spark.newSession()
    for key, value in SINKS[sink].requirements(None).conf.items():
        session.conf.set(key, value)
    build(SINKS[sink], folder, path="out", coalesce=1, **options).write(context(session), session.createDataFrame(rows, schema))
    (file,) = (folder / "out").glob("part-*")
    return file, rows


def plain(rows: Any) -> list[str]:
    """Maps are lists of pairs to Arrow, and times have a zone or not."""
    return comparable([tuple(map(_plain, row)) for row in rows])


def _plain(value: Any) -> Any:
    if value == {}:
        return []
    if isinstance(value, list):
        is_map = bool(value) and all(isinstance(each, tuple) for each in value)
        return dict(value) if is_map else [_plain(each) for each in value]
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def by_duckdb(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return rows_of(connection.execute(query).to_arrow_table())  # type: ignore[return-value]


def by_pandas(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Arrow's own types below, since numpy's make fractions of numbers beside NULL, and no day before 1677."""
    import pyarrow as pa

    return rows_of(pa.Table.from_pandas(frame, preserve_index=False))  # type: ignore[return-value]


def test_parquet(spark: SparkSession, tmp_path: Path) -> None:
    file, rows = written(spark, "parquet", FLAT | BINARY | NESTED, tmp_path)
    assert plain(rows_of(parquet.ParquetFile(file).read())) == plain(rows)
    assert plain(by_duckdb(f"SELECT * FROM read_parquet('{file}')")) == plain(rows)  # noqa: S608
    assert plain(by_pandas(pd.read_parquet(file, dtype_backend="pyarrow"))) == plain(rows)


def test_orc(spark: SparkSession, tmp_path: Path) -> None:
    file, rows = written(spark, "orc", OF_ORC | BINARY | NESTED, tmp_path)
    assert plain(rows_of(orc.ORCFile(file).read())) == plain(rows)
    assert plain(by_pandas(pd.read_orc(file, dtype_backend="pyarrow"))) == plain(rows)


def test_avro(spark: SparkSession, tmp_path: Path) -> None:
    file, rows = written(spark, "avro", FLAT | BINARY | NESTED, tmp_path)
    with file.open("rb") as content:
        assert plain(tuple(record.values()) for record in fastavro.reader(content)) == plain(rows)


def test_csv(spark: SparkSession, tmp_path: Path) -> None:
    file, rows = written(spark, "csv", FLAT, tmp_path)
    names = {"STRING": "VARCHAR", "TIMESTAMP_NTZ": "TIMESTAMP", "TIMESTAMP": "TIMESTAMPTZ"}
    columns = {f"c{number}": names.get(kind, kind) for number, kind in enumerate(FLAT)}
    options = "header = true, auto_detect = false, quote = '\"', escape = '\"', allow_quoted_nulls = false"
    assert plain(by_duckdb(f"SELECT * FROM read_csv('{file}', {options}, columns = {columns})")) == plain(rows)  # noqa: S608
    texts = ["" if row[9] is None else row[9] for row in rows]
    with file.open(newline="", encoding="utf-8") as content:
        assert [row[9] for row in csv.reader(content)][1:] == texts
    assert list(pd.read_csv(file, dtype=str, keep_default_na=False)["c9"]) == texts


def test_json(spark: SparkSession, tmp_path: Path) -> None:
    file, rows = written(spark, "json", FLAT | BINARY | NESTED, tmp_path)
    kinds = [*FLAT, *BINARY, *NESTED]
    # JSON has no NaN and no times: the texts are those that these readers understand.
    from_text: dict[str, Callable[[Any], Any]] = {
        "FLOAT": float,
        "DOUBLE": float,
        "DATE": date.fromisoformat,
        "TIMESTAMP": datetime.fromisoformat,
        "TIMESTAMP_NTZ": datetime.fromisoformat,
        "BINARY": b64decode,
    }
    found = [json.loads(line, parse_float=Decimal) for line in file.read_text().splitlines()]
    read = [
        tuple(
            None if (value := each.get(f"c{number}")) is None else from_text.get(kind, lambda value: value)(value)
            for number, kind in enumerate(kinds)
        )
        for each in found
    ]
    wanted = [tuple(_with_missing(kind, value) for kind, value in zip(kinds, row, strict=True)) for row in rows]
    decimals = [tuple(_as_decimals(kind, value) for kind, value in zip(kinds, row, strict=True)) for row in read]
    assert plain(decimals) == plain(wanted)
    columns = {
        f"c{number}": kind for number, kind in enumerate(kinds) if kind in ("BOOLEAN", "BIGINT", "DECIMAL(38,18)", "DATE")
    }
    chosen = [tuple(row[int(name[1:])] for name in columns) for row in rows]
    query = f"SELECT * FROM read_json('{file}', format = 'newline_delimited', columns = {columns})"  # noqa: S608
    assert plain(by_duckdb(query)) == plain(chosen)
    by_lines = pd.read_json(file, lines=True, dtype_backend="pyarrow", convert_dates=False)
    assert [None if value is pd.NA else value for value in by_lines["c9"]] == [row[9] for row in rows]


def _with_missing(kind: str, value: Any) -> Any:
    """A field that is NULL is not there."""
    is_struct = kind.startswith("STRUCT") and value is not None
    return {name: each for name, each in value.items() if each is not None} if is_struct else value


def _as_decimals(kind: str, value: Any) -> Any:
    return Decimal(value) if kind.startswith("DECIMAL") and value is not None else value


INTERVAL, OF_MONTHS, OF_DAYS = "make_interval(1)", "INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '1 2:3:4.5' DAY TO SECOND"
REFUSED = {
    **{(sink, INTERVAL): "INTERVAL" for sink in SINKS},
    **{(sink, f"array({each})"): "interval" for sink in ("avro", "csv", "json", "xml") for each in (OF_MONTHS, OF_DAYS)},
    **{(sink, each): "interval" for sink in ("avro", "csv", "json", "xml") for each in (OF_MONTHS, OF_DAYS)},
    **{(sink, "X'00'"): "holds binary" for sink in ("csv", "xml")},
    **{("csv", each): "holds array|holds map|holds struct" for each in ("array(1)", "map('a', 1)", "named_struct('a', 1)")},
    ("avro", "map(1, 'x')"): "the keys of a map are texts",
    **{(sink, "NULL"): "holds void" for sink in ("csv", "orc")},
}


@pytest.mark.parametrize(("sink", "value"), REFUSED)
def test_what_a_format_does_not_have_is_refused_by_name(sink: str, value: str, spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.sql(f"SELECT 1 AS n, {value} AS odd")
    with pytest.raises(Exception, match=r".") as caught:
        build(SINKS[sink], tmp_path, path="out").write(context(spark), frame)
    told = str(caught.value) if isinstance(caught.value, PpfError) else describe_error(caught.value).message
    assert REFUSED[sink, value] in told or any(each in told for each in REFUSED[sink, value].split("|"))
    assert "odd" in told
    assert list(tmp_path.glob("out*")) == []


def test_to_other_programs_an_interval_in_parquet_is_a_number(spark: SparkSession, tmp_path: Path) -> None:
    build(ParquetSink, tmp_path, path="out").write(context(spark), spark.sql(f"SELECT {OF_MONTHS} AS m, {OF_DAYS} AS d"))
    (file,) = (tmp_path / "out").glob("part-*")
    assert rows_of(parquet.ParquetFile(file).read()) == [(14, 93784500000)]
