"""`ppf runs report`: where the page goes, and what is said when it cannot go there."""

import resource
from pathlib import Path

import pytest
from records import failed_run


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with the run `r1`."""
    folder = tmp_path / "state"
    failed_run(folder)
    return folder


def test_the_page_lies_beside_the_record_and_its_path_is_the_answer(ppf, state):
    answer = ppf("runs", "report", "r1", "--state-dir", state)
    page = state / "runs" / "r1" / "report.html"
    assert (answer.code, answer.out) == (0, f"{page}\n")
    assert page.read_text().startswith("<!doctype html>")
    assert sorted(each.name for each in page.parent.iterdir()) == ["record.jsonl", "report.html"]


def test_only_its_owner_may_read_the_page(ppf, state):
    document = ppf("runs", "report", "r1", "--state-dir", state, "--json").document
    assert Path(document["path"]).stat().st_mode & 0o777 == 0o600


def test_the_page_goes_where_it_is_wanted(ppf, state, tmp_path):
    answer = ppf("runs", "report", "r1", "--state-dir", state, "--output", tmp_path / "page.html", "--json")
    assert answer.document == {"ppf": answer.document["ppf"], "ok": True, "path": str(tmp_path / "page.html")}
    assert "The run failed" in (tmp_path / "page.html").read_text()


def test_the_runs_of_a_pipeline_are_found_through_its_file(ppf, tmp_path):
    (tmp_path / "flights.conf").write_text("name = flights\nruntime { state_dir = records }\n")
    failed_run(tmp_path / "records")
    answer = ppf("runs", "report", "r1", "--pipeline", tmp_path / "flights.conf")
    assert answer.out == f"{tmp_path}/records/runs/r1/report.html\n"


def test_a_run_that_does_not_exist_is_named_with_those_that_do(ppf, state):
    answer = ppf("runs", "report", "r2", "--state-dir", state, "--json")
    assert answer.code == 2
    assert answer.document["path"] is None
    (problem,) = answer.document["problems"]
    assert problem["message"].startswith("There is no run 'r2' in ")
    assert problem["hint"] == "There is: r1."


def test_a_folder_that_is_not_there_is_named(ppf, state, tmp_path):
    target = tmp_path / "nowhere" / "page.html"
    answer = ppf("runs", "report", "r1", "--state-dir", state, "--output", target)
    assert answer.code == 1
    assert answer.err.startswith(f"error: The page {target} cannot be written: No such file or directory.\n")


def test_a_page_that_finds_no_room_leaves_the_old_one(ppf, state, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        answer = ppf("runs", "report", "r1", "--state-dir", state, "--output", page)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.code == 1
    assert f"The page {page} cannot be written: File too large." in answer.err
    assert page.read_text() == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["page.html", "state"]


def test_a_text_that_is_no_unicode_is_on_the_page(ppf, state):
    record = state / "runs" / "r1" / "record.jsonl"
    record.write_text(record.read_text().replace("The hook is deaf.", r"caf\udce9"))
    page = Path(ppf("runs", "report", "r1", "--state-dir", state).out.strip())
    assert r"caf\udce9" in page.read_text()
