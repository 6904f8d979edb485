"""A run that goes on asks for its secrets anew: what was rotated is seen, what is missing starts nothing, nothing is shown."""

from pathlib import Path

import pytest
from killed import WritePipeline, run, status, store
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner
from ppf_core.errors import SecretError

FLOW = """
name = test
hooks { checkpoint {} }
runtime { on_failure = continue }
components {
    numbers { source = numbers, options { log = log } }
    marked  { transform = sql, inputs = [numbers], options {
                query = "SELECT id, IF(:word LIKE '%bad%', raise_error(concat('not ', :word)), :word) AS word FROM numbers"
                params { word = "secret://env/PPF_WORD" } } }
    first   { sink = folder, inputs = [marked], options { path = first } }
    second  { sink = folder, inputs = [marked], options { path = second, token = "secret://env/PPF_TOKEN", log = log } }
}
"""


@pytest.fixture
def failed(pipeline: WritePipeline, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pipeline of which the run r1 has published one of two sinks."""
    monkeypatch.setenv("PPF_WORD", "canary-word-1")
    monkeypatch.setenv("PPF_TOKEN", "canary-token-1")
    path = pipeline(FLOW)
    assert run(path, spark, "r1", **{"components.second.options.fails": "stage"})["first"].published
    path.with_name("log").unlink()
    return path


def told(path: Path) -> str:
    """All that ppf has written of the run."""
    files = [each for each in (path.parent / ".ppf").rglob("*") if each.is_file()]
    return "".join(each.read_text(encoding="utf-8", errors="replace") for each in files)


def test_a_rotated_secret_is_no_change_and_its_new_value_is_used(
    failed: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPF_WORD", "canary-word-2")
    result = run(failed, spark, resume="r1")
    assert (result.ok, result["first"].status) == (True, "resumed")
    assert "canary-word-1" in (failed.with_name("first") / "rows.json").read_text()
    assert "canary-word-2" in (failed.with_name("second") / "rows.json").read_text()
    assert "canary" not in told(failed)


def test_a_missing_secret_starts_nothing_and_the_run_can_still_be_resumed(
    failed: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(failed)
    for name in ("PPF_WORD", "PPF_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(SecretError) as caught:
        run(failed, spark, resume="r1")
    assert sorted(problem.line or 0 for problem in caught.value.problems) == [9, 11]
    assert (told(failed), status(failed, "r1"), failed.with_name("log").exists()) == (before, "failed", False)
    monkeypatch.setenv("PPF_WORD", "canary-word-2")
    monkeypatch.setenv("PPF_TOKEN", "canary-token-2")
    assert run(failed, spark, resume="r1").ok


def test_an_error_of_the_resumed_run_shows_no_secret(
    failed: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPF_WORD", "canary-bad-word")
    result = run(failed, spark, resume="r1")
    assert "not ****" in (result["second"].error.message if result["second"].error else "")
    assert "canary" not in told(failed) + str(result) + str(store(failed).show("r1"))


def test_the_plan_of_a_resumed_run_shows_no_secret(failed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PPF_WORD")  # nor does it ask for one that no hook needs
    assert "canary" not in str(PipelineRunner.from_file(failed).plan_of(resume="r1"))
