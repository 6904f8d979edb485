"""From numbers to proposals, without Spark."""

from typing import Any

import pytest
from ppf_profile.frame_profiles import ColumnProfile, FrameProfile
from ppf_profile.proposals import propose_checks, without_secrets, write_block
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from ppf_core.contracts.secrets import MASK

NO_SCHEMA = StructType([])


def column(kind: str = "int", name: str = "c", rows: int = 100, nulls: int = 0, **numbers: Any) -> ColumnProfile:
    return ColumnProfile(name=name, type=kind, kind=kind, filled=rows - nulls, nulls=nulls, **numbers)


def profile(*columns: ColumnProfile, rows: int = 100, limit: int | None = None, schema: StructType = NO_SCHEMA) -> FrameProfile:
    return FrameProfile(rows, schema, columns, limit)


def proposed(*columns: ColumnProfile, **frame: Any) -> dict[str, list[dict[str, Any]]]:
    """The options of the proposals by check."""
    found: dict[str, list[dict[str, Any]]] = {}
    for proposal in propose_checks(profile(*columns, **frame)):
        found.setdefault(proposal["check"], []).append(proposal["options"])
    return found


def test_the_columns_without_null_share_one_check() -> None:
    checks = proposed(column(name="a"), column(name="b", nulls=1), column(name="c"))
    assert checks["not_null"] == [{"columns": ["a", "c"]}]


@pytest.mark.parametrize(
    ("rows", "nulls", "ratio"),
    [(100, 5, 0.95), (3, 1, 0.666), (3, 2, 0.333), (10**6, 1, 0.999), (1000, 999, 0.001), (1001, 1000, None)],
)
def test_completeness_is_rounded_down_so_that_it_passes(rows: int, nulls: int, ratio: float | None) -> None:
    checks = proposed(column(rows=rows, nulls=nulls), rows=rows)
    assert checks.get("completeness") == (None if ratio is None else [{"column": "c", "min_ratio": ratio}])
    assert ratio is None or (rows - nulls) / rows >= ratio


def test_a_range_has_the_bounds_that_were_seen() -> None:
    assert proposed(column("date", min="2024-01-01", max="2024-12-31"))["in_range"] == [
        {"column": "c", "min": "2024-01-01", "max": "2024-12-31"}
    ]


def test_an_infinite_bound_is_left_out() -> None:
    infinity = float("inf")
    assert proposed(column("double", min=1.0, max=infinity, nans=0))["in_range"] == [{"column": "c", "min": 1.0}]
    assert "in_range" not in proposed(column("double", min=-infinity, max=infinity, nans=0))


def test_there_is_no_range_where_nan_was_seen() -> None:
    assert "in_range" not in proposed(column("double", min=1.0, max=2.0, nans=1))


def test_few_values_that_repeat_are_a_set_and_no_range() -> None:
    checks = proposed(column("int", min=1, max=3, values=(1, 3)))
    assert checks["in_set"] == [{"column": "c", "values": [1, 3]}]
    assert "in_range" not in checks


@pytest.mark.parametrize(
    "found",
    [
        column("int", values=tuple(range(20)), rows=79),
        column("date", values=("2024-01-01",)),
        column("double", values=(0.5,)),
        column("boolean", values=(True,)),
        column("string", values=("a\ufffd",)),
        column("string", values=("secret://env/HOME",)),
        column("string", values=()),
    ],
    ids=["hardly repeated", "dates", "fractions", "booleans", "unreadable bytes", "a reference to a secret", "none"],
)
def test_no_set_is_made_of(found: ColumnProfile) -> None:
    assert "in_set" not in proposed(found, rows=found.filled)


def test_a_text_has_a_length() -> None:
    assert proposed(column("string", shortest=2, longest=9))["length"] == [{"column": "c", "min": 2, "max": 9}]


