"""`ppf quarantine` as a person calls it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PPF = Path(sys.executable).with_name("ppf")
PIPELINE = """
name = apart
components {
  numbers { source = range, options { end = 3 }
            quality = [{ check = in_range, options { column = id, min = 1 }, action = quarantine, samples = 1 }] }
  out     { sink = parquet, inputs = [numbers], options { path = out, mode = overwrite } }
}
"""


def ppf(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run([PPF, *arguments, "--json"], cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == code, done.stderr[-3000:] + done.stdout
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apart")
    (folder / "apart.conf").write_text(PIPELINE)
    ppf(folder, "run", "apart.conf", "--run-id", "r1")
    return folder


def test_list_tells_how_many_rows_lie_where(folder: Path) -> None:
    (found,) = ppf(folder, "quarantine", "list")["quarantined"]
    assert (found["run_id"], found["component"], found["rows"], found["replayed_by"]) == ("r1", "numbers", 1, None)
    assert found["path"].endswith("/quarantine/numbers/run_id=r1")


def test_show_gives_the_rows_with_what_was_wrong(folder: Path) -> None:
    shown = ppf(folder, "quarantine", "show", "r1")
    (row,) = shown["rows"]
    assert (row["id"], row["_ppf_failed_checks"], row["_ppf_run_id"]) == (0, ["in_range"], "r1")


def test_an_unknown_run_is_a_usage_error(folder: Path) -> None:
    assert "no run 'r9'" in ppf(folder, "quarantine", "show", "r9", code=2)["problems"][0]["message"]


def test_replay_is_a_run_that_cannot_be_repeated(folder: Path) -> None:
    done = ppf(folder, "quarantine", "replay", "r1", "--set", "components.numbers.quality=[]")
    assert (done["status"], done["components"][0]["plugin"], done["components"][1]["rows_written"]) == (
        "success",
        "quarantined",
        1,
    )
    again = ppf(folder, "quarantine", "replay", "r1", code=2)
    assert f"were replayed by '{done['run_id']}'" in again["problems"][0]["message"]
