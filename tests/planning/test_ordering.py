"""The steps of a run: what waits for what."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ppf_core.planning.cached_frames import CachedFrames
from ppf_core.planning.ordering import Step, order_steps
from ppf_core.planning.roles import roles_of
from ppf_core.planning.schedule import Schedule
from ppf_core.validation.validate import validate_pipeline

WritePipeline = Callable[[str], Path]


def steps(path: Path, *selected: str) -> list[Step]:
    validated = validate_pipeline(path)
    validated.require_sound()
    return list(order_steps(validated, roles_of(validated, selected or validated.components)))


def named(found: list[Step]) -> list[str]:
    return [f"{step.kind} {step.component}".strip() for step in found]


def waits_for(found: list[Step], kind: str, component: str = "") -> set[str]:
    step = next(each for each in found if (each.kind, each.component) == (kind, component))
    return {named([found[need]])[0] for need in step.needs}


SHARED = """
    a { source = numbers }
    b { transform = step, inputs = [a] }
    now { sink = direct, inputs = [b] }
    one { sink = folder, inputs = [b], options { path = one } }
    two { sink = folder, inputs = [b], options { path = two } }
    late { source = numbers, after = [now] }
    three { sink = folder, inputs = [late], options { path = three } }
"""


def test_a_frame_that_several_read_is_materialized_before_they_start(pipeline: WritePipeline) -> None:
    found = steps(pipeline(SHARED))
    assert "materialize a" not in named(found)
    assert waits_for(found, "materialize", "b") == {"build b"}
    assert waits_for(found, "stage", "one") == waits_for(found, "stage", "two") == {"materialize b"}


def test_nothing_unstaged_is_written_before_all_else_is_staged(pipeline: WritePipeline) -> None:
    found = steps(pipeline(SHARED))
    assert waits_for(found, "write", "now") == {"materialize b", "decide"}
    assert {"stage one", "stage two"} <= waits_for(found, "decide")
    assert "stage three" not in waits_for(found, "decide")  # it waits for the sink that waits for the decision


def test_publishing_comes_last_in_the_order_of_the_file(pipeline: WritePipeline) -> None:
    found = steps(pipeline(SHARED))
    assert named(found)[-4:] == ["commit", "publish one", "publish two", "publish three"]
    assert waits_for(found, "publish", "two") == {"publish one"}
    assert {"write now", "stage three"} <= waits_for(found, "commit")


def test_with_one_reader_left_nothing_is_shared(pipeline: WritePipeline) -> None:
    assert named(steps(pipeline(SHARED), "a", "b", "one")) == [
        "build a",
        "build b",
        "stage one",
        "decide",
        "commit",
        "publish one",
    ]


def test_the_file_decides_what_is_shared(pipeline: WritePipeline) -> None:
    text = SHARED.replace("a { source = numbers }", "a { source = numbers, persist = disk }")
    found = named(steps(pipeline(text.replace("inputs = [a] }", "inputs = [a], persist = never }"))))
    assert "materialize a" in found
    assert "materialize b" not in found


@given(st.lists(st.sets(st.integers(0, 30)), max_size=30), st.randoms())
def test_every_step_starts_once_and_after_all_that_it_needs(needs: list[set[int]], random: object) -> None:
    plan = [Step("build", str(at), tuple(sorted(need for need in wanted if need < at))) for at, wanted in enumerate(needs)]
    schedule, ended, working = Schedule(plan), set[int](), list[int]()
    while True:
        while (taken := schedule.take()) is not None:
            position, step = taken
            assert set(step.needs) <= ended
            working.append(position)
        if not working:
            break
        position = working.pop(random.randrange(len(working)))  # type: ignore[attr-defined]  # random.Random
        ended.add(position)
        schedule.end(position)
    assert ended == set(range(len(plan)))


def test_a_kept_frame_is_let_go_after_its_last_reader() -> None:
    cached = CachedFrames({"a": ["b", "x"], "b": ["y", "z"]})
    assert cached.add("a") == []
    assert cached.end("b") == []
    assert cached.end("x") == []
    assert cached.end("y") == []
    assert cached.end("z") == ["a"]


def test_a_kept_frame_is_let_go_when_its_readers_are_kept_themselves() -> None:
    cached = CachedFrames({"a": ["b"], "b": ["y", "z"]})
    cached.add("a")
    cached.end("b")
    assert cached.add("b") == ["a"]
    cached.end("y")
    assert cached.end("z") == ["b"]
