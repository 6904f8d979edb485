"""The faults strike where they say, and no effect of a run is missed."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from forking import Forked, fork, forked
from injection import FAULTS, Effects, Fault, Struck, injected
from programs import program
from pyspark.sql import SparkSession
from scene import Scene

from ppf_core.storage.renaming import exchange

_SET_PTRACER = 0x59616D61
# The system calls that change what another process sees, or what survives a power cut.
_CALLS = (
    "openat,write,pwrite64,sendfile,copy_file_range,ftruncate,truncate,fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,"
    "rmdir,unlink,unlinkat,link,linkat,symlink,symlinkat,chmod,fchmod,fchmodat,utimensat,setxattr"
)
_KINDS = {
    "pwrite64": "write",
    "rename": "rename",
    "renameat": "rename",
    "mkdirat": "mkdir",
    "linkat": "link",
    "symlinkat": "symlink",
    "fchmodat": "chmod",
    "utimensat": "utime",
}


def struck(folder: Path, act: Callable[[], None], at: int, fault: Fault) -> list[str]:
    """What was done until the fault, as kinds."""
    effects = Effects([str(folder)], at, fault)
    with injected(effects):
        act()
    return [effect.kind for effect in effects.done]


def write_and_rename(folder: Path) -> None:
    with (folder / "part").open("wb", buffering=0) as file:  # a buffer would be written again when the file is closed
        file.write(b"0123456789")
    (folder / "part").rename(folder / "file")


def test_effects_are_counted_by_what_they_do_and_where(tmp_path: Path) -> None:
    def act() -> None:
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / "none").unlink(missing_ok=True)
        write_and_rename(tmp_path / "new")
        exchange(tmp_path / "new", tmp_path / "other")
        shutil.rmtree(tmp_path / "other")

    (tmp_path / "other").mkdir()
    kinds = ["mkdir", "create", "write", "rename", "renameat2", "unlink", "rmdir"]
    assert struck(tmp_path, act, 99, FAULTS["refused"]) == kinds


def test_what_lies_elsewhere_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here and there").mkdir()
    assert struck(tmp_path / "here", lambda: write_and_rename(tmp_path / "here and there"), 0, FAULTS["refused"]) == []


@pytest.mark.parametrize(
    ("fault", "at", "left"),
    [
        ("refused", 0, {}),
        ("failed before", 1, {"part": ""}),
        ("full disk", 1, {"part": "01234"}),
        ("failed after", 1, {"part": "0123456789"}),
        ("failed before", 2, {"part": "0123456789"}),
        ("failed after", 2, {"file": "0123456789"}),
        ("killed before", 1, {"part": ""}),
        ("killed within", 1, {"part": "01234"}),
        ("killed before", 2, {"part": "0123456789"}),
        ("killed after", 2, {"file": "0123456789"}),
    ],
)
def test_a_fault_strikes_before_within_or_after_one_effect(fault: str, at: int, left: dict[str, str], tmp_path: Path) -> None:
    def act() -> int:
        try:
            struck(tmp_path, lambda: write_and_rename(tmp_path), at, FAULTS[fault])
        except (OSError, Struck):
            os._exit(1)  # as it is: to close the file would write out the rest of it
        return 0

    assert forked(act) == (-signal.SIGKILL if fault.startswith("killed") else 1)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == left


def test_a_full_disk_stays_full_but_takes_renames_and_deletes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    with injected(Effects([str(tmp_path)], 0, FAULTS["full disk"])) as effects:
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                (tmp_path / "new").mkdir()
        (tmp_path / "one").rename(tmp_path / "three")
        (tmp_path / "two").unlink()
    assert effects.has_struck
    assert [path.name for path in tmp_path.iterdir()] == ["three"]


def test_what_hadoop_and_sparks_writers_are_asked_is_counted(quiet_spark: SparkSession, tmp_path: Path) -> None:
    jvm = quiet_spark._jvm
    assert jvm is not None
    system = jvm.org.apache.hadoop.fs.FileSystem.getLocal(quiet_spark._jsc.hadoopConfiguration())
    path = jvm.org.apache.hadoop.fs.Path
    with injected(Effects([str(tmp_path)])) as effects:
        quiet_spark.range(1).write.parquet(f"file:{tmp_path}/rows")
        stream = system.create(path(f"{tmp_path}/file"))
        stream.write(b"text")
        stream.close()
        system.rename(path(f"{tmp_path}/file"), path(f"{tmp_path}/other"))
        system.delete(path(f"{tmp_path}/other"), True)
    kinds = ["save", "create", "write", "close", "rename", "delete"]
    assert [effect.kind for effect in effects.done] == [f"java {kind}" for kind in kinds]


def test_no_effect_of_a_run_is_missed(quiet_spark: SparkSession, scene: Scene, tmp_path: Path) -> None:
    """What the system calls of a whole run did is all among what was counted: the harness has no blind spot."""
    tracer = program("strace", "strace")
    assert scene.attempt("run", 1, quiet_spark) == 0

    def act() -> int:
        ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
        while "TracerPid:\t0" in Path("/proc/self/status").read_text():
            time.sleep(0.01)
        with injected(Effects([str(scene.folder)])) as effects:
            code = scene.attempt("run", 2, quiet_spark)
        (tmp_path / "counted.json").write_text(json.dumps([(effect.kind, effect.path) for effect in effects.done]))
        return code

    child = fork(act)
    assert traced(tracer, child, tmp_path / "trace") == 0
    counted = Counter(
        (kind.replace("replace", "rename"), path) for kind, path in json.loads((tmp_path / "counted.json").read_text())
    )
    seen = Counter(effect for file in tmp_path.glob("trace.*") for effect in effects_in(file.read_text(), scene.folder))
    assert seen.total() > 100
    assert seen - counted == Counter()


def traced(tracer: str, child: Forked, trace: Path) -> int:
    """Follows a process and its threads to its end, and says how it ended."""
    command = [tracer, "-ff", "-y", "-qq", "-s", "0", "-e", f"trace={_CALLS}", "-o", str(trace), "-p", str(child.pid)]
    with subprocess.Popen(command) as process:
        code = child.wait()
        process.wait(30)
    return code


def effects_in(trace: str, folder: Path) -> list[tuple[str, str]]:
    """The effects below a folder that a trace of system calls shows."""
    found = []
    for call, arguments, result in re.findall(r"^(\w+)\((.*)\) = (-?\d+)", trace, re.MULTILINE):
        path = seen_path(call, arguments)
        if int(result) < 0 or path is None or not path.startswith(f"{folder}/"):
            continue
        if call == "openat" and not re.search("O_TRUNC|O_EXCL", arguments):
            continue  # without these flags a trace does not tell whether the file was there
        kind = "rmdir" if "AT_REMOVEDIR" in arguments else "create" if call == "openat" else call
        found.append((_KINDS.get(kind, kind.removesuffix("at")), path.removeprefix(f"{folder}/")))
    return found


def seen_path(call: str, arguments: str) -> str | None:
    """The path that a call was about, the last one of two: a name in an open folder, or an open file."""
    named = re.findall(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"', arguments)
    opened = re.match(r"\d+<([^>]*)>", arguments)
    if named:
        folder, name = named[-1]
        return str(os.path.normpath(Path(folder) / name))
    return str(opened.group(1)).removesuffix("(deleted)") if opened else None
