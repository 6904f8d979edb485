"""Every distribution builds a wheel and an sdist that are complete, and installs without its sisters."""

import email
import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
FOLDERS = [ROOT, *PLUGINS]
NEED_A_SERVICE = {"ppf-delta", "ppf-kafka", "ppf-otel", "ppf-secrets-aws", "ppf-secrets-vault"}  # or jars from Maven
FOR_WRITING = {"ppf-lsp", "ppf-testing"}  # for editors and authors: a machine that runs pipelines needs neither


def name_of(folder: Path) -> str:
    """The distribution that a folder of the repository holds."""
    return "ppf-core" if folder == ROOT else folder.name


every_distribution = pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
every_plugin = pytest.mark.parametrize("folder", PLUGINS, ids=name_of)


@dataclass(frozen=True)
class Environment:
    """A fresh environment with nothing in it but what a test installs."""

    folder: Path

    def pip(self, *arguments: str | Path) -> None:
        """Runs one command of `uv pip` here."""
        command, *rest = map(str, arguments)
        done = subprocess.run(
            ["uv", "pip", command, "--quiet", "--python", str(self.folder / "bin" / "python"), *rest],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "UV_CONSTRAINT": str(ROOT / "tests" / "constraints.txt")},
        )
        assert done.returncode == 0, done.stderr

    def plugins(self) -> list[dict[str, Any]]:
        """What `ppf plugins list --json` says here."""
        done = subprocess.run([self.folder / "bin" / "ppf", "plugins", "list", "--json"], capture_output=True, check=True)
        rows: list[dict[str, Any]] = json.loads(done.stdout)["plugins"]
        return rows


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all sdists, and of the wheels built from those sdists."""
    target = tmp_path_factory.mktemp("dist")
    build = ["uv", "build", "--quiet", "--all-packages", "--no-build-isolation", "--python", sys.executable]
    done = subprocess.run([*build, "--out-dir", str(target)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def new_environment(tmp_path: Path) -> Callable[[], Environment]:
    """Makes an empty environment."""

    def make() -> Environment:
        folder = tmp_path / "environment"
        subprocess.run(["uv", "venv", "--quiet", str(folder)], check=True)
        return Environment(folder)

    return make


def _project(folder: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project


def _wheel(archives: Path, folder: Path) -> Path:
    (found,) = archives.glob(f"{name_of(folder).replace('-', '_')}-[0-9]*.whl")
    return found


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


@every_distribution
def test_the_wheel_is_typed_and_licensed_and_carries_no_tests(archives: Path, folder: Path) -> None:
    with zipfile.ZipFile(_wheel(archives, folder)) as wheel:
        names = wheel.namelist()
    package = name_of(folder).replace("-", "_")
    assert f"{package}/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {package}
    assert not [name for name in names if "/tests/" in name]


def test_the_wheel_of_the_report_carries_the_files_that_its_modules_read(archives: Path) -> None:
    folder = ROOT / "plugins" / "ppf-report"
    files = (path for path in (folder / "ppf_report").rglob("*") if path.suffix in (".html", ".css"))
    beside = {path.relative_to(folder).as_posix() for path in files}
    with zipfile.ZipFile(_wheel(archives, folder)) as wheel:
        assert beside
        assert beside <= set(wheel.namelist())


@every_distribution
def test_the_wheel_shows_its_readme_and_one_sentence(archives: Path, folder: Path) -> None:
    metadata = _metadata(_wheel(archives, folder))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Summary"].endswith(".")
    assert str(metadata.get_payload()).startswith(f"# {'ppf' if folder == ROOT else folder.name}")


@every_plugin
def test_a_plugin_says_which_kernel_it_needs(folder: Path) -> None:
    assert "ppf-core>=0.1,<1" in [need.replace("[spark]", "") for need in _project(folder)["dependencies"]]


@every_distribution
def test_the_sdist_can_be_built_by_whoever_gets_it(archives: Path, folder: Path) -> None:
    (sdist,) = archives.glob(f"{name_of(folder).replace('-', '_')}-[0-9]*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE"} <= names


@every_plugin
def test_a_plugin_installs_alone_and_is_ready(archives: Path, folder: Path, new_environment: Callable[[], Environment]) -> None:
    environment = new_environment()
    elsewhere = filter(None, os.environ.get("UV_FIND_LINKS", "").split(","))
    links = [part for place in (archives, *elsewhere) for part in ("--find-links", place)]
    environment.pip("install", *links, _wheel(archives, ROOT), _wheel(archives, folder))
    wanted = {
        (group.removeprefix("ppf."), name, "ready")
        for group, names in _project(folder).get("entry-points", {}).items()
        if group.startswith("ppf.")
        for name in names
    }
    found = {(row["group"], row["name"], row["state"]) for row in environment.plugins()}
    assert wanted <= found
    assert wanted == found or name_of(folder) in ("ppf", "ppf-testing")  # which bring others


def test_a_plugin_comes_with_pip_install_and_goes_with_pip_uninstall(new_environment: Callable[[], Environment]) -> None:
    environment = new_environment()
    environment.pip("install", ROOT)
    assert environment.plugins() == []
    environment.pip("install", ROOT / "plugins" / "ppf-files")
    assert {row["distribution"] for row in environment.plugins()} == {"ppf-files"}
    environment.pip("uninstall", "ppf-files")
    assert environment.plugins() == []


def test_the_batteries_bring_every_plugin_that_needs_no_outside_service(archives: Path) -> None:
    (batteries,) = [folder for folder in PLUGINS if folder.name == "ppf"]
    needs = {need.split(">")[0] for need in _project(batteries)["dependencies"]}
    alone = {folder.name for folder in PLUGINS if folder != batteries} - NEED_A_SERVICE - FOR_WRITING
    assert needs == {"ppf-core[spark]", *alone}


def test_every_plugin_is_in_the_task_runner_and_in_the_import_contracts() -> None:
    tasks = (ROOT / "tox.ini").read_text()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert [folder.name for folder in PLUGINS if f"-e plugins/{folder.name}\n" not in tasks] == []
    packages = {name_of(folder).replace("-", "_") for folder in FOLDERS} - {"ppf"}  # the batteries hold no code
    assert packages == set(contracts["root_packages"])
