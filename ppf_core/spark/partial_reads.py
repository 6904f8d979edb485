"""Reads that give other rows or values when fewer columns are asked for, so that a frame must be looked at as a whole.

What reads text looks at a line only as far as its columns are asked for, so that what is wrong in the others drops no row,
fails nothing and is not noted. So it was found with Spark 4.1: CSV and JSON are read so through both of Spark's interfaces for
sources, XML through the first alone; tables and views of Spark's own catalog are such reads too. Hive's formats of text look
at whole lines, as does what is read from a frame of lines.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_TEXTS = {"CSVFileFormat": "CSV", "JsonFileFormat": "JSON", "XmlFileFormat": "XML", "CSVTable": "CSV", "JsonTable": "JSON"}
_TABLES_OF_FILES = ("AvroTable", "CSVTable", "JsonTable", "OrcTable", "ParquetTable", "TextTable")
# Where quotes stand in the wrong place, even the values of a column depend on whether its neighbours are skipped.
_QUOTING = ("escape", "unescapedQuoteHandling")


@dataclass(frozen=True)
class _Read:
    """A read of files. kind: the format, if it is text. relation: what knows its schema. option: an option, if it was given."""

    kind: str | None
    relation: Any
    option: Callable[[str], str | None]

    @property
    def columns(self) -> Mapping[str, object]:
        """Name → type, as in Spark's JSON."""
        return _columns(self.relation.dataSchema())


def partial_read(plan: Any, spark: "SparkSession") -> str | None:
    """Why fewer columns of a plan have other rows or values; None when they have the same."""
    for leaf in leaves(plan):
        read = _read(leaf)
        if read is None:
            continue
        if (read.option("ignoreCorruptFiles") or spark.conf.get("spark.sql.files.ignoreCorruptFiles") or "").lower() == "true":
            return "broken files that are left out, of which other rows are read when fewer columns are"
        if read.kind is not None and _is_read_in_part(read.kind, read, spark):
            return f"{read.kind} of which other rows are read when fewer columns are"
    if _has_json_in_part(plan, spark):
        return "from_json, which gives other values when fewer columns are read"
    return None


def leaves(plan: Any) -> "Iterator[Any]":
    """Where the rows of a plan come from."""
    return _each(plan.collectLeaves())


def file_relation(leaf: Any) -> Any | None:
    """What a leaf reads, if these are files and Spark's first interface for sources reads them."""
    if leaf.getClass().getSimpleName() != "LogicalRelation":
        return None
    relation = leaf.relation()
    return relation if relation.getClass().getSimpleName() == "HadoopFsRelation" else None


def _read(leaf: Any) -> _Read | None:
    relation = file_relation(leaf)
    if relation is not None:
        kind = _TEXTS.get(relation.fileFormat().getClass().getSimpleName())
        return _Read(kind, relation, partial(_option, relation.options()))
    if leaf.getClass().getSimpleName() == "DataSourceV2Relation":
        table = leaf.table()
        name = table.getClass().getSimpleName()
        if name in _TABLES_OF_FILES:
            return _Read(_TEXTS.get(name), table, partial(_option_of_table, leaf.options(), table.options()))
    return None


def _is_read_in_part(kind: str, read: _Read, spark: "SparkSession") -> bool:
    def option(name: str, default: str | None = None) -> str:
        return read.option(name) or default or ""

    columns = read.columns
    if option("columnNameOfCorruptRecord", spark.conf.get("spark.sql.columnNameOfCorruptRecord")) in columns:
        return True
    is_permissive = option("mode").upper() not in ("DROPMALFORMED", "FAILFAST")
    if kind == "JSON" and is_permissive:
        return spark.conf.get("spark.sql.json.enablePartialResults") != "true"
    if kind != "CSV":
        return not is_permissive
    pruning = option("columnPruning", spark.conf.get("spark.sql.csv.parser.columnPruning.enabled"))
    if pruning.lower() != "false":
        return not is_permissive or any(option(each) for each in _QUOTING)
    # Without pruning each line is taken apart, but only what is asked for is converted. Every text is a text.
    return not is_permissive and any(kind != "string" for kind in columns.values())


def _has_json_in_part(plan: Any, spark: "SparkSession") -> bool:
    """Whether Spark may let `from_json` look for one field alone, which it does where the function has no options."""
    if spark.conf.get("spark.sql.optimizer.enableJsonExpressionOptimization") != "true":
        return False
    is_noted = spark.conf.get("spark.sql.columnNameOfCorruptRecord")
    is_whole = spark.conf.get("spark.sql.json.enablePartialResults") == "true"
    for call in _calls_of_from_json(plan, spark):
        kind = json.loads(call.schema().json())
        if isinstance(kind, dict) and kind["type"] == "struct" and call.options().isEmpty():
            names = [field["name"] for field in kind["fields"]]
            if len(names) > 1 and (not is_whole or is_noted in names):
                return True
    return False


def _calls_of_from_json(plan: Any, spark: "SparkSession") -> "Iterator[Any]":
    jvm: Any = spark.sparkContext._jvm
    pattern = jvm.org.apache.spark.sql.catalyst.trees.TreePattern.withName("JSON_TO_STRUCT")
    plans, expressions = [plan], list[Any]()
    while plans:
        node = plans.pop()
        if node.containsPattern(pattern):
            plans += _each(node.children())
            expressions += _each(node.expressions())
    while expressions:
        node = expressions.pop()
        if node.containsPattern(pattern):
            expressions += _each(node.children())
            if node.getClass().getSimpleName() == "JsonToStructs":
                yield node


def _columns(schema: Any) -> dict[str, object]:
    return {field["name"]: field["type"] for field in json.loads(schema.json())["fields"]}


def _option(options: Any, name: str) -> str | None:
    found = options.get(name)
    return str(found.get()) if found.isDefined() else None


def _option_of_table(of_read: Any, of_table: Any, name: str) -> str | None:
    for options in (of_read, of_table):
        found = options.get(name)
        if found is not None:
            return str(found)
    return None


def _each(scala_sequence: Any) -> "Iterator[Any]":
    for index in range(scala_sequence.size()):
        yield scala_sequence.apply(index)
