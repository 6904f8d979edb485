"""What the README and the documentation show is true: their blocks are executed, page by page, in the order of the page.

A block with a title is written to the file of that name. `bash` is run; a `text` block right after it shows its output,
where `…` stands for anything. `python` is run in one namespace a page. `hocon` is parsed, and validated where it is a whole
pipeline; files named broken… are wrong on purpose. `shell` is what a reader runs elsewhere, on a cluster say: it is not run.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyhocon import ConfigFactory

from ppf_core.validation.validate import validate_pipeline

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("plugins/*/README.md"))]
FENCE = re.compile(r"^( *)```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page. `place` is where it begins; `adjacent`: nothing parts it from the block before."""

    language: str
    title: str | None
    text: str
    place: str
    adjacent: bool


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    source, last = page.read_text(), -1
    for found in FENCE.finditer(source):
        indent, language, title, text = found.groups()
        line = source.count("\n", 0, found.start()) + 1
        adjacent = not source[last : found.start()].strip() if last >= 0 else False
        last = found.end()
        yield Block(language, title, re.sub(f"^{indent}", "", text, flags=re.MULTILINE), f"{page.name}:{line}", adjacent)


class Reader:
    """Does what a page says, in a folder of the page's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.namespace: dict[str, Any] = {}
        self.output = ""

    def follow(self, block: Block) -> None:
        """Does what one block says."""
        if block.title is not None:
            target = self.folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text)
        action: Callable[[Block], None] | None = getattr(self, block.language, None)
        if action is not None:
            action(block)

    def bash(self, block: Block) -> None:
        """Runs the commands; `# exit code 2` at the end of one says what it exits with."""
        wanted = int(found[1]) if (found := re.search(r"# exit code (\d+)$", block.text.strip())) else 0
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "100",
            "PYTHONPATH": str(self.folder / "site"),
            "PIP_TARGET": str(self.folder / "site"),
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
        }
        command = ["bash", "-euo", "pipefail", "-c", block.text]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        assert done.returncode == wanted, f"{block.place}: exit code {done.returncode}\n{done.stdout}"
        self.output = done.stdout

    def text(self, block: Block) -> None:
        """Compares with the output of the commands before it."""
        if block.adjacent and block.title is None:
            assert matches(block.text, self.output), f"{block.place}: the output is\n{self.output}"

    def python(self, block: Block) -> None:
        """Runs the code; a titled block is a file and only has to compile."""
        code = compile(block.text, block.place, "exec")
        if block.title is None:
            exec(code, self.namespace)  # noqa: S102 -- our own page

    def hocon(self, block: Block) -> None:
        """Validates a pipeline; anything smaller only has to parse."""
        if block.title is not None and Path(block.title).name.startswith("broken"):
            return
        parsed = ConfigFactory.parse_string(block.text, resolve=False)
        if "components" in parsed and "name" in parsed:
            file = self.folder / (block.title or "pipeline.conf")
            file.write_text(block.text)
            validated = validate_pipeline(file)
            assert [str(problem) for problem in validated.problems] == [], block.place


def matches(shown: str, output: str) -> bool:
    """Whether an output is what a page shows of it: `…` alone on a line is any lines, within a line anything."""
    lines = [line.rstrip() for line in output.strip().splitlines()]
    pattern = "\n".join(
        "(?:.*\n)*?.*" if line.strip() == "…" else r"[^\n]*?".join(map(re.escape, line.rstrip().split("…")))
        for line in shown.strip().splitlines()
    )
    return re.fullmatch(pattern, "\n".join(lines)) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_is_true(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: object) -> None:
    # `spark` comes first, so that the Python of a page uses the small session of the tests instead of leaving one of its own.
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))  # where `pip install` puts what a page installs
    reader = Reader(tmp_path)
    for block in blocks(page):
        reader.follow(block)
