"""What lies in a file: whole and of this run, or refused with its path and what to do."""

import datetime
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ppf_checkpoint.saved import CheckpointFile, encode

from ppf_core import Checkpoint, CheckpointRefused, RunInfo

NOON = datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)
RUN = RunInfo(
    run_id="r1",
    pipeline="flights",
    version="1.0",
    environment="dev",
    mode="batch",
    tags={},
    started_at=NOON,
    record_path="/state/runs/r1/record.jsonl",
)
SAVED = Checkpoint(run_id="r1", pipeline="flights", saved_at=NOON, components={"late": '{"kept": true}', "out": "{}"})
WHOLE = encode(SAVED)
PATH = Path("/state/checkpoints/r1.json")


def load(data: bytes) -> Checkpoint:
    return CheckpointFile(PATH, data, RUN).checkpoint()


def changed(**values: Any) -> bytes:
    """A checkpoint with some of its values exchanged, written as one is."""
    return json.dumps({**json.loads(WHOLE), **values}, sort_keys=True, separators=(",", ":")).encode()


def test_a_whole_file_is_the_checkpoint_that_was_saved() -> None:
    assert load(WHOLE) == SAVED


def test_a_file_that_was_torn_at_any_length_is_refused() -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(CheckpointRefused, match="is empty" if length == 0 else "is torn or damaged"):
            load(WHOLE[:length])


def test_a_file_with_any_bit_flipped_is_refused() -> None:
    for position in range(8 * len(WHOLE)):
        damaged = bytearray(WHOLE)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(CheckpointRefused):
            load(bytes(damaged))


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, len(WHOLE)), inserted=st.binary(min_size=1, max_size=20))
def test_a_file_with_anything_more_in_it_is_refused(position: int, inserted: bytes) -> None:
    with pytest.raises(CheckpointRefused):
        load(WHOLE[:position] + inserted + WHOLE[position:])


@pytest.mark.parametrize(
    ("data", "finding", "advice"),
    [
        (b"", "is empty", "Put back a copy"),
        (b" \n\n", "is empty", "run the pipeline from the start"),
        (bytes(4096), "is torn or damaged: it is not JSON", "Put back a copy"),
        (b"\xff\xfe{}", "is torn or damaged: it is not JSON", "Put back a copy"),
        (b"[" * 200_000, "is torn or damaged: it is not JSON", "Put back a copy"),
        (b"[1]", "is no checkpoint: it holds a list, not an object", "Name another folder in hooks.checkpoint.directory"),
        (b"{}", "is no checkpoint: its format is None, not 'ppf-checkpoint'", "Name another folder"),
        (changed(format="spark"), "is no checkpoint: its format is 'spark'", "Name another folder"),
        (changed(version=2), "has version 2, and this ppf-checkpoint reads up to version 1", "pip install --upgrade"),
        (changed(version="2"), "is damaged: its version is '2'", "Put back a copy"),
        (changed(version=True), "is damaged: its version is True", "Put back a copy"),
        (changed(version=0), "is damaged: its version is 0", "Put back a copy"),
        (changed(content=None), "is damaged: a part of it is missing", "Put back a copy"),
        (changed(content={"run_id": "r1"}), "is damaged: a part of it is missing", "Put back a copy"),
        (changed(sha256="0" * 64), "is damaged: its content does not fit its checksum", "Put back a copy"),
        (changed(more=1), "is damaged: its content does not fit its checksum", "Put back a copy"),
        (encode(replace(SAVED, run_id="r2")), "belongs to the run 'r2', not to 'r1'", "Name another folder"),
        (encode(replace(SAVED, pipeline="trains")), "belongs to the pipeline 'trains', not to 'flights'", "move the file away"),
    ],
)
def test_what_cannot_be_resumed_from_says_what_it_is_where_it_lies_and_what_to_do(
    data: bytes, finding: str, advice: str
) -> None:
    with pytest.raises(CheckpointRefused, match=re.escape(finding)) as refused:
        load(data)
    assert refused.value.message.startswith(f"The checkpoint '{PATH}' of the run 'r1' ")
    assert refused.value.message.endswith(".")
    assert advice in (refused.value.hint or "")
    assert refused.value.exit_code == 5
