"""The files of circuit breakers: whose they are, and what is said when one cannot be used."""

import fcntl
import json
import re
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ppf_core.errors import RunError
from ppf_core.pipeline.breaker_file import BreakerFile, BreakerInfo, Probe

OPEN = BreakerInfo("flights", "out", "half_open", failures=3, opened_at=1000.0, probe=Probe("a1", "here", 42, 1060.0))


@pytest.fixture
def file(tmp_path: Path) -> BreakerFile:
    """The file of a breaker that somebody tries."""
    file = BreakerFile(tmp_path / "breakers", "flights", "out", patience=0.2)
    with file.changing():
        file.write(OPEN)
    return file


def test_what_was_written_is_read(file: BreakerFile) -> None:
    assert file.read() == OPEN


def test_what_was_removed_is_gone_with_its_probe(file: BreakerFile) -> None:
    with file.changing():
        file.hold_probe().close()
        file.remove()
    assert file.read() is None
    assert [path.name for path in file.path.parent.iterdir()] == ["lock"]


NO_STATES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a list": lambda values: [values],
    "a number": lambda values: 7,
    "another format": lambda values: {**values, "format": 2},
    "no format": lambda values: {"state": "open"},
    "a key too many": lambda values: {**values, "more": 1},
    "another state": lambda values: {**values, "state": "ajar"},
    "failures as text": lambda values: {**values, "failures": "3"},
    "failures below none": lambda values: {**values, "failures": -1},
    "no time": lambda values: {**values, "opened_at": None},
    "a time as text": lambda values: {**values, "opened_at": "now"},
    "a time that is no number": lambda values: {**values, "opened_at": float("nan")},
    "a time out of this world": lambda values: {**values, "probe": {**values["probe"], "since": 1e300}},
    "no time of a closed one": lambda values: {**values, "state": "closed", "opened_at": "now"},
    "no probe": lambda values: {**values, "probe": "me"},
    "another component": lambda values: {**values, "component": "in"},
    "no component": lambda values: {**values, "component": None},
}


@pytest.mark.parametrize("change", NO_STATES.values(), ids=NO_STATES.keys())
def test_a_file_that_no_breaker_wrote_is_named_with_what_to_do(change: Callable[[Any], Any], file: BreakerFile) -> None:
    file.path.write_text(json.dumps(change(json.loads(file.path.read_text()))))
    with pytest.raises(RunError) as raised:
        file.read()
    state_dir = file.path.parents[1]
    assert str(raised.value) == (
        f"The circuit breaker's file '{file.path}' holds no state of a circuit breaker. "
        f"Delete it, or run 'ppf runs breakers --state-dir {state_dir} --reset flights/out'."
    )


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "is empty"),
        (b'{"format": 1, "pipe', "holds no state"),
        (b"\xff\xfe", "holds no state"),
        (b"[" * 100_000, "holds no"),
    ],
    ids=["empty", "torn", "no text", "deep"],
)
def test_a_torn_file_is_named(data: bytes, found: str, file: BreakerFile) -> None:
    file.path.write_bytes(data)
    with pytest.raises(RunError, match=re.escape(f"'{file.path}' {found}")):
        file.read()


def test_pairs_of_names_have_their_own_files_whatever_their_case_and_length(tmp_path: Path) -> None:
    long = "x" * 127
    pairs = [
        *[("flights", "out"), ("flights", "Out"), ("Flights", "out"), ("FLIGHTS", "OUT")],
        *[("a-b", "c"), ("a", "b-c"), ("a.b", "c"), ("..", "c"), ("a+b", "c"), ("a", "b+c"), ("a/b", "c"), ("a_b", "c")],
        *[(long + "a", long + "a"), (long + "a", long + "b"), (long + "b", long + "a")],
    ]
    files = [BreakerFile(tmp_path / "breakers", *pair) for pair in pairs]
    for file, pair in zip(files, pairs, strict=True):
        with file.changing():
            file.write(BreakerInfo(*pair, failures=1))
    assert len({path.name.casefold() for path in (tmp_path / "breakers").glob("*.json")}) == len(pairs)
    assert [(info.pipeline, info.component) for file in files if (info := file.read())] == pairs
    assert [path.name for path in tmp_path.iterdir()] == ["breakers"]


def test_a_process_that_was_stopped_in_a_change_holds_up_nobody_for_ever(file: BreakerFile) -> None:
    lock = file.path.parent / "lock"
    with lock.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(RunError, match=f"Another process holds '{lock}' for more than 0.2 s"), file.changing():
            pass
    with file.changing():
        pass


def test_a_full_disk_is_named_and_leaves_the_file_as_it_was(file: BreakerFile) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(RunError, match=f"in '{file.path.parent}' cannot be written: File too large"), file.changing():
            file.write(BreakerInfo("flights", "out", failures=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.read() == OPEN
    assert sorted(path.name for path in file.path.parent.iterdir()) == [file.path.name, "lock"]


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "breakers").write_text("")
    file = BreakerFile(tmp_path / "breakers", "flights", "out")
    with pytest.raises(RunError, match=r"cannot be read from .*breakers/.*: Not a directory"):
        file.read()
    with pytest.raises(RunError, match=r"breakers' cannot be written: Not a directory"), file.changing():
        pass
