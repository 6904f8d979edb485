"""What the tests of the loader share: a file on disk, loaded."""

from pathlib import Path
from typing import Any

from ppf_core.config.loader import ConfigLoader, PipelineFile
from ppf_core.errors import ConfigError, Problem

SOUND = "name = x\ncomponents { a { source = csv } }\n"


def load(folder: Path, text: str | bytes, **overrides: object) -> PipelineFile:
    """The file `pipeline.conf` with this text."""
    path = folder / "pipeline.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ConfigLoader(path, overrides).load()


def options(folder: Path, text: str, head: str = "", **overrides: str) -> dict[str, Any]:
    """What a plugin gets from `options { text }`. `head` stands at the top of the file."""
    file = load(folder, f"name = x\n{head}\ncomponents {{ a {{ source = csv, options {{\n{text}\n}} }} }}", **overrides)
    assert file.problems == ()
    return file.config.components["a"].options


def refused(folder: Path, text: str | bytes, **overrides: str) -> tuple[Problem, ...]:
    """The problems of a file that has some, whether or not it can be read to its end."""
    try:
        problems = load(folder, text, **overrides).problems
    except ConfigError as error:
        problems = error.problems
    assert problems
    return problems


def places(problems: tuple[Problem, ...]) -> list[tuple[str, int | None, int | None]]:
    """Code, line and column of each."""
    return [(problem.code, problem.line, problem.column) for problem in problems]
