"""A closing bracket or quote that is missing is found where it is missing, and the rest of the file is read."""

import re
from pathlib import Path

import pytest
from pipeline_files import load, places, refused

HEAD = "name = x\n"
TAIL = "runtime { paralelism = 2 }\n"
UNKNOWN = ("unknown-key", 11)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("components {\n  a { source = csv\n  b { source = csv }\n}\n", 3, 5),
        ("components {\n  a { source = csv # }\n\n  # b\n  b { source = csv }\n}\n", 3, 5),
        ("components {\n  a {\n    source = csv\n    options { x = 1\n  }\n  b { source = csv }\n}\n", 5, 13),
        ("components {\n  a {\n    source = csv\n    options {\n      x = 1\n    retry { max_attempts = 1 }\n  }\n}\n", 5, 13),
        ("components {\n  a { source = csv }\n", 2, 12),
        ("components {\n  a {\n    source = csv\n    quality = [\n      { check = c }\n    retry {}\n  }\n}\n", 5, 15),
        (
            'components {\n  a { source = csv, options { q = """SELECT 1\n    FROM t\n  } }\n'
            '  b { source = csv, options { q = """x""" } }\n}\n',
            3,
            35,
        ),
        ('components {\n  a { source = csv, options { q = """SELECT 1\n  } }\n}\n', 3, 35),
        ('components {\n  a {\n    source = csv\n    options {\n      q = SELECT a, b FROM c"""\n    }\n  }\n}\n', 6, 11),
    ],
)
def test_what_is_missing_is_one_mistake_and_the_rest_is_read(text: str, line: int, column: int, tmp_path: Path) -> None:
    file = load(tmp_path, HEAD + text + TAIL)
    last = (HEAD + text).count("\n") + 1
    assert places(file.problems) == [("syntax", line, column), ("unknown-key", last, 11)]
    assert "never closed" in file.problems[0].message or "are missing" in file.problems[0].message
    assert file.config.components["a"].source == "csv"


def test_two_that_are_missing_are_two_mistakes(tmp_path: Path) -> None:
    text = "components {\n  a { source = csv\n  b { source = csv\n  c { source = csv }\n}\n"
    file = load(tmp_path, HEAD + text + TAIL)
    assert places(file.problems) == [("syntax", 3, 5), ("syntax", 4, 5), ("unknown-key", 7, 11)]
    assert list(file.config.components) == ["a", "b", "c"]


def test_the_last_brace_of_a_file(tmp_path: Path) -> None:
    file = load(tmp_path, HEAD + "components {\n  a { source = csv }\n")
    assert places(file.problems) == [("syntax", 2, 12)]
    assert "at the end of the file" in (file.problems[0].hint or "")


def test_a_file_that_is_indented_badly_but_closed_is_read(tmp_path: Path) -> None:
    file = load(tmp_path, HEAD + "components {\na {\nsource = csv\n}\n    }\n")
    assert file.problems == ()


EXAMPLE = (Path(__file__).parents[2] / "docs" / "examples" / "flights" / "flights.conf").read_text()
CLOSINGS = [
    found.span() for found in re.finditer(r'[}\]]|"""', EXAMPLE) if found[0] != "]" or EXAMPLE[found.start() - 1] != "*"
]


@pytest.mark.parametrize(("start", "end"), CLOSINGS)
def test_one_that_is_missing_in_an_example_is_one_mistake(start: int, end: int, tmp_path: Path) -> None:
    assert [problem.code for problem in refused(tmp_path, EXAMPLE[:start] + EXAMPLE[end:])] == ["syntax"]
