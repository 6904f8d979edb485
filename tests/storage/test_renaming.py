"""Renames that never replace, with the call that Linux has for it and without it."""

from pathlib import Path

import pytest

from ppf_core.storage import renaming
from ppf_core.storage.renaming import exchange, rename_new


@pytest.fixture(params=["renameat2", "older"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A system that has the call, and one that does not, or a file system that does not know its flags."""
    if request.param == "older":
        monkeypatch.setattr(renaming, "_system_call", lambda: None)
    return str(request.param)


def filled(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "file").write_text(text)
    return folder


def test_a_free_name_is_taken_by_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("text")
    rename_new(tmp_path / "one", tmp_path / "two")
    rename_new(filled(tmp_path / "three", "more"), tmp_path / "four")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["four", "two"]
    assert ((tmp_path / "two").read_text(), (tmp_path / "four" / "file").read_text()) == ("text", "more")


def test_what_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    filled(tmp_path / "folder", "mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "new").write_text("new")
    filled(tmp_path / "news", "new")
    for source in ("new", "news"):
        for target in ("file", "folder", "empty", "link"):
            with pytest.raises(FileExistsError):
                rename_new(tmp_path / source, tmp_path / target)
    assert ((tmp_path / "file").read_text(), (tmp_path / "folder" / "file").read_text()) == ("mine", "mine")
    assert (tmp_path / "empty").is_dir()
    assert (tmp_path / "link").is_symlink()


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        rename_new(tmp_path / "nothing", tmp_path / "two")


def test_an_exchange_happens_as_a_whole_or_not_at_all(tmp_path: Path, system: str) -> None:
    one, other = filled(tmp_path / "one", "1"), filled(tmp_path / "other", "2")
    assert exchange(one, other) is (system == "renameat2")
    found = (one / "file").read_text(), (other / "file").read_text()
    assert found == (("2", "1") if system == "renameat2" else ("1", "2"))
