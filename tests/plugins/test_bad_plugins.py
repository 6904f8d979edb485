"""Every way in which a plugin can be bad: the doctor names its distribution, the line, what is wrong, and what mends it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HEAD = "from ppf_core import Context, Hooks, NoOptions, Sink, Source, StagedSink, hookimpl, option, options\n\n\n"


def source(body: str, before: str = "") -> str:
    return f"{HEAD}{before}class Bad(Source[NoOptions]):\n{body}\n"


READS = "    def read(self, context):\n        return context.spark.range(1)"


@dataclass(frozen=True)
class Bad:
    """A distribution `acme-NAME` with the module `acme_NAME`. told: what its check says. line: of its module, if one is."""

    code: str
    told: str
    line: int | None = None
    status: str = "error"
    group: str = "sources"
    entry: str = ""
    hint: str = "pip install --upgrade --force-reinstall acme-"


BAD = {
    "arguments": Bad(source("    def read(self):\n        return None"), "which is called as read(self, context)", 5),
    "waiting": Bad(source("    async def read(self, context):\n        return None"), "has an async method read", 5),
    "attribute": Bad(source("    read = None"), "has read, a NoneType that must be a method", 4),
    "abstract": Bad(source("    pass"), "does not define read. Define what Source leaves open.", 4),
    "mutable": Bad(
        source(READS, before="@options\nclass Some:\n    names: list[str] = option('Names.', default=[])\n\n\n"),
        "mutable default <class 'list'> for field names is not allowed: use default_factory",
        4,
    ),
    "hook": Bad(
        f"{HEAD}class Bad(Hooks[NoOptions]):\n    @hookimpl\n    def ppf_pipline_end(self, run, result):\n        pass\n",
        "implements an unknown hook 'ppf_pipline_end'",
        5,
        group="hooks",
    ),
    "unmarked": Bad(
        f"{HEAD}class Bad(Hooks[NoOptions]):\n    def ppf_pipline_end(self, run, result):\n        pass\n",
        "Did you mean 'ppf_pipeline_end'?",
        5,
        group="hooks",
    ),
    "spaces": Bad(source(READS), "The name 'acme spaces' of its entry point has other characters", None, entry="acme spaces"),
    "printing": Bad(
        source(READS, before="print('hello')\n\n\n"),
        "It prints 'hello' while it is imported",
        4,
        status="warning",
        hint="Tell the author",
    ),
    "forking": Bad(source(READS, before="import os\nos.fork()\n\n\n"), "starts another process", 5),
    "leaving": Bad(source(READS, before="raise SystemExit(4)\n\n\n"), "with sys.exit(4)", 4),
    "dying": Bad(
        source(READS, before="import os\nos._exit(5)\n\n\n"), "ended the program with the exit code 5, past Python", None
    ),
    "killed": Bad(
        source(READS, before="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n\n\n"),
        "with the signal 9, past Python",
        None,
    ),
    "torn": Bad("class Bad(:\n", "SyntaxError", 1),
    "raising": Bad(source(READS, before="from missing_library import nothing\n\n\n"), "No module named 'missing_library'", 4),
    "untyped": Bad("", "has no file py.typed", None, status="warning", hint="Ask the author"),
}


@pytest.fixture
def diagnosed(tmp_plugin: Callable[..., Path], tmp_path: Path) -> tuple[int, dict[str, dict[str, Any]], Path]:
    """What the doctor says of all of them at once: exit code, name of a check → the check, and where they lie."""
    site = tmp_path / "site"
    for name, bad in BAD.items():
        module = f"acme_{name}"
        offers = {f"{bad.group}.{bad.entry or module}": f"{module}:Bad"}
        files = {f"{module}.py": bad.code}
        if name == "untyped":
            files = {f"{module}/__init__.py": source(READS)}
        tmp_plugin(offers, files, name=f"acme-{name}")
    tmp_plugin({"sources.csv": "acme_shadow:Bad"}, {"acme_shadow.py": source(READS)}, name="acme-shadow")
    tmp_plugin({"sources.acme_lost": "acme_lost:Bad"}, {"acme_lost.py": source(READS)}, name="acme-lost")
    (site / "acme_lost-1.0.dist-info" / "METADATA").unlink()
    environment = {**os.environ, "PPF_PLUGINS_OFF": "ppf-files"}
    ppf = Path(sys.executable).with_name("ppf")
    done = subprocess.run([ppf, "plugins", "doctor", "--json"], env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)["checks"]}, site


def test_each_bad_plugin_is_told_with_its_distribution_its_line_and_what_mends_it(
    diagnosed: tuple[int, dict[str, dict[str, Any]], Path],
) -> None:
    code, checks, site = diagnosed
    assert code == 3
    for name, bad in BAD.items():
        module = f"acme_{name}"
        key = "acme-untyped 1.0" if name == "untyped" else f"acme-{name}:{bad.group}.{bad.entry or module}"
        check = checks[key]
        assert (check["status"], bad.told in check["message"]) == (bad.status, True), check
        places = re.findall(rf"{site}/{module}\.py:(\d+)", check["message"])
        assert set(places) == ({str(bad.line)} if bad.line else set()), check
        assert bad.hint in check["hint"], check
    assert "'acme_raising:Bad' failed" in checks["acme-raising:sources.acme_raising"]["message"]
    assert "Cause: ModuleNotFoundError" in checks["acme-raising:sources.acme_raising"]["message"]


def test_a_name_of_ours_and_a_distribution_without_metadata_are_told(
    diagnosed: tuple[int, dict[str, dict[str, Any]], Path],
) -> None:
    _, checks, _ = diagnosed
    shadow, lost = checks["acme-shadow:sources.csv"], checks["acme-lost:sources.acme_lost"]
    assert (shadow["status"], "a plugin of ppf-files" in shadow["message"]) == ("warning", True), shadow
    assert (lost["status"], "METADATA" in lost["message"]) == ("error", True), lost
