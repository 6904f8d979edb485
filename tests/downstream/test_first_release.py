"""What an author wrote against the first release still works: a distribution of all kinds, which nobody changes any more."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FROZEN = Path(__file__).parent / "acme-first"
DIGEST = "c03caccfb2c1809d55a2a6d6a4f56f54b497a1ef8b68b6a857804370cf3fe614"
PIPELINE = """
name = ledger
components {
  ledger { source = ledger, options { amounts = [1, 2, 3, 4], password = "secret://strongbox/ledger", maximum = 10 },
    quality = [{ check = even, options { column = amount }, action = drop }] }
  doubled { transform = doubled, inputs = [ledger],
    quality = [{ check = at_least, options { column = amount, total = 12 } }] }
  kept { sink = ledger, inputs = [doubled], options { path = "ledger.json" } }
  told { sink = told, inputs = [doubled], options { path = "count.txt" } }
}
hooks { diary { path = "diary.txt", required = true } }
secrets { strongbox {} }
spark { master = "local[1]", conf { "spark.ui.enabled" = false } }
"""


class Installed:
    """The frozen distribution in a folder of its own, beside this kernel, and a pipeline that uses all of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        site = folder / "site"
        install = ["uv", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", sys.executable]
        subprocess.run([*install, "--target", str(site), str(FROZEN)], check=True)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH")))),
            "PYTHONWARNINGS": "error::DeprecationWarning:acme_first",
        }
        (folder / "ledger.conf").write_text(PIPELINE)

    def ppf(self, *arguments: str, exit_code: int = 0) -> dict[str, object]:
        """The document of one command."""
        command = [str(Path(sys.executable).with_name("ppf")), *arguments, "--json"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == exit_code, done.stdout + done.stderr
        document: dict[str, object] = json.loads(done.stdout)
        return document


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("downstream"))


def test_nobody_changes_what_authors_wrote() -> None:
    found = hashlib.sha256()
    for path in sorted(FROZEN.rglob("*")):
        if path.is_file() and path.suffix in (".py", ".toml"):
            found.update(path.relative_to(FROZEN).as_posix().encode() + b"\0" + path.read_bytes())
    assert found.hexdigest() == DIGEST, "acme-first is frozen. Change the kernel, or write another distribution beside it."


def test_all_its_plugins_are_ready(installed: Installed) -> None:
    plugins = installed.ppf("plugins", "list")["plugins"]
    assert isinstance(plugins, list)
    states = {(each["group"], each["name"]): each["state"] for each in plugins if each["distribution"] == "acme-first"}
    assert states == {
        ("checks", "at_least"): "ready",
        ("checks", "even"): "ready",
        ("commands", "ledger.total"): "ready",
        ("hooks", "diary"): "ready",
        ("secrets", "strongbox"): "ready",
        ("sinks", "ledger"): "ready",
        ("sinks", "told"): "ready",
        ("sources", "ledger"): "ready",
        ("transforms", "doubled"): "ready",
    }


def test_its_pipeline_runs_and_its_hook_hears_of_it(installed: Installed) -> None:
    run = installed.ppf("run", "ledger.conf")
    assert run["status"] == "success"
    assert json.loads((installed.folder / "ledger.json").read_text()) == [[1, 4], [3, 8]]
    assert (installed.folder / "count.txt").read_text() == "2"
    assert not list((installed.folder / ".ledger.json.staged").iterdir())
    diary = (installed.folder / "diary.txt").read_text().splitlines()
    assert (diary[0], diary[-1]) == ("start ledger", "end success")
    assert {"ledger even warned 2", "doubled at_least passed None", "kept success", "told success"} <= set(diary)
    assert installed.ppf("ledger", "total", "ledger.json")["total"] == 12
    # The cursor has moved: nothing is new, so the check of the total fails, and what was published stays.
    installed.ppf("run", "ledger.conf", exit_code=4)
    assert json.loads((installed.folder / "ledger.json").read_text()) == [[1, 4], [3, 8]]


def test_its_mistakes_are_located(installed: Installed) -> None:
    found = installed.ppf("validate", "ledger.conf", "--set", "components.ledger.options.maximum=-1", exit_code=2)
    assert "A limit is not below 0, but it is -1." in json.dumps(found)
