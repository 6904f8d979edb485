"""How other programs read files: Python's own readers, pyarrow, DuckDB and fastavro."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import pyarrow as pa
from odd_file import Rows, SecondOpinion
from pyarrow import orc, parquet

_HIDDEN = (".", "_")


csv.field_size_limit(2**31)  # Python refuses texts of more than 131,072 characters otherwise


def rows_of(table: pa.Table) -> Rows:
    """The rows of a table of Arrow; columns may share a name."""
    columns = [column.to_pylist() for column in table.columns]
    return list(zip(*columns, strict=True)) if columns else []


def python_csv(encoding: str = "utf-8-sig", *, header: bool = True, opened: Any = bytes, **dialect: Any) -> SecondOpinion:
    """Python's csv. It knows no NULL, so that nothing at all is None here, in quotes or not."""

    def read(folder: Path) -> Rows:
        found = []
        for content in _contents(folder):
            text = opened(content).decode(encoding)
            lines = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True, **dialect) if row]
            found += [tuple(value or None for value in row) for row in (lines[1:] if header else lines)]
        return found

    return read


def duckdb_csv(columns: str | None = None, **given: Any) -> SecondOpinion:
    """DuckDB, which tells NULL from an empty text. columns: `a INT, b DATE`, all texts without."""

    def read(folder: Path) -> Rows:
        types = "" if columns is None else f", columns = {{{_struct(columns)}}}, auto_detect = false"
        options = {
            "header": True,
            "quote": '"',
            "escape": '"',
            "delim": ",",
            "nullstr": "",
            "allow_quoted_nulls": False,
        } | given
        written = ", ".join(f"{name} = {value!r}" for name, value in options.items())
        files = [str(file) for file in _files(folder)]
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            query = f"SELECT * FROM read_csv({files!r}, all_varchar = {columns is None}, {written}{types})"  # noqa: S608
            return rows_of(connection.execute(query).to_arrow_table())

    return read


def python_json(*names: str) -> SecondOpinion:
    """Python's json, line by line, with all digits. names: the fields that are columns, in the order of Spark: sorted."""

    def read(folder: Path) -> Rows:
        lines = [line for content in _contents(folder) for line in re.split("[\r\n]+", content.decode("utf-8-sig"))]
        documents = [json.loads(line, parse_float=float) for line in lines if line.strip()]
        return [tuple(document.get(name) for name in names) for document in documents]

    return read


def python_decimals(*names: str) -> SecondOpinion:
    """Python's json with decimals where a number has a point."""

    def read(folder: Path) -> Rows:
        lines = [line for content in _contents(folder) for line in content.decode().splitlines()]
        documents = [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in lines]
        return [tuple(document.get(name) for name in names) for document in documents]

    return read


def python_lines(encoding: str = "utf-8-sig") -> SecondOpinion:
    """Lines as Hadoop and Python's universal newlines end them."""

    def read(folder: Path) -> Rows:
        found: list[tuple[Any, ...]] = []
        for content in _contents(folder):
            lines = re.split("\r\n|\r|\n", content.decode(encoding, errors="replace"))
            found += [(line,) for line in (lines if lines[-1] else lines[:-1])]
        return found

    return read


def python_xml(row: str, *names: str) -> SecondOpinion:
    """Python's ElementTree. names: of elements, or of attributes where they begin with an underscore."""

    def read(folder: Path) -> Rows:
        roots = [ElementTree.fromstring(content) for content in _contents(folder)]  # noqa: S314 -- written here
        return [
            tuple(each.get(name[1:]) if name[0] == "_" else each.findtext(name) for name in names)
            for root in roots
            for each in root.iter(row)
        ]

    return read


def arrow_parquet(*names: str) -> SecondOpinion:
    """pyarrow's reader of Parquet."""
    return lambda folder: [
        row for file in _files(folder) for row in rows_of(parquet.ParquetFile(file).read(columns=list(names) or None))
    ]


def duckdb_parquet(folder: Path) -> Rows:
    """DuckDB's reader of Parquet."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        files = [str(file) for file in _files(folder)]
        return rows_of(connection.execute(f"SELECT * FROM read_parquet({files!r})").to_arrow_table())  # noqa: S608


def arrow_orc(folder: Path) -> Rows:
    """pyarrow's reader of ORC."""
    return [row for file in _files(folder) for row in rows_of(orc.ORCFile(file).read())]


def fast_avro(folder: Path) -> Rows:
    """fastavro."""
    return [tuple(record.values()) for content in _contents(folder) for record in fastavro.reader(io.BytesIO(content))]


def _struct(columns: str) -> str:
    parts = re.split(r",\s*(?![^(]*\))", columns)
    return ", ".join(f"'{name}': '{type_}'" for name, type_ in (part.split(" ", 1) for part in parts))


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith(_HIDDEN))


def _contents(folder: Path) -> Iterator[bytes]:
    return (file.read_bytes() for file in _files(folder))
