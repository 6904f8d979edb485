from collections.abc import Callable
from pathlib import Path

import pytest

from ppf_core.validation.validate import validate_pipeline

WritePipeline = Callable[[str], Path]


def codes(path: Path) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in validate_pipeline(path).problems]


def two(first: str, second: str) -> str:
    return f"a {{ source = numbers }}\nb {{ sink = folder, inputs = [a], options {{ {first} }} }}\n{second}\n"


@pytest.mark.parametrize(("one", "other"), [("x", "./x/"), ("x", "x/y"), ("x/y", "x")])
def test_two_sinks_do_not_replace_the_same_place(pipeline: WritePipeline, one: str, other: str) -> None:
    second = f'c {{ sink = folder, inputs = [a], options {{ path = "{other}" }} }}'
    assert codes(pipeline(two(f"path = {one}", second))) == [("shared-target", 5)]


def test_every_sink_that_is_too_many_is_told(pipeline: WritePipeline) -> None:
    more = "\n".join(f"{name} {{ sink = folder, inputs = [a], options {{ path = x }} }}" for name in "cd")
    assert codes(pipeline(two("path = x", more))) == [("shared-target", 5), ("shared-target", 6)]


def test_two_sinks_write_beside_each_other(pipeline: WritePipeline) -> None:
    assert codes(pipeline(two("path = x", "c { sink = folder, inputs = [a], options { path = xy } }"))) == []


def test_a_disabled_sink_writes_nothing(pipeline: WritePipeline) -> None:
    second = "c { sink = folder, inputs = [a], enabled = false, options { path = x } }"
    assert codes(pipeline(two("path = x", second))) == []


@pytest.mark.parametrize("path", [".", "..", "/", ".ppf", "link"])
def test_a_sink_does_not_replace_what_the_run_stands_on(pipeline: WritePipeline, tmp_path: Path, path: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    (problem,) = validate_pipeline(pipeline(two(f'path = "{path}"', ""))).problems
    held = "the state directory" if path == ".ppf" else "the pipeline file and the state directory"
    assert problem.code == "unsafe-target"
    assert problem.message.endswith(f", which holds {held}.")
