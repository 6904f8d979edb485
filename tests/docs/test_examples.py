"""The examples run as they are."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_files_go_to_the_console_as_they_come(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "file_to_console"
    shutil.copytree(EXAMPLES / "file_to_console", folder, ignore=shutil.ignore_patterns(".ppf"))
    printed = []
    for late in ("", "Barbara,80\n"):
        if late:
            (folder / "people" / "more.csv").write_text(f"name,age\n{late}")
        assert PipelineRunner.from_file(folder / "pipeline.conf").run(spark=spark).status == "success"
        printed.append([line for line in capsys.readouterr().out.splitlines() if "|" in line])
    assert printed == [["| name|age|", "|  Ada| 36|", "|Grace| 45|"], ["|   name|age|", "|Barbara| 80|"]]
