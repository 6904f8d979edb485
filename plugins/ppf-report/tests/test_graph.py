"""The layout of a graph: nothing overlaps, lines go to the right, and a long graph breaks into rows."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ppf_report.graph import Graph, Row, lay_out
from records import planned

HEIGHT = 58.0


def chain(length: int):
    return [
        planned(f"c{number}", "transform", number + 1, {f"c{number - 1}": f"c{number - 1}"} if number else {})
        for number in range(length)
    ]


@st.composite
def graphs(draw: st.DrawFn):
    """Components that each need some of those before them."""
    components, stages = [], {}
    for number in range(draw(st.integers(1, 30))):
        needs = draw(st.lists(st.sampled_from(sorted(stages)), unique=True, max_size=3)) if stages else []
        stages[f"c{number}"] = 1 + max((stages[need] for need in needs), default=0)
        components.append(planned(f"c{number}", "transform", stages[f"c{number}"], {need: need for need in needs}))
    return components


def assert_nothing_overlaps(graph: Graph, row: Row) -> None:
    for one, other in combinations(row.boxes, 2):
        apart = abs(one.x - other.x) >= graph.width or abs(one.y - other.y) >= graph.height
        assert apart, f"{one} and {other} overlap"


@given(graphs())
def test_boxes_never_overlap_and_stay_inside(components):
    graph = lay_out(components, HEIGHT)
    assert {box.name for row in graph.rows for box in row.boxes if not box.again} == {each["name"] for each in components}
    for row in graph.rows:
        assert_nothing_overlaps(graph, row)
        assert all(0 <= box.x <= graph.span - graph.width + 0.01 for box in row.boxes)
        assert all(-0.01 <= box.y <= row.height - graph.height + 0.01 for box in row.boxes)


@given(graphs())
def test_every_edge_is_one_line_to_the_right(components):
    graph = lay_out(components, HEIGHT)
    lines = sorted((line.start, line.end) for row in graph.rows for line in row.lines)
    assert lines == sorted((need, each["name"]) for each in components for need in each["needs"])
    for row in graph.rows:
        x = {box.name: box.x for box in row.boxes}
        assert all(x[line.start] < x[line.end] for line in row.lines)


@given(graphs())
def test_the_same_graph_looks_the_same_again(components):
    assert lay_out(components, HEIGHT) == lay_out(components, HEIGHT)


def test_a_short_graph_is_one_row():
    graph = lay_out(chain(7), HEIGHT)
    assert len(graph.rows) == 1
    assert [box.y for box in graph.rows[0].boxes] == [0] * 7


def test_a_long_graph_breaks_and_repeats_what_feeds_a_row():
    graph = lay_out(chain(60), HEIGHT)
    assert [len(row.boxes) for row in graph.rows] == [6] + [7] * 9
    assert [box.name for box in graph.rows[1].boxes if box.again] == ["c5"]


def test_a_line_over_several_stages_passes_the_boxes_between():
    skipping = [*chain(3), planned("end", "sink", 4, {"c2": "c2", "c0": "c0"})]
    graph = lay_out(skipping, HEIGHT)
    (row,) = graph.rows
    (line,) = [line for line in row.lines if (line.start, line.end) == ("c0", "end")]
    passing = {float(part.split()[-1]) for part in line.path.split("H")[:-1]}
    for box in row.boxes:
        if box.name in ("c1", "c2"):
            assert all(not box.y <= y <= box.y + HEIGHT for y in passing)


def test_lines_that_carry_no_rows_are_marked():
    components = [planned("a", "source", 1), planned("b", "source", 2, needs=["a"])]
    (row,) = lay_out(components, HEIGHT).rows
    assert [line.carries_rows for line in row.lines] == [False]


@pytest.mark.parametrize("count", [0, 1])
def test_small_graphs_are_drawn_too(count):
    assert sum(len(row.boxes) for row in lay_out(chain(count), HEIGHT).rows) == count


def test_five_thousand_components_are_laid_out_in_bounded_time():
    assert len(lay_out(chain(5000), HEIGHT).rows) == 834
