"""A file of one pipeline: changed by one process at a time, whole at any time, and what is said when it cannot be used."""

import fcntl
import resource
from pathlib import Path

import pytest

from ppf_core.errors import RunError
from ppf_core.state.pipeline_file import PipelineFile


@pytest.fixture
def file(tmp_path: Path) -> PipelineFile[int]:
    """A file in which each component has a number."""
    file = PipelineFile[int](
        tmp_path / "numbers" / "flights.json",
        format="numbers-1",
        what="numbers",
        load=lambda _name, value: int(value),
        if_foreign="Delete it.",
        if_full="Free space.",
        patience=0.2,
    )
    with file.changing() as found:
        found["out"] = 1
    return file


def test_what_was_changed_is_read(file: PipelineFile[int]) -> None:
    with file.changing() as found:
        found["load"] = 2
    assert file.read() == {"out": 1, "load": 2}


def test_a_change_that_fails_changes_nothing(file: PipelineFile[int]) -> None:
    def change() -> None:
        with file.changing() as found:
            found["out"] = 2
            del found["in"]

    with pytest.raises(KeyError):
        change()
    assert file.read() == {"out": 1}


def test_a_file_of_nothing_is_none(file: PipelineFile[int]) -> None:
    with file.changing() as found:
        found.clear()
    assert file.read() == {}
    assert [path.name for path in file.path.parent.iterdir()] == [".flights.json.lock"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"format": "numbers-1", "comp',
        b"\xff\xfe",
        b"[" * 100_000,
        b"7",
        b'{"components": {}}',
        b'{"format": "numbers-2", "components": {}}',
        b'{"format": "numbers-1", "components": {"out": "one"}}',
    ],
    ids=["empty", "torn", "no text", "deep", "a number", "no format", "another format", "another value"],
)
def test_a_file_of_somebody_else_is_named_and_left_as_it_is(data: bytes, file: PipelineFile[int]) -> None:
    file.path.write_bytes(data)
    with pytest.raises(RunError, match=f"The file {file.path} holds no numbers of ppf: ") as raised:
        file.read()
    assert raised.value.hint == "Delete it."
    with pytest.raises(RunError), file.changing():
        pass
    assert file.path.read_bytes() == data
    file.remove()
    assert file.read() == {}


def test_a_process_that_was_stopped_in_a_change_holds_up_nobody_for_ever(file: PipelineFile[int]) -> None:
    lock = file.path.with_name(".flights.json.lock")
    with lock.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(RunError, match=f"Another process holds '{lock}' for more than 0.2 s"), file.changing():
            pass
    with file.changing():
        pass


def test_a_full_disk_is_named_and_leaves_the_file_as_it_was(file: PipelineFile[int]) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(RunError, match=f"in {file.path} cannot be written: File too large"), file.changing() as found:
            found["out"] = 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.read() == {"out": 1}
    assert sorted(path.name for path in file.path.parent.iterdir()) == [".flights.json.lock", "flights.json"]


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path, file: PipelineFile[int]) -> None:
    file.remove()
    file.path.with_name(".flights.json.lock").unlink()
    file.path.parent.rmdir()
    file.path.parent.write_text("")
    assert file.read() == {}
    with pytest.raises(RunError, match="cannot be written: Not a directory"), file.changing():
        pass
