"""What changed between a run and its resume, as a person reads it."""

from typing import Any

import pytest

from ppf_core.state.fingerprints import Fingerprint

LONG = (
    "SELECT carrier, flight, tailnum, origin, dest, dep_delay, arr_delay FROM flights WHERE dep_delay > {} ORDER BY time_hour"
)


def changes(earlier: dict[str, Any], now: dict[str, Any]) -> tuple[str, ...]:
    return Fingerprint(now, "").differences(earlier)


@pytest.mark.parametrize(
    ("earlier", "now", "told"),
    [
        ({"version": "1.0"}, {"version": "1.1"}, "version: 1.0 -> 1.1"),
        ({"options": {"rows": 3}}, {"options": {"rows": 5}}, "options.rows: 3 -> 5"),
        ({"options": {"rows": "5"}}, {"options": {"rows": 5}}, 'options.rows: "5" -> 5'),
        ({"options": {"sep": "\t"}}, {"options": {"sep": " "}}, 'options.sep: "\\t" -> " "'),
        ({"options": {"by": ["a"]}}, {"options": {"by": ["b", "ä"]}}, 'options.by: ["a"] -> ["b", "ä"]'),
        ({"options": {}}, {"options": {"coalesce": 1}}, "options.coalesce: not set -> 1"),
        ({"options": {"coalesce": 1}}, {"options": {"coalesce": None}}, "options.coalesce: 1 -> not set"),
        (
            {"quality": [{"check": "in_range", "options": {"max": 5}}, {"check": "unique"}]},
            {"quality": [{"check": "in_range", "options": {"max": 6}}, {"check": "unique"}]},
            "quality[0].options.max: 5 -> 6",
        ),
        ({"inputs": {"a": "x"}}, {"inputs": {"b": "x"}}, "inputs.b: not set -> x; inputs.a: x -> not set"),
    ],
)
def test_a_change_says_from_which_value_to_which(earlier: dict[str, Any], now: dict[str, Any], told: str) -> None:
    assert "; ".join(changes(earlier, now)) == told


def test_of_long_values_the_place_is_shown_where_they_differ() -> None:
    (told,) = changes({"options": {"query": LONG.format(15)}}, {"options": {"query": LONG.format(250)}})
    assert told == ("options.query: …s WHERE dep_delay > 15 ORDER BY time_hour -> …s WHERE dep_delay > 250 ORDER BY time_hour")


def test_no_more_of_a_value_is_shown_than_a_person_reads() -> None:
    (told,) = changes({"options": {"schema": "a INT, " * 1000}}, {"options": {"schema": "b INT, " * 1000}})
    assert len(told) < 160


def test_what_its_name_calls_a_secret_is_masked_and_references_stay() -> None:
    earlier = {"quality": [{"check": "mine", "options": {"password": "hunter2", "url": "https://ada:hunter2@host/a"}}]}
    now = {"quality": [{"check": "mine", "options": {"password": "secret://env/P", "url": "https://ada:hunter3@host/b"}}]}
    told = "; ".join(changes(earlier, now))
    assert "hunter" not in told
    assert "quality[0].options.password: " in told
    assert "-> secret://env/P" in told
    assert "host/a -> https://ada:" in told
