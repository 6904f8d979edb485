"""The page of the checks is true: each of its pipelines runs, and gives the results that stand below it."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner, QualityResult

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "checks.md"
EXAMPLE = re.compile(r'```hocon title="(?P<name>[\w.]+)"\n(?P<text>.*?)\n```\n\n(?P<table>(?:\|[^\n]*\n)+)', re.DOTALL)
HEAD = "| status | failed | evaluated | value | message |\n|---|---|---|---|---|\n"


def shown(result: QualityResult) -> str:
    """One line of a table of results. On the page, … stands for what differs from day to day."""
    message = result.message.replace("\n", "<br>")
    value = "" if result.value is None else f"{result.value:.4g}"
    numbers = ["" if number is None else str(number) for number in (result.failed, result.evaluated)]
    return f"| {' | '.join((result.status, *numbers, value, message))} |\n"


EXAMPLES = [pytest.param(*found.groups(), id=found["name"]) for found in EXAMPLE.finditer(PAGE.read_text())]


def test_every_check_has_an_example() -> None:
    checks = {entry.name for entry in distribution("ppf-quality").entry_points if entry.group == "ppf.checks"}
    assert {str(example.id).removesuffix(".conf") for example in EXAMPLES} == checks


@pytest.mark.parametrize(("name", "text", "table"), EXAMPLES)
def test_an_example_gives_what_the_page_says(tmp_path: Path, spark: SparkSession, name: str, text: str, table: str) -> None:
    (tmp_path / name).write_text(text)
    result = PipelineRunner.from_file(tmp_path / name).run(spark=spark)
    found = "".join(shown(check) for component in result.components for check in component.quality)
    pattern = re.escape(table).replace("…", ".*")
    assert re.fullmatch(pattern, HEAD + found), HEAD + found
