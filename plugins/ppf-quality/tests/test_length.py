from collections.abc import Callable
from typing import Any

import pytest
from ppf_quality.length import LengthCheck
from pyspark.sql import SparkSession

from ppf_core import Columns, PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Passing = Callable[..., list[bool]]


def test_characters_are_counted_and_null_passes(spark: SparkSession, passing: Passing) -> None:
    frame = spark.createDataFrame([("",), ("a",), ("äö",), ("☃☃☃",), ("𝄞𝄞𝄞𝄞",), (None,)], "`a b` STRING")
    assert passing(build(LengthCheck, column="a b", min=1, max=3), frame) == [False, True, True, True, False, True]


@pytest.mark.parametrize(
    ("bounds", "passed"), [({"min": 2}, [False, True, True]), ({"max": 1}, [True, False, True]), ({"min": 0}, [True] * 3)]
)
def test_one_bound_is_enough(spark: SparkSession, passing: Passing, bounds: dict[str, int], passed: list[bool]) -> None:
    frame = spark.createDataFrame([("a",), ("ab",), (None,)], "x STRING")
    assert passing(build(LengthCheck, column="x", **bounds), frame) == passed


def test_the_items_of_arrays_and_maps_and_the_bytes_of_binary_are_counted(ansi: SparkSession, passing: Passing) -> None:
    rows = [([1, None], {"a": 1, "b": 2}, b"ab"), ([], {}, b""), (None, None, None)]
    frame = ansi.createDataFrame(rows, "a ARRAY<INT>, m MAP<STRING, INT>, b BINARY")
    for name in ("a", "m", "b"):
        assert passing(build(LengthCheck, column=name, min=2), frame) == [True, False, True]


def test_what_has_no_length_is_told(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "n INT")
    with pytest.raises(PpfError, match="Column 'n' is int, which has no length"):
        build(LengthCheck, column="n", min=1).passes(Columns(frame))


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({}, "Set at least one of them"),
        ({"min": -1}, "is -1, but a count is never negative"),
        ({"min": 3, "max": 2}, "is 2, but min is 3: nothing lies between"),
        ({"min": "two"}, "must be a whole number"),
    ],
)
def test_bounds_that_make_no_sense_are_a_mistake(bounds: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(LengthCheck, column="x", **bounds)
