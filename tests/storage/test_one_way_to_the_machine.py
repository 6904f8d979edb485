"""Nothing of the kernel asks the machine for time, threads or files but `threads` and `storage`, so that a test can be both."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ppf_core

KERNEL = Path(ppf_core.__file__).parent
# `jvm`, `spark`, `cli` and `verbs` are what a simulation replaces or leaves out; `testing` is for tests.
ELSEWHERE = ("threads.py", "storage", "jvm", "spark", "cli", "verbs", "testing")
# The first two guard what is one in the whole process, and start nothing; the third asks the files of `storage`.
ALLOWED = {
    "contracts/module_folder.py": ["imports threading"],
    "secrets/logs.py": ["imports threading"],
    "streams/lease.py": ["uses touch"],
}
MODULES = {"fcntl", "multiprocessing", "queue", "sched", "shutil", "signal", "threading", "time", "_thread"}
CHANGES = {
    *("chmod", "hardlink_to", "makedirs", "mkdir", "mkdtemp", "mkstemp", "NamedTemporaryFile", "removedirs", "rename", "rmdir"),
    *("rmtree", "symlink_to", "TemporaryFile", "touch", "truncate", "unlink", "write_bytes", "write_text"),
}
OF_OS = {"link", "remove", "replace", "symlink", "write"}
WRITING = {"a", "ab", "r+", "r+b", "w", "w+", "w+b", "wb", "x", "xb"}
FLAGS = {"O_APPEND", "O_CREAT", "O_RDWR", "O_TRUNC", "O_WRONLY"}


def modules() -> list[Path]:
    return sorted(path for path in KERNEL.rglob("*.py") if path.relative_to(KERNEL).parts[0] not in ELSEWHERE)


def ways_around(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"imports {each.name}" for each in names if each.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in MODULES:
                yield f"imports from {module}"
            case ast.Attribute(attr=name) if name in CHANGES | FLAGS:
                yield f"uses {name}"
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in OF_OS:
                yield f"uses os.{name}"
            case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today", value=ast.Name() | ast.Attribute() as owner)):
                if "datetime" in ast.unparse(owner):
                    yield f"asks {ast.unparse(owner)} for the time"
            case ast.Call(func=ast.Name(id="open") | ast.Attribute(attr="open")):
                modes = [
                    each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
                ]
                yield from (f"opens with {mode!r}" for mode in modes if mode in {"w", "wb", "a", "ab", "x", "xb", "r+b", "w+b"})


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(KERNEL)))
def test_a_module_goes_no_way_of_its_own(path: Path) -> None:
    assert list(ways_around(ast.parse(path.read_text(encoding="utf-8")))) == ALLOWED.get(str(path.relative_to(KERNEL)), [])


@pytest.mark.parametrize(
    "text",
    [
        "import threading",
        "from time import sleep",
        "path.write_text('x')",
        "Path('x').open('ab')",
        "os.replace(a, b)",
        "os.open(a, os.O_RDWR)",
        "datetime.datetime.now(datetime.UTC)",
    ],
)
def test_ways_around_are_found(text: str) -> None:
    assert list(ways_around(ast.parse(text)))
