"""The grammar of schemas is Spark's: thousands of texts, right and wrong, are read by both."""

import random
import re
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from ppf_core.contracts.ddl import parse_ddl
from ppf_core.validation.schema import SchemaContract

WORDS = """
    id ID a_b _x 1a 12 1e5 1L 5D 12BD x1e5 `a.b` `a``b` `` `a select table not comment struct array map int interval timestamp
    date collate null default generated decimal é 日本 a-b $x a.b
"""
PLAIN = """
    int INT integer bigint long string text varchar char decimal dec double float real boolean bool binary byte tinyint short
    smallint date timestamp timestamp_ntz timestamp_ltz interval void null variant array map struct datetime any object
"""
WITH_NUMBERS = """
    varchar(10) char(3) character(3) char() nchar(3) int(3) string(3) float(3) boolean(1) date(1) decimal(5) decimal(5,2)
    decimal(38,38) decimal(39,2) decimal(5,6) decimal() decimal(-1,2) decimal(1,2,3) dec(3,1) numeric(3,1) numeric
    struct<> array<>
"""
OF_WORDS = """
    int unsigned; double precision; interval day; interval day to second; interval year to month; interval month to year
    interval second to day; interval week; interval day to month; interval day to day; interval hour to minute; interval years
    timestamp without time zone; timestamp with time zone; timestamp without zone; timestamp_ntz without time zone
    string collate UTF8_BINARY; string collate UNICODE_CI; int collate UNICODE
"""
NAMES = WORDS.split()
TYPES = [*PLAIN.split(), *WITH_NUMBERS.split(), *(each.strip() for each in re.split("[;\n]", OF_WORDS) if each.strip())]
REMARKS = [
    *(" not null", " NOT NULL", " comment 'x'", ' comment "x"', " not null comment 'it''s'", " comment 'x' not null", " null"),
    *(" default 1", " not null not null", " comment x", " comment 'a' 'b'", " comment", " not", " primary key"),
]
ENDS = ["", "", "", ",", ";", " ", " -- x", " /* c */", ">", " x"]


def texts(number: int, seed: int) -> Iterator[str]:
    """Fields in all variations; most are wrong somewhere, as there are so many ways to be."""
    chance = random.Random(seed)  # noqa: S311 -- the same texts in every run

    def type_text(depth: int) -> str:
        kind = chance.random()
        if depth < 3 and kind < 0.12:
            return f"array<{type_text(depth + 1)}>"
        if depth < 3 and kind < 0.2:
            return f"map<{type_text(depth + 1)},{type_text(depth + 1)}>"
        return f"struct<{fields(depth + 1)}>" if depth < 3 and kind < 0.35 else chance.choice(TYPES)

    def fields(depth: int = 0) -> str:
        written = []
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            remark = chance.choice(REMARKS) if chance.random() < 0.2 else ""
            written.append(f"{chance.choice(NAMES)}{chance.choice([' ', ' ', ':', ' : '])}{type_text(depth)}{remark}")
        return chance.choice([", ", ",", ",\n"]).join(written)

    for _ in range(number):
        text = fields()
        text = f"struct<{text}>" if chance.random() < 0.05 else text
        yield text + (chance.choice(ENDS) if chance.random() < 0.1 else "")


def as_spark_reads(text: str) -> StructType | None:
    """Spark's own type, where it takes the text for one of several columns."""
    from pyspark.errors import PySparkException
    from pyspark.sql.types import _parse_datatype_string

    try:
        found = _parse_datatype_string(f"{text}\n/**/")
    except PySparkException:
        return None
    return found if isinstance(found, StructType) else None


def ours(text: str) -> str | None:
    try:
        return str(parse_ddl(text))
    except ValueError as error:
        return None if "twice" not in str(error) else "twice"


def plain(schema: StructType) -> str:
    """Texts of limited length and those with a collation are strings in a contract."""
    return re.sub(r"string collate \w+|(var)?char\(\d+\)", "string", schema.simpleString())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("spark")
def test_a_text_is_a_schema_exactly_where_spark_takes_it_for_one(seed: int) -> None:
    wrong = {}
    for text in texts(700, seed):
        found, read = as_spark_reads(text), ours(text)
        if read != "twice" and read != (None if found is None else plain(found)):
            wrong[text] = (found, read)
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id: INT", "struct<id:int>"),
        ("struct<id: INT, x: VARCHAR(10)>", "struct<id:int,x:string>"),
        (
            "id INT, name VARCHAR(10) COMMENT 'a varchar(3)', `char(2)` CHARACTER ( 3 )",
            "struct<id:int,name:string,char(2):string>",
        ),
        ("tags ARRAY<CHAR(3)>, at TIMESTAMP WITHOUT TIME ZONE", "struct<tags:array<string>,at:timestamp_ntz>"),
    ],
)
def test_what_is_a_schema_to_us_makes_a_frame_in_spark(text: str, found: str, spark: SparkSession) -> None:
    struct = SchemaContract.struct(text, spark)
    assert (str(SchemaContract.of(text).type), struct.simpleString()) == (found, found)
    assert spark.createDataFrame([], struct).schema == struct


def test_fields_may_differ_in_their_case_and_are_told() -> None:
    contract = SchemaContract.of("id INT, Id STRING, x INT")
    assert contract.case_twins == ("id", "Id")
    assert SchemaContract.of("id INT, x INT").case_twins == ()
