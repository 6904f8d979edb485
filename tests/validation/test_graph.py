"""The graph: order, stages, cycles; linear and without recursion."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ppf_core.validation.graph import Graph


def test_each_component_comes_after_what_it_needs_else_in_file_order() -> None:
    graph = Graph({"out": ("late",), "late": ("flights", "planes"), "flights": (), "planes": ()})
    assert graph.order() == ("flights", "planes", "late", "out")


def test_what_should_come_last_comes_as_late_as_its_dependents_allow() -> None:
    graph = Graph({"source": (), "console": ("source",), "clean": ("source",), "out": ("clean",), "after": ("console",)})
    assert graph.order(last={"console"}) == ("source", "clean", "out", "console", "after")


def test_components_that_can_run_together_share_a_stage() -> None:
    graph = Graph({"a": (), "b": (), "c": ("a", "b"), "d": ("c",), "e": ("a",)})
    assert graph.stages() == {"a": 1, "b": 1, "c": 2, "d": 3, "e": 2}


def test_a_cycle_is_named_once_with_its_way_round() -> None:
    graph = Graph({"a": ("b",), "b": ("c",), "c": ("a",), "behind": ("a",), "free": ()})
    assert graph.cycles() == (("a", "b", "c", "a"),)
    assert graph.is_cyclic


def test_a_component_that_needs_itself_is_a_cycle() -> None:
    assert Graph({"a": ("a",)}).cycles() == (("a", "a"),)


def test_separate_cycles_are_separate_mistakes() -> None:
    assert Graph({"a": ("b",), "b": ("a",), "c": ("d",), "d": ("c",)}).cycles() == (("a", "b", "a"), ("c", "d", "c"))


def test_upstream_and_downstream_include_the_component_itself() -> None:
    graph = Graph({"a": (), "b": ("a",), "c": ("b",), "other": ()})
    assert graph.upstream(["b"]) == {"a", "b"}
    assert graph.downstream(["b"]) == {"b", "c"}


def test_a_chain_of_20000_neither_recurses_nor_loses_a_component() -> None:
    count = 20_000
    chain = {f"n{index}": (f"n{index - 1}",) if index else () for index in range(count)}
    graph = Graph(chain)
    assert graph.stages()[f"n{count - 1}"] == count
    assert graph.cycles() == ()
    assert len(Graph({**chain, "n0": (f"n{count - 1}",)}).cycles()[0]) == count + 1


@given(st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 12), max_size=4), max_size=13))
def test_a_cycle_is_found_exactly_when_no_order_is_complete(edges: dict[int, set[int]]) -> None:
    names = {str(node): tuple(str(need) for need in needs if need in edges) for node, needs in edges.items()}
    graph = Graph(names)
    assert bool(graph.cycles()) == graph.is_cyclic
    for cycle in graph.cycles():
        assert cycle[0] == cycle[-1]
        assert all(need in names[name] for name, need in pairwise(cycle))
