"""The folder: replaced in one step and durable, whoever is killed or has no room."""

import fcntl
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ppf_checkpoint.folder import CheckpointFolder

from ppf_core import PpfError


def content(number: int) -> bytes:
    """Something long enough that a write of it can be cut."""
    return f"{number:09d}\n".encode() * 3_000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def number_of(data: bytes | None) -> int:
    """The number of a content; nothing but a whole one has any."""
    assert data is not None
    number = int(data[:9])
    assert data == content(number)
    return number


# What the process that is killed does: it writes the next number, and tells that it is on disk.
WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from ppf_checkpoint.folder import CheckpointFolder
for number in itertools.count():
    CheckpointFolder(Path(sys.argv[1])).write("r1", f"{number:09d}\\n".encode() * 3_000)
    print(number, flush=True)
"""


def write_many(path: Path, first: int) -> None:
    for number in range(first, first + 200):
        CheckpointFolder(path).write("r1", content(number))
        number_of(CheckpointFolder(path).read("r1"))


def test_the_content_is_the_one_that_was_written_last(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "a" / "b")
    assert folder.read("r1") is None
    folder.write("r1", b"first")
    folder.write("r1", b"2nd")
    assert folder.read("r1") == b"2nd"
    assert names(folder.path) == ["r1.json"]


def test_a_process_that_is_killed_while_it_saves_leaves_what_it_said_was_saved_or_the_next_one(tmp_path: Path) -> None:
    for kill in range(60):
        process = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, tmp_path], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        time.sleep(kill * 0.0003)
        process.kill()
        said = max(map(int, process.communicate()[0].split()), default=0)
        assert process.returncode == -signal.SIGKILL
        assert number_of(CheckpointFolder(tmp_path).read("r1")) in (said, said + 1)
    assert set(names(tmp_path)) <= {"r1.json", ".r1.json.part"}
    CheckpointFolder(tmp_path).write("r1", content(1))
    assert names(tmp_path) == ["r1.json"]


def test_two_processes_that_save_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    fresh = multiprocessing.get_context("spawn")
    processes = [fresh.Process(target=write_many, args=(tmp_path, first)) for first in (0, 1_000)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert number_of(CheckpointFolder(tmp_path).read("r1")) in (199, 1_199)
    assert names(tmp_path) == ["r1.json"]


def test_the_part_of_a_process_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".r1.json.part").write_bytes(b"x" * 100)
    CheckpointFolder(tmp_path).write("r1", b"whole")
    assert CheckpointFolder(tmp_path).read("r1") == b"whole"
    assert names(tmp_path) == ["r1.json"]


def test_sweeping_removes_the_parts_of_killed_processes_and_leaves_one_that_is_being_written(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path).write("r1", b"whole")
    for name in (".r2.json.part", ".r3.json.part"):
        (tmp_path / name).write_bytes(b"torn")
    with (tmp_path / ".r3.json.part").open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        CheckpointFolder(tmp_path).sweep()
    assert names(tmp_path) == [".r3.json.part", "r1.json"]


def test_two_processes_that_save_while_others_sweep_lose_nothing(tmp_path: Path) -> None:
    fresh = multiprocessing.get_context("spawn")
    processes = [fresh.Process(target=write_many, args=(tmp_path, first)) for first in (0, 1_000)]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        CheckpointFolder(tmp_path).sweep()
    assert [process.exitcode for process in processes] == [0, 0]
    assert names(tmp_path) == ["r1.json"]


def test_a_link_in_the_place_of_the_part_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"somebody's")
    folder = CheckpointFolder(tmp_path / "kept")
    folder.write("r1", b"first")
    (folder.path / ".r1.json.part").symlink_to(outside)
    with pytest.raises(PpfError, match="cannot be written"):
        folder.write("r1", b"second")
    assert (outside.read_bytes(), folder.read("r1")) == (b"somebody's", b"first")


def test_a_full_disk_names_the_file_and_leaves_the_earlier_one(tmp_path: Path) -> None:
    # A limit on the size of files stands for the end of the disk: the write that reaches it is cut short, the next one fails.
    program = """
import resource, sys
from pathlib import Path
from ppf_checkpoint.folder import CheckpointFolder
folder = CheckpointFolder(Path(sys.argv[1]))
folder.write("r1", b"a" * 90)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
try:
    folder.write("r1", b"b" * 200)
except Exception as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"The checkpoint '{tmp_path}/r1.json' cannot be written: File too large." in done.stdout
    assert "Make room there" in done.stdout
    assert CheckpointFolder(tmp_path).read("r1") == b"a" * 90
    assert names(tmp_path) == ["r1.json"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    wanted = re.escape(f"The checkpoint '{tmp_path}/file/kept/r1.json' cannot be written: Not a directory.")
    with pytest.raises(PpfError, match=wanted) as error:
        CheckpointFolder(tmp_path / "file" / "kept").write("r1", b"content")
    assert "hooks.checkpoint.directory" in (error.value.hint or "")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "r1.json").mkdir()
    with pytest.raises(PpfError, match=r"The checkpoint '.*/r1\.json' cannot be read: Is a directory\."):
        CheckpointFolder(tmp_path).read("r1")


def test_the_file_is_on_disk_before_it_takes_its_place_and_its_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, really = tmp_path / "made", os.fsync
    synced: list[tuple[str, bool]] = []

    def noted(file: int) -> None:
        synced.append((Path(f"/proc/self/fd/{file}").readlink().name, (folder / "r1.json").exists()))
        really(file)

    monkeypatch.setattr(os, "fsync", noted)
    CheckpointFolder(folder).write("r1", b"content")
    assert synced == [(tmp_path.name, False), (".r1.json.part", False), ("made", True)]
