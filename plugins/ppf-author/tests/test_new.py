"""A plugin that is begun is a whole distribution: it installs, is sound and typed, and passes its tests as it stands."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from ppf_author.kinds import KINDS
from ppf_author.project import Project

BIN = Path(sys.executable).parent
ALL = [kind for kind in KINDS if kind != "sink"]


def called(*command: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, **(environment or {})}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def ppf(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / "ppf", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_one_of_every_kind_passes_all_that_it_is_asked(tmp_path: Path) -> None:
    kinds = [word for kind in ALL for word in ("--kind", kind)]
    called(BIN / "ppf", "plugins", "new", "weather", *kinds, folder=tmp_path)
    called(BIN / "ppf", "plugins", "new", "ppf-weather-sink", "--kind", "sink", folder=tmp_path)
    made, site = [tmp_path / "ppf-weather", tmp_path / "ppf-weather-sink"], tmp_path / "site"
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", site)
    called(sys.executable, "-m", "pip", "install", *offline, *made, folder=tmp_path)
    seen = {"PYTHONPATH": str(site)}
    listed = json.loads(called(BIN / "ppf", "plugins", "list", "--json", folder=tmp_path, environment=seen))["plugins"]
    own = {(each["group"], each["name"]): each["state"] for each in listed if each["distribution"].startswith("ppf-weather")}
    assert len(own) == len(KINDS)
    assert set(own.values()) == {"ready"}
    for folder in made:
        called(BIN / "ruff", "check", ".", folder=folder)
        called(BIN / "ruff", "format", "--check", ".", folder=folder)
    called(BIN / "mypy", folder=made[0], environment=seen)
    said = called(
        BIN / "pytest", "-q", "-p", "no:cacheprovider", *(each / "tests" for each in made), folder=made[0], environment=seen
    )
    assert "skipped" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_distribution_of_one_kind_has_what_it_needs_and_no_more(kind: str) -> None:
    files = Project("weather", [kind]).files
    assert sum(path.startswith("ppf_weather/") for path in files) == 3
    assert ("tests/test_examples.py" in files) == KINDS[kind].has_example
    for path, text in files.items():
        assert "$" not in text.replace("${{ matrix.python }}", ""), path
    if KINDS[kind].has_example:
        assert files[f"examples/{KINDS[kind].template}.conf"] in files["README.md"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("9x", "--kind", "sink"), 2, "'9x' cannot be the name of a plugin"),
        (("class", "--kind", "sink"), 2, "'class' cannot be the name of a plugin"),
        (("null", "--kind", "source"), 2, "'null' cannot be the name of a plugin"),
        (("files", "--kind", "check"), 1, "There is a distribution 'ppf-files' 0.1.0 already."),
        (("weather",), 2, "Missing option '--kind'"),
        (("weather", "--kind", "sink", "--kind", "staged-sink"), 2, "two sinks of one name"),
        (("weather", "--kind", "sonk"), 2, "'sonk' is not one of"),
        (("csv", "--kind", "source"), 1, "There is a source 'csv' already, in ppf-files."),
        (("there", "--kind", "source"), 1, "The folder ppf-there is there already."),
        (("weather", "--kind", "source", "--into", "file/below"), 1, "cannot be made"),
    ],
)
def test_a_mistake_is_told_and_makes_nothing(words: tuple[str, ...], code: int, text: str, tmp_path: Path) -> None:
    (tmp_path / "ppf-there").mkdir()
    (tmp_path / "file").touch()
    done = ppf("plugins", "new", *words, folder=tmp_path)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["file", "ppf-there"]


def test_the_document_names_the_files(tmp_path: Path) -> None:
    document = json.loads(ppf("plugins", "new", "weather", "--kind", "hooks", "--json", folder=tmp_path).stdout)
    folder = tmp_path / document["folder"]
    assert document["files"] == sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
