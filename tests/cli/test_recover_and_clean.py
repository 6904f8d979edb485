"""`ppf runs recover`, `ppf runs clean` and `ppf run --resume` as a user meets them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from ppf_core.execution.steps import Steps

Ppf = Callable[..., Any]

PIPELINE = """
name = two
hooks { checkpoint {} }
components {
  numbers { source = range, options { end = 3 } }
  one { sink = parquet, inputs = [numbers], options { path = one, mode = overwrite } }
  two { sink = parquet, inputs = [numbers], options { path = two, mode = overwrite } }
}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: SparkSession) -> Path:
    """The current folder, with the pipeline in it."""
    (tmp_path / "two.conf").write_text(PIPELINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stopped(home: Path, ppf: Ppf, monkeypatch: pytest.MonkeyPatch) -> Path:
    """After a run whose publishing failed."""

    def fail(*_arguments: object) -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as patched:
        patched.setattr(Steps, "publish", fail)
        answer = ppf("run", "two.conf", "--run-id", "r1")
    assert answer.code == 1
    assert "ppf runs recover" in answer.out + answer.err
    return home


def rows(folder: Path) -> int:
    return int(pq.read_table(folder).num_rows)


def test_a_run_that_could_not_publish_is_listed_and_finished(stopped: Path, ppf: Ppf) -> None:
    assert [run["status"] for run in ppf("runs", "list", "--json").document["runs"]] == ["publishing"]
    assert ppf("runs", "show", "r1", "--json").document["status"] == "publishing"
    answer = ppf("runs", "recover")
    assert answer.code == 0
    assert "The run 'r1' was finished: published one, two." in answer.out
    assert rows(stopped / "one") == rows(stopped / "two") == 3
    assert [run["status"] for run in ppf("runs", "list", "--json").document["runs"]] == ["success"]
    assert "needs to be finished" in ppf("runs", "recover").out


def test_an_abandoned_run_publishes_nothing_and_frees_its_targets(stopped: Path, ppf: Ppf) -> None:
    document = ppf("runs", "recover", "r1", "--abandon", "--json").document
    assert document["runs"] == [
        {"run_id": "r1", "pipeline": "two", "published": [], "discarded": ["one", "two"], "target_changed": {}, "left": {}}
    ]
    assert sorted(each.name for each in stopped.iterdir()) == [".ppf", "two.conf"]
    assert ppf("runs", "show", "r1", "--json").document["status"] == "failed"
    assert ppf("run", "two.conf").code == 0


def test_abandoning_needs_the_name_of_a_run(stopped: Path, ppf: Ppf) -> None:
    answer = ppf("runs", "recover", "--abandon")
    assert answer.code == 2
    assert "--abandon needs the ID of one run" in answer.err
    unknown = ppf("runs", "recover", "r2")
    assert unknown.code == 2
    assert "There is no run 'r2'" in unknown.err


def test_a_stage_that_was_deleted_is_told_with_exit_code_1(stopped: Path, ppf: Ppf) -> None:
    import shutil

    for path in stopped.glob(".one.ppf-w*"):
        shutil.rmtree(path)
    answer = ppf("runs", "recover", "r1")
    assert answer.code == 1
    assert "could not publish one" in answer.out
    assert not (stopped / "one").exists()


def test_clean_says_what_it_would_remove_and_then_removes_it(home: Path, ppf: Ppf) -> None:
    assert ppf("run", "two.conf", "--run-id", "r1").code == 0
    assert ppf("runs", "clean", "--json").document["removed"] == []
    would = ppf("runs", "clean", "--older-than", "0s", "--dry-run")
    assert would.code == 0
    assert "2 things to remove." in would.out
    assert (home / ".ppf" / "runs" / "r1").exists()
    document = ppf("runs", "clean", "--older-than", "0s", "--json").document
    assert [each["what"] for each in document["removed"]] == ["checkpoint", "record"]
    assert ppf("runs", "list", "--json").document["runs"] == []
    assert rows(home / "one") == 3


def test_clean_refuses_an_age_that_is_none(home: Path, ppf: Ppf) -> None:
    answer = ppf("runs", "clean", "--older-than", "soon")
    assert answer.code == 2
    assert "'soon' is not a duration" in answer.err


def test_a_resume_names_what_changed_on_standard_error(stopped: Path, ppf: Ppf) -> None:
    changed = ("--set", "components.two.options.coalesce=1")
    refused = ppf("run", "two.conf", "--resume", "last", *changed)
    assert refused.code == 5
    assert "'two' changed after its rows were published: options.coalesce: not set -> 1." in refused.err
    accepted = ppf("run", "two.conf", "--resume", "last", "--accept-changes", "--json", *changed)
    assert accepted.code == 0
    assert "Component two changed: options.coalesce: not set -> 1." in accepted.err
    assert {each["name"]: each["status"] for each in accepted.document["components"]} == {
        "numbers": "not_run",
        "one": "resumed",
        "two": "resumed",
    }
    assert accepted.document["resumed_from"] == "r1"
