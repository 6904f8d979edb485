"""The rooms of the kernel: small enough to know, and each says at its door what it answers."""

import ast
import tomllib
from pathlib import Path

import pytest

import ppf_core

KERNEL = Path(ppf_core.__file__).parent
ROOMS = sorted(path.name for path in KERNEL.iterdir() if (path / "__init__.py").exists())


def modules(room: str) -> list[Path]:
    return sorted((KERNEL / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_at_most_2000_lines_in_16_modules(room: str) -> None:
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules(room))
    assert lines <= 2000
    assert len(modules(room)) <= 16


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"testing"}))
def test_a_room_says_at_its_door_what_it_answers(room: str) -> None:
    said = ast.get_docstring(ast.parse((KERNEL / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert 3 <= len(said.splitlines()) <= 8


def test_every_room_has_its_floor() -> None:
    settings = tomllib.loads((KERNEL.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (each["layers"] for each in settings["contracts"] if each["type"] == "layers")
    named = {room.strip() for layer in layers for room in layer.split("|")}
    assert named == {*ROOMS, "errors", "threads"}