def test_each_unique_column_is_a_key_of_its_own() -> None:
    checks = proposed(
        column(name="a", is_unique=True), column(name="b", is_unique=True), column("double", name="c", is_unique=True)
    )
    assert checks["unique"] == [{"columns": ["a"]}, {"columns": ["b"]}]


def test_a_handful_of_rows_says_nothing_of_keys() -> None:
    assert "unique" not in proposed(column(rows=9, is_unique=True), rows=9)


def test_a_sample_says_nothing_of_keys_and_of_the_number_of_rows() -> None:
    assert set(proposed(column(is_unique=True), limit=100)) == {"not_null"}
    assert set(proposed(column(is_unique=True), limit=101)) == {"not_null", "row_count", "unique"}


@pytest.mark.parametrize("names", [("id", "ID"), ("", ""), ("",), ("secret://env/x",)], ids=ascii)
def test_columns_that_no_option_can_name_are_left_out(names: tuple[str, ...]) -> None:
    assert set(proposed(*[column(name=name, min=1, max=2, is_unique=True) for name in names])) == {"row_count"}


def test_the_schema_is_strict_and_left_out_where_ddl_cannot_say_it() -> None:
    def schema(*names: str) -> StructType:
        return StructType([StructField(name, IntegerType()) for name in names])

    assert proposed(schema=schema("a b", "c"))["schema"] == [{"schema": "`a b` int, c int", "strict": True}]
    assert proposed(schema=schema("a", "A"))["schema"] == [{"schema": "a int, A int", "strict": True}]
    assert "schema" not in proposed(schema=schema("{{ secret://env/x }}"))
    assert "schema" not in proposed(schema=schema())


def test_the_block_says_what_it_rests_on() -> None:
    found = profile(column("string", name="a b", shortest=1, longest=2), schema=StructType().add("a b", StringType()))
    assert write_block(found, propose_checks(found)).splitlines() == [
        "# Holds for all 100 rows of the frame.",
        "quality = [",
        '  { check = schema, options { schema = "`a b` string", strict = true } },',
        "  { check = row_count, options { min = 1 } },",
        '  { check = not_null, options { columns = ["a b"] } },',
        '  { check = length, options { column = "a b", min = 1, max = 2 } }',
        "]",
    ]


def test_nothing_to_propose_is_an_empty_list() -> None:
    assert write_block(profile(rows=0), ()) == "# Holds for all 0 rows of the frame.\nquality = []"


def test_a_block_for_a_sample_says_so() -> None:
    assert write_block(profile(limit=100), ()).startswith("# Holds for a sample of 100 rows")


# ---- secrets


def hide(text: str) -> str:
    return text.replace("canary", MASK)


def test_a_value_that_tells_a_secret_is_neither_listed_nor_a_bound() -> None:
    told = profile(
        column("string", name="a", values=("canary", "x"), longest=6),
        column("decimal", name="b", min="canary.1", max="2.0"),
        column(name="c", min=0, max=1, values=(0, 1)),
    )
    text, number, plain = without_secrets(told, hide).columns
    assert (text.values, text.longest, number.min, number.max) == (None, 6, None, "2.0")
    assert plain == told.columns[2]


def test_a_column_whose_name_tells_a_secret_is_masked_and_in_no_check() -> None:
    schema = StructType([StructField("a", StructType([StructField("canary", IntegerType())])), StructField("b", IntegerType())])
    told = profile(column("struct", name="the canary"), column(name="b", values=(1,)), schema=schema)
    found = without_secrets(told, hide)
    assert [each.name for each in found.columns] == [f"the {MASK}", "b"]
    assert [each["check"] for each in propose_checks(found)] == ["row_count", "not_null", "in_set"]
    assert "canary" not in write_block(found, propose_checks(found))


def test_a_profile_without_secrets_stays_as_it_is() -> None:
    told = profile(column(name="a", min=0, values=(0,)), schema=StructType([StructField("a", IntegerType())]))
    assert without_secrets(told, hide) == told
