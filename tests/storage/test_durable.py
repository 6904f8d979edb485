"""Writing so that it survives: the whole of a file or nothing of it."""

import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ppf_core.storage.durable import make_folder, replace_file


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"old")
    replace_file(path, "näw".encode())
    assert path.read_text(encoding="utf-8") == "näw"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_write_one_file_at_once_leave_the_text_of_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    texts = [str(number) * 10_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            list(pool.map(lambda text: replace_file(path, text.encode()), texts))
            assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_for_which_there_is_no_room_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            replace_file(path, b"x" * 11)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_made_with_all_that_is_missing_above_it(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(NotADirectoryError):
            make_folder(folder)
