import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ppf_prometheus.metrics import Metrics
from ppf_prometheus.readings import CIRCUIT, COMPONENT_SECONDS, FAMILIES, RUN_SECONDS, RUNS, Family, Reading
from prometheus_client import generate_latest

EVERY_FAMILY = [Reading(family, family.labels, 1.5) for family in FAMILIES]


def shown(metrics: Metrics) -> dict[str, float]:
    """Sample → value, as Prometheus would read it."""
    lines = generate_latest(metrics).decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def test_a_gauge_set_to_5_5_3_reads_3_and_a_counter_adds_up() -> None:
    metrics = Metrics()
    for value in (5, 5, 3):
        metrics.note([Reading(RUN_SECONDS, ("flights",), value), Reading(RUNS, ("flights", "success"), value)])
    assert shown(metrics) == {
        'ppf_pipeline_duration_seconds{pipeline="flights"}': 3,
        'ppf_pipeline_runs_total{pipeline="flights",status="success"}': 13,
    }


def test_two_runs_in_one_process_do_not_collide() -> None:
    first, second = Metrics(), Metrics()
    first.note([Reading(RUN_SECONDS, ("flights",), 1)])
    second.note([Reading(RUN_SECONDS, ("flights",), 2)])
    name = 'ppf_pipeline_duration_seconds{pipeline="flights"}'
    assert (shown(first), shown(second)) == ({name: 1}, {name: 2})


def test_of_a_component_only_the_latest_status_is_shown() -> None:
    metrics = Metrics()
    for status, component in (("failed", "out"), ("failed", "late"), ("success", "out")):
        metrics.note([Reading(COMPONENT_SECONDS, ("flights", component, status), 1)])
    assert list(shown(metrics)) == [
        'ppf_component_duration_seconds{component="out",pipeline="flights",status="success"}',
        'ppf_component_duration_seconds{component="late",pipeline="flights",status="failed"}',
    ]


def test_the_exposition_is_what_prometheus_wants(lint: Callable[[bytes], str]) -> None:
    metrics = Metrics()
    metrics.note(EVERY_FAMILY)
    assert lint(generate_latest(metrics)) == "0 "


def _readings(family: Family) -> st.SearchStrategy[Reading]:
    labels = st.tuples(*(st.text(st.characters(exclude_categories=["Cs"]), max_size=8) for _ in family.labels))
    return st.builds(Reading, st.just(family), labels, st.floats(0, 1e300))


@given(st.lists(st.sampled_from(FAMILIES).flatmap(_readings), max_size=12))
def test_what_is_written_is_read_back_the_same(readings: list[Reading]) -> None:
    metrics = Metrics()
    metrics.note(readings)
    text = generate_latest(metrics)
    assert generate_latest(Metrics.parse(text.decode())) == text


def test_nan_is_read_back() -> None:
    metrics = Metrics()
    metrics.note([Reading(CIRCUIT, ("flights", "out"), math.nan)])
    (reading,) = Metrics.parse(generate_latest(metrics).decode()).readings()
    assert math.isnan(reading.value)


def test_metrics_of_a_newer_version_are_kept() -> None:
    text = '# HELP ppf_new_total New.\n# TYPE ppf_new_total counter\nppf_new_total{a="b"} 4.0\n'
    assert generate_latest(Metrics.parse(text)).decode() == text


def test_metrics_of_others_are_refused() -> None:
    with pytest.raises(ValueError, match="'node_load1', which is no metric of ppf"):
        Metrics.parse("# TYPE node_load1 gauge\nnode_load1 0.5\n")
