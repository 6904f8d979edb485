"""Files as secrets: what is read, and that no key leads out of the folder."""

import os
from pathlib import Path

import pytest
from ppf_secrets_file.file import FileBackend

from ppf_core.errors import ConfigError
from ppf_core.testing import build


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """A folder as Kubernetes mounts it: links to `..data`, which is a link to a folder that is exchanged as a whole."""
    folder = tmp_path / "mounted"
    _mount(folder, "..2024_01", "first")
    (folder / "password").symlink_to("..data/password")
    return folder


def _mount(folder: Path, name: str, password: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "password").write_text(f"{password}\n")
    fresh = folder / "..data_tmp"
    fresh.symlink_to(name)
    fresh.replace(folder / "..data")


def fetch(folder: Path, key: str, field: str | None = None) -> str:
    return build(FileBackend, directory=str(folder)).fetch(key, field)


def test_a_key_is_a_path_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "password").write_text("s3cret")
    assert fetch(tmp_path, "db/password") == "s3cret"


def test_links_inside_the_folder_are_followed(mounted: Path) -> None:
    assert fetch(mounted, "password") == "first"


def test_what_kubernetes_exchanges_is_seen_at_once(mounted: Path) -> None:
    backend = build(FileBackend, directory=str(mounted))
    before = backend.fetch("password", None)
    _mount(mounted, "..2024_02", "second")
    assert (before, backend.fetch("password", None)) == ("first", "second")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("s\n", "s"),
        ("s\r\n", "s"),
        ("s\n\n", "s\n"),
        ("s", "s"),
        ("a\nb\n", "a\nb"),
        ("a\0b\n", "a\0b"),
        ("s\r", "s\r"),
        ("", ""),
    ],
)
def test_one_final_newline_is_lost(tmp_path: Path, text: str, value: str) -> None:
    (tmp_path / "s").write_bytes(text.encode())
    assert fetch(tmp_path, "s") == value


def test_a_field_is_taken_out_of_a_json_object(tmp_path: Path) -> None:
    (tmp_path / "db").write_text('{"user": "ada", "password": "s3cret"}\n')
    assert fetch(tmp_path, "db", "user") == "ada"


@pytest.mark.parametrize("text", ['{"user": "s3cret"}', "s3cret"])
def test_a_missing_field_is_named_and_the_value_is_not(tmp_path: Path, text: str) -> None:
    (tmp_path / "db").write_text(text)
    with pytest.raises(LookupError, match="'password'") as caught:
        fetch(tmp_path, "db", "password")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("key", ["../outside", "/etc/hostname", "db/../../outside", "link", "folder-link/outside", "chain"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "mounted"
    (folder / "db").mkdir(parents=True)
    (tmp_path / "outside").write_text("s3cret")
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "folder-link").symlink_to(tmp_path)
    (folder / "chain").symlink_to("link")
    with pytest.raises(PermissionError, match="leads out of the folder"):
        fetch(folder, key)


def test_a_folder_that_is_a_link_itself_is_the_folder(tmp_path: Path, mounted: Path) -> None:
    (tmp_path / "link").symlink_to(mounted)
    assert fetch(tmp_path / "link", "password") == "first"


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=rf"There is no file 'db' in the folder '{tmp_path}'"):
        fetch(tmp_path, "db")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="does not exist"):
        fetch(tmp_path / "nowhere", "db")


def test_links_that_lead_to_each_other_are_no_secret(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(LookupError, match="lead nowhere"):
        fetch(tmp_path, "a")


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    with pytest.raises(LookupError, match="not a file"):
        fetch(tmp_path, "db")


def test_a_key_below_a_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("s")
    with pytest.raises(LookupError, match="below another file"):
        fetch(tmp_path, "db/password")


def test_a_pipe_that_nobody_writes_to_does_not_hold_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LookupError, match="not a file"):
        fetch(tmp_path, "pipe")


def test_bytes_that_are_no_text_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"s3cret\xff")
    with pytest.raises(LookupError, match="not UTF-8") as caught:
        fetch(tmp_path, "key")
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_far_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "disk").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(LookupError, match="longer than 1 MiB"):
        fetch(tmp_path, "disk")


def test_no_file_stays_open(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("s")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        fetch(tmp_path, "s")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_folder_of_another_file_system_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="not a local file"):
        build(FileBackend, directory="s3a://bucket/secrets")
