import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ppf_quality.patterns import mistake, refusal
from pyspark.sql import SparkSession, functions

SYNTAX = "()[]{}^$|*+?\\.&-:=!<>,abcdDpQEx019 \n"


def java_takes(spark: SparkSession, pattern: str) -> bool:
    return refusal(pattern, functions.lit(1)) is None


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("a(b", "has a '(' that is never closed."),
        ("a)b", "has a ')' that closes nothing."),
        ("[a-z", "has a '[' that is never closed."),
        ("[]", "has a '[' that is never closed."),
        ("[^]", "has a '[' that is never closed."),
        ("[[a]", "has a '[' that is never closed."),
        ("*a", "begins with '*', which repeats nothing."),
        ("(+a)", "has a '+' after '(', where it repeats nothing."),
        ("a\\", "ends with a backslash, which escapes nothing."),
        ("(?:a", "has a '(' that is never closed."),
    ],
)
def test_common_mistakes_are_found_without_java(spark: SparkSession, pattern: str, told: str) -> None:
    assert mistake(pattern) == told
    assert not java_takes(spark, pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}$",
        "[]a]",
        "[^]a]",
        "[a[bc]]",
        "[a-z&&[^aeiou]]",
        "\\Qa(b\\E",
        "(?x) a # (",
        "\\(",
        "[(]",
        "\\p{Lu}+",
        "(?<year>\\d{4})-\\k<year>",
        "a|(?>b+)c++",
        "\\c(",
        "^*",
        "",
        "\\\\",
        "(?i)n[0-9]+(?:x|y)?",
    ],
)
def test_what_java_takes_is_never_refused(spark: SparkSession, pattern: str) -> None:
    assert java_takes(spark, pattern)
    assert mistake(pattern) is None


@settings(max_examples=1000, deadline=None)
@given(pattern=st.text(SYNTAX, max_size=12))
def test_nothing_that_java_takes_is_ever_refused(spark: SparkSession, pattern: str) -> None:
    assert mistake(pattern) is None or not java_takes(spark, pattern)
