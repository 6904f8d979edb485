"""The file of the trail: whole lines, whoever writes; nothing lost when it is rotated."""

import json
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ppf_audit.trail import Trail

MANY = 10_000  # backups, more than any test makes


def trail(path: Path, *, fsync: bool = False, max_bytes: int | None = None, backups: int = MANY) -> Trail:
    return Trail(path, fsync=fsync, max_bytes=max_bytes, backups=backups)


def files(path: Path) -> list[Path]:
    """The trail and its backups, the oldest first."""
    return [*sorted(path.parent.glob(f"{path.name}.*"), key=lambda each: -int(each.suffix[1:])), path]


def lines(path: Path) -> list[str]:
    return [line for file in files(path) for line in file.read_text().splitlines()]


def write_many(path: Path, writer: int, count: int, max_bytes: int) -> None:
    """What one process of the test below does: lines of all lengths, a few of them far longer than a page."""
    own = trail(path, max_bytes=max_bytes)
    for number in range(count):
        length = 20_000 if number % 50 == 49 else number * 7 % 300
        own.append(json.dumps({"writer": writer, "number": number, "filling": "x" * length}).encode() + b"\n")
    own.close()


def test_no_line_of_several_processes_that_write_and_rotate_at_once_is_lost_or_torn(tmp_path: Path) -> None:
    path, writers, count = tmp_path / "audit.jsonl", 4, 250
    fresh = multiprocessing.get_context("spawn")
    processes = [fresh.Process(target=write_many, args=(path, writer, count, 5_000)) for writer in range(writers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * writers
    found = [json.loads(line) for line in lines(path)]
    assert len(files(path)) > 40
    assert Counter(line["writer"] for line in found) == dict.fromkeys(range(writers), count)
    for writer in range(writers):
        assert [line["number"] for line in found if line["writer"] == writer] == list(range(count))


def test_two_trails_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    threads = [threading.Thread(target=write_many, args=(path, writer, 200, 2_000)) for writer in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [json.loads(line) for line in lines(path)]
    assert Counter(line["writer"] for line in found) == {0: 200, 1: 200, 2: 200}


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=30), max_size=30),
    max_bytes=st.integers(1, 80),
)
def test_rotation_keeps_every_line_in_its_order_and_the_size_of_every_file(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], max_bytes: int
) -> None:
    path = tmp_path_factory.mktemp("trail") / "audit.jsonl"
    own = trail(path, max_bytes=max_bytes)
    for text in texts:
        own.append(f"{text}\n".encode())
    own.close()
    assert (lines(path) if texts else []) == texts
    sizes = [(file.stat().st_size, file.read_text().count("\n")) for file in files(path) if file.exists()]
    assert all(size <= max_bytes or count == 1 for size, count in sizes)


def test_only_so_many_backups_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    own = trail(path, max_bytes=1, backups=2)
    for number in range(6):
        own.append(f"{number}\n".encode())
    own.close()
    assert {file.name: file.read_text() for file in files(path)} == {
        "audit.jsonl": "5\n",
        "audit.jsonl.1": "4\n",
        "audit.jsonl.2": "3\n",
    }


def test_every_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    before = os.umask(0)
    try:
        own = trail(path, max_bytes=1, backups=2)
        for _ in range(4):
            own.append(b"line\n")
        own.close()
    finally:
        os.umask(before)
    assert [stat.S_IMODE(file.stat().st_mode) for file in files(path)] == [0o600] * 3


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "audit.jsonl"
    own = trail(path, fsync=True)
    own.append(b"line\n")
    own.close()
    assert path.read_text() == "line\n"


def test_a_file_that_another_program_renamed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    own = trail(path)
    own.append(b"first\n")
    path.rename(tmp_path / "yesterday")
    own.append(b"second\n")
    own.close()
    assert (tmp_path / "yesterday").read_text() == "first\n"
    assert path.read_text() == "second\n"


def test_a_line_after_one_that_a_power_cut_tore_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'whole\n{"time": "2024-')
    own = trail(path)
    own.append(b"next\n")
    own.close()
    assert path.read_text().splitlines() == ["whole", '{"time": "2024-', "next"]


def test_a_full_disk_leaves_only_whole_lines(tmp_path: Path) -> None:
    # A limit on the size of files stands for the end of the disk: the write that reaches it is cut short, the next one fails.
    program = """
import resource, sys
from pathlib import Path
from ppf_audit.trail import Trail
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
trail = Trail(Path(sys.argv[1]), fsync=True, max_bytes=None, backups=1)
trail.append(b"a" * 59 + b"\\n")
try:
    trail.append(b"b" * 59 + b"\\n")
except OSError as error:
    print(error)
trail.append(b"c" * 9 + b"\\n")
"""
    path = tmp_path / "audit.jsonl"
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert path.read_text().splitlines() == ["a" * 59, "c" * 9]
    assert f"The audit trail {str(path)!r} cannot be written: File too large." in done.stdout


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """What has been brought to the disk: the name, and of a file what it held."""
    found: list[tuple[str, bytes]] = []
    really = os.fsync

    def noted(file: int) -> None:
        path = Path(f"/proc/self/fd/{file}").resolve()
        found.append((path.name, path.read_bytes() if path.is_file() else b""))
        really(file)

    monkeypatch.setattr(os, "fsync", noted)
    return found


@pytest.mark.parametrize(("fsync", "names"), [(True, ["audit", "logs", "audit.jsonl"]), (False, [])])
def test_a_new_folder_its_file_and_each_line_are_on_disk_with_fsync(
    fsync: bool, names: list[str], tmp_path: Path, synced: list[tuple[str, bytes]]
) -> None:
    (tmp_path / "audit").mkdir()
    own = trail(tmp_path / "audit" / "logs" / "audit.jsonl", fsync=fsync)
    own.append(b"line\n")
    own.close()
    assert [name for name, _ in synced] == names


def test_several_lines_go_to_disk_at_once_and_only_when_there_are_new_ones(
    tmp_path: Path, synced: list[tuple[str, bytes]]
) -> None:
    own = trail(tmp_path / "audit.jsonl", fsync=True)
    own.append(b"one\n")
    own.append(b"two\n")
    own.sync()
    own.sync()
    own.close()
    assert synced[1:] == [("audit.jsonl", b"one\ntwo\n")]


def test_what_is_not_on_disk_yet_goes_there_before_the_file_is_left_for_a_new_one(
    tmp_path: Path, synced: list[tuple[str, bytes]]
) -> None:
    own = trail(tmp_path / "audit.jsonl", fsync=True, max_bytes=8)
    for line in (b"one\n", b"two\n", b"three\n"):
        own.append(line)
    own.close()
    files = [(name, text) for name, text in synced if text]
    assert files == [("audit.jsonl.1", b"one\ntwo\n"), ("audit.jsonl", b"three\n")]


def test_a_path_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"The audit trail '.*/file/audit.jsonl' cannot be written: .* correct 'path'\."):
        trail(tmp_path / "file" / "audit.jsonl").append(b"line\n")
