"""A plugin that is begun is a whole distribution: it installs, is sound and typed, and passes its tests as it stands."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ppf_author.kinds import KINDS
from ppf_author.project import Project

from ppf_core.testing.installing import forget_modules_below

BIN = Path(sys.executable).parent
ALL = [kind for kind in KINDS if kind != "sink"]
CONFTEST = """
import pytest
from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark():
    return SparkSession.builder.getOrCreate()
"""


class Outcomes:
    """A plugin of pytest that collects what did not pass."""

    def __init__(self) -> None:
        self.others: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.others.append(f"{report.nodeid} {report.outcome}: {report.longreprtext}")


class Called:
    """A command that works beside the test."""

    def __init__(self, *command: str | Path, folder: Path) -> None:
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ended(self) -> str:
        """What it said; it has to have ended well."""
        said, _ = self.process.communicate()
        assert self.process.returncode == 0, f"{self.process.args}\n{said}"
        return said


def called(*command: str | Path, folder: Path) -> str:
    return Called(*command, folder=folder).ended()


def ppf(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / "ppf", *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for distributions that this process and those that it starts import."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    yield site
    forget_modules_below(site)


@pytest.mark.usefixtures("spark")
def test_one_of_every_kind_passes_all_that_it_is_asked(tmp_path: Path, site: Path, pytestconfig: pytest.Config) -> None:
    kinds = [word for kind in ALL for word in ("--kind", kind)]
    called(BIN / "ppf", "plugins", "new", "weather", *kinds, folder=tmp_path)
    called(BIN / "ppf", "plugins", "new", "ppf-weather-sink", "--kind", "sink", folder=tmp_path)
    made = [tmp_path / "ppf-weather", tmp_path / "ppf-weather-sink"]
    called(BIN / "ruff", "check", *made, folder=tmp_path)
    called(BIN / "ruff", "format", "--check", *made, folder=tmp_path)
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", site)
    called(sys.executable, "-m", "pip", "install", *offline, *made, folder=tmp_path)
    cache = pytestconfig.cache.mkdir("mypy") if pytestconfig.cache else tmp_path
    typed = Called(BIN / "mypy", "--cache-dir", cache, folder=made[0])
    listed = json.loads(called(BIN / "ppf", "plugins", "list", "--json", folder=tmp_path))["plugins"]
    own = {(each["group"], each["name"]): each["state"] for each in listed if each["distribution"].startswith("ppf-weather")}
    assert len(own) == len(KINDS)
    assert set(own.values()) == {"ready"}
    (tmp_path / "conftest.py").write_text(CONFTEST)
    outcomes = Outcomes()
    settings = (
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        made[0] / "pyproject.toml",
        "--rootdir",
        tmp_path,
        "--confcutdir",
        tmp_path,
    )
    words = [*settings, *(folder / "tests" for folder in made)]
    assert pytest.main([str(word) for word in words], plugins=[outcomes]) == 0, outcomes.others
    assert outcomes.others == []
    typed.ended()


@pytest.mark.parametrize("kind", KINDS)
def test_a_distribution_of_one_kind_has_what_it_needs_and_no_more(kind: str) -> None:
    files = Project("weather", [kind]).files
    cases = [path for path in files if path.startswith("ppf_weather/conformance/")]
    assert len(cases) == (2 if KINDS[kind].has_case else 0)
    assert sum(path.startswith("ppf_weather/") for path in files) == 3 + len(cases)
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
