"""Frames of every Spark type and odd value, and what a frame holds as a value that can be compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructField


@dataclass(frozen=True)
class Sample:
    """Rows of some kind. columns: name → the values of the rows in SQL, with commas between; what is missing is NULL."""

    name: str
    columns: Mapping[str, str]
    is_empty: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "_")

    def frame(self, spark: "SparkSession") -> "DataFrame":
        """The rows."""
        arrays = ", ".join(f"array({values}) AS c{index}" for index, values in enumerate(self.columns.values()))
        zipped = F.arrays_zip(*(f"c{index}" for index in range(len(self.columns))))
        frame = spark.sql(f"SELECT {arrays}").select(F.inline(zipped)).toDF(*self.columns)
        return frame.where(F.lit(False)) if self.is_empty else frame


SAMPLES = (
    Sample("booleans", {"c": "true, false, NULL"}),
    Sample(
        "numbers",
        {
            "byte": "-128Y, 127Y, 0Y, NULL",
            "short": "-32768S, 32767S, NULL",
            "int": "-2147483648, 2147483647, NULL",
            "long": "-9223372036854775808L, 9223372036854775807L, NULL",
        },
    ),
    Sample(
        "decimals",
        {
            "small": "CAST('2.50' AS DECIMAL(9, 2)), CAST('-0.01' AS DECIMAL(9, 2)), NULL",
            "medium": "CAST('1234567890123456.78' AS DECIMAL(18, 2)), CAST(0 AS DECIMAL(18, 2)), NULL",
            "whole": "CAST('-99999999999999999999999999999999999999' AS DECIMAL(38, 0)), NULL",
            "large": "CAST('12345678901234567890.000000000000000001' AS DECIMAL(38, 18)), CAST(1.5 AS DECIMAL(38, 18)), NULL",
        },
    ),
    Sample(
        "floats",
        {
            "float": "float('NaN'), float('-0.0'), 0.0F, float('Infinity'), float('1.4E-45'), float('-3.4028235E38'), NULL",
            "double": "double('NaN'), double('-0.0'), 0.0D, double('Infinity'), 4.9E-324D, -1.7976931348623157E308D, NULL",
        },
    ),
    Sample(
        "texts",
        {
            "odd": "'', ' ', '   ', ' a', 'a ', 'a', '01', '1e3', 'true', 'NULL', 'null', '\\\\N', 'NaN', '1582-10-10', "
            "'__HIVE_DEFAULT_PARTITION__', NULL",
            "marks": "'\"', '\"\"', '\\'', ',', ';', 'a,b', '\\\\', '#', char(0), char(9), concat('a', char(10), 'b'), "
            "concat('a', char(13), char(10)), char(10), '{\"a\": 1}', NULL",
            "far": "'ünï', '💥', 'e\u0301', '\ufeffa', '\u2028', 'ﬁ', repeat('long ', 20000), CAST(X'FFFE41' AS STRING), NULL",
        },
    ),
    Sample("bytes", {"c": "X'', X'00', X'FFFE0A0D22', CAST(repeat('a', 70000) AS BINARY), NULL"}),
    Sample(
        "days",
        {
            "c": "DATE '0001-01-01', DATE '1582-10-04', DATE '1582-10-10', DATE '1582-10-15', DATE '1899-12-31', "
            "DATE '1900-01-01', DATE '1969-12-31', DATE '1970-01-01', DATE '2024-02-29', DATE '9999-12-31', "
            "DATE '+12345-01-01', NULL"
        },
    ),
    Sample(
        "moments",
        {
            "c": "TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '1582-10-04 23:59:59.999999', "
            "TIMESTAMP '1582-10-10 01:02:03.000001', TIMESTAMP '1899-12-31 23:59:59.999999', "
            "TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMP '1970-01-01 00:00:00', TIMESTAMP '2024-10-27 00:30:00', "
            "TIMESTAMP '2024-10-27 01:30:00.123456', TIMESTAMP '9999-12-31 23:59:59.999999', NULL"
        },
    ),
    Sample(
        "local moments",
        {
            "c": "TIMESTAMP_NTZ '0001-01-01 00:00:00', TIMESTAMP_NTZ '1582-10-10 01:02:03.000001', "
            "TIMESTAMP_NTZ '1899-12-31 23:59:59.999999', TIMESTAMP_NTZ '1969-12-31 23:59:59.999999', "
            "TIMESTAMP_NTZ '2024-03-31 02:30:00.123456', TIMESTAMP_NTZ '9999-12-31 23:59:59.999999', NULL"
        },
    ),
    Sample(
        "spans",
        {
            "months": "INTERVAL '-178956970-8' YEAR TO MONTH, INTERVAL '1-2' YEAR TO MONTH, NULL",
            "years": "INTERVAL '3' YEAR, NULL",
            "seconds": "INTERVAL '-106751991 04:00:54.775808' DAY TO SECOND, INTERVAL '1 02:03:04.000005' DAY TO SECOND, NULL",
            "hours": "INTERVAL '1 02' DAY TO HOUR, NULL",
        },
    ),
    Sample("spans of a calendar", {"c": "make_interval(1, 2, 3), NULL"}),
    Sample("nothing", {"id": "1, 2", "c": "NULL, NULL"}),
    Sample(
        "lists",
        {
            "numbers": "array(1, NULL), array(), array(CAST(NULL AS INT)), NULL",
            "texts": "array('', NULL, ' a'), array(), NULL",
            "lists": "array(array(1.50BD), NULL, array()), NULL",
            "structs": "array(named_struct('element', 1), NULL), NULL",
        },
    ),
    Sample(
        "structs",
        {
            "flat": "named_struct('x', 1, 'y', ''), named_struct('x', CAST(NULL AS INT), 'y', CAST(NULL AS STRING)), NULL",
            "deep": "named_struct('in', named_struct('a.b', double('-0.0'), 'C', X'00')), named_struct('in', NULL), NULL",
        },
    ),
    Sample(
        "maps",
        {
            "texts": "map('a', 1, '', NULL), map(), NULL",
            "days": "map(DATE '1582-10-10', TIMESTAMP '1899-12-31 23:59:59.999999'), NULL",
            "deep": "map('k', array(named_struct('t', TIMESTAMP_NTZ '1582-10-10 01:02:03.000001', 'd', 1.50BD))), NULL",
        },
    ),
    Sample(
        "odd names", {"a.b": "1", "a b": "1", "ä": "1", "_c": "1", ".h": "1", "A'\"": "1", "x,;{}()=": "1", "a`b": "'', NULL"}
    ),
    Sample("a name of nothing", {"id": "1", "": "1, NULL"}),
    Sample("no rows", {"id": "1", "text": "''", "at": "TIMESTAMP '1900-01-01 00:00:00'"}, is_empty=True),
)
"""What a sink is given. A sink may refuse some of it; what it takes it gives back as it was, or not at all."""

OF_SPARK_4 = (
    Sample("variants", {"c": "parse_json('{\"a\": 1.50, \"b\": [null]}'), parse_json('null'), NULL"}),
    Sample("texts of a language", {"c": "'Ab' COLLATE UTF8_LCASE, 'ab' COLLATE UTF8_LCASE, '' COLLATE UTF8_LCASE, NULL"}),
)
"""Types that Spark 4 brought."""


def named_samples(samples: Sequence[Sample | str]) -> Sequence[Sample]:
    """Samples, some of them given by their names."""
    known = {sample.name: sample for sample in (*SAMPLES, *OF_SPARK_4)}
    return [known[each] if isinstance(each, str) else each for each in samples]


def content(frame: "DataFrame") -> tuple[list[tuple[str, str]], "Counter[str]"]:
    """Names and types of the columns, and how often there is each row."""
    kinds = [(field.name, field.dataType.simpleString()) for field in frame.schema]
    return kinds, Counter(repr(tuple(row)) for row in frame.select(*map(_comparable, frame.schema)).collect())


def _comparable(field: "StructField") -> "Column":
    """What Python can hold of a value without loss: its days and moments end with the year 9999, its texts are valid."""
    column, kind = F.col(f"`{field.name.replace('`', '``')}`"), field.dataType.typeName()
    if kind == "string":
        return F.hex(column.cast("binary"))
    if kind == "date":
        return F.unix_date(column)
    if kind == "timestamp":
        return F.unix_micros(column)
    if kind in ("timestamp_ntz", "interval", "yearmonthinterval", "daytimeinterval", "variant"):
        return column.cast("string")
    return column
