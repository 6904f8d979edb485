"""The files of the state directory: whole or not at all, held by one process at a time."""

import fcntl
import resource
from pathlib import Path

import pytest

from ppf_core.errors import RunError
from ppf_core.storage.state_files import held_alone, lock_within, state_files


def test_what_does_not_fit_leaves_nothing_of_it(tmp_path: Path) -> None:
    file = state_files().create(tmp_path / "record")
    file.append(b"one\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.append(b"a long line\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    file.append(b"two\n")
    assert state_files().read(tmp_path / "record") == b"one\ntwo\n"


@pytest.mark.parametrize(("data", "is_torn"), [(b"", False), (b"one\n", False), (b'one\n{"tw', True)])
def test_a_file_whose_last_line_has_no_end_is_torn_and_goes_on_at_its_end(data: bytes, is_torn: bool, tmp_path: Path) -> None:
    (tmp_path / "record").write_bytes(data)
    file = state_files().reopen(tmp_path / "record")
    assert file.is_torn() is is_torn
    file.append(b"more\n")
    assert (tmp_path / "record").read_bytes() == data + b"more\n"


def test_a_lock_is_held_until_its_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "record"
    file = state_files().create(path)
    assert not state_files().is_locked(path)
    assert file.try_lock()
    assert state_files().is_locked(path)
    assert not state_files().reopen(path).try_lock()
    file.close()
    assert not state_files().is_locked(path)


def test_whoever_waits_for_a_lock_waits_no_longer_than_the_patience(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not lock_within(state_files().open_lock(path), 0.05)
        with pytest.raises(RunError, match=f"Another process holds '{path}' for more than 0.05 s"), held_alone(path, 0.05):
            pass
    with held_alone(path, 0.05), pytest.raises(RunError), held_alone(path, 0.05):
        pass
    assert not state_files().is_locked(path)


def test_what_must_be_new_is_refused_when_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").touch()
    with pytest.raises(FileExistsError):
        state_files().make_new_folder(tmp_path / "a")
    with pytest.raises(FileExistsError):
        state_files().create(tmp_path / "a" / "file")
    with pytest.raises(FileExistsError):
        state_files().open_lock(tmp_path / "a" / "file", is_new=True)


def test_a_mark_comes_with_its_folders_and_goes_alone(tmp_path: Path) -> None:
    state_files().mark(tmp_path / "state" / "unfinished" / "r1")
    assert state_files().names(tmp_path / "state" / "unfinished") == ["r1"]
    for _ in range(2):
        state_files().remove(tmp_path / "state" / "unfinished" / "r1")
    assert state_files().names(tmp_path / "state" / "unfinished") == []
