"""The hook: where it keeps a checkpoint, and that it gives back what was saved."""

import datetime
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ppf_checkpoint.checkpoint import CheckpointHooks
from ppf_checkpoint.saved import encode

from ppf_core import Checkpoint, CheckpointRefused, RunInfo
from ppf_core.plugins.hooks import HookCaller, HookInstance
from ppf_core.testing import build

NOON = datetime.datetime(2024, 3, 1, 12, 30, 15, 123456, tzinfo=datetime.UTC)
SAVED = Checkpoint(run_id="r1", pipeline="flights", saved_at=NOON, components={"late": '{"kept": true}', "out": "{}"})


def run(state_dir: Path, run_id: str = "r1") -> RunInfo:
    return RunInfo(
        run_id=run_id,
        pipeline="flights",
        version="1.0",
        environment="dev",
        mode="batch",
        tags={},
        started_at=NOON,
        record_path=str(state_dir / "runs" / run_id / "record.jsonl"),
    )


def test_what_was_saved_is_loaded_by_another_instance(tmp_path: Path) -> None:
    assert build(CheckpointHooks).ppf_checkpoint_save(run(tmp_path), SAVED) is True
    assert build(CheckpointHooks).ppf_checkpoint_load(run(tmp_path)) == SAVED


def test_the_last_one_saved_is_the_one_that_is_loaded(tmp_path: Path) -> None:
    hooks = build(CheckpointHooks)
    later = replace(SAVED, components={"late": "{}"})
    hooks.ppf_checkpoint_save(run(tmp_path), SAVED)
    hooks.ppf_checkpoint_save(run(tmp_path), later)
    assert hooks.ppf_checkpoint_load(run(tmp_path)) == later


def test_a_run_of_which_nothing_was_saved_has_no_checkpoint(tmp_path: Path) -> None:
    assert build(CheckpointHooks).ppf_checkpoint_load(run(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_lie_in_the_state_directory_one_file_for_each_run(tmp_path: Path) -> None:
    hooks = build(CheckpointHooks)
    hooks.ppf_checkpoint_save(run(tmp_path, "r1"), SAVED)
    hooks.ppf_checkpoint_save(run(tmp_path, "r2"), replace(SAVED, run_id="r2"))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [
        "checkpoints/r1.json",
        "checkpoints/r2.json",
    ]


def test_the_first_save_removes_what_killed_runs_left(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / ".r0.json.part").write_bytes(b"torn")
    build(CheckpointHooks).ppf_checkpoint_save(run(tmp_path), SAVED)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["r1.json"]


def test_a_directory_is_relative_to_the_pipeline_file(tmp_path: Path) -> None:
    hooks = build(CheckpointHooks, tmp_path / "pipelines", directory="kept")
    hooks.ppf_checkpoint_save(run(tmp_path), SAVED)
    assert [path.name for path in (tmp_path / "pipelines" / "kept").iterdir()] == ["r1.json"]
    assert hooks.ppf_checkpoint_load(run(tmp_path)) == SAVED


def test_its_owner_alone_can_read_a_checkpoint(tmp_path: Path) -> None:
    build(CheckpointHooks).ppf_checkpoint_save(run(tmp_path), SAVED)
    assert stat.S_IMODE((tmp_path / "checkpoints" / "r1.json").stat().st_mode) == 0o600


def test_the_file_names_its_format_its_version_and_its_pipeline(tmp_path: Path) -> None:
    build(CheckpointHooks).ppf_checkpoint_save(run(tmp_path), SAVED)
    document = json.loads((tmp_path / "checkpoints" / "r1.json").read_text())
    assert (document["format"], document["version"], document["content"]["pipeline"]) == ("ppf-checkpoint", 1, "flights")
    assert len(document["sha256"]) == 64


@pytest.mark.parametrize("run_id", ["", ".", "..", "../r1", "a/b", "/etc/r1", "r1\n", "r\0", "ä", "r" * 129])
def test_a_run_id_never_leads_out_of_the_folder(run_id: str, tmp_path: Path) -> None:
    hooks = build(CheckpointHooks, tmp_path, directory="kept")
    with pytest.raises(CheckpointRefused, match="names no checkpoint") as saved:
        hooks.ppf_checkpoint_save(run(tmp_path), replace(SAVED, run_id=run_id))
    with pytest.raises(CheckpointRefused, match="names no checkpoint"):
        hooks.ppf_checkpoint_load(replace(run(tmp_path), run_id=run_id))
    assert saved.value.exit_code == 5
    assert list(tmp_path.iterdir()) == []


def test_the_longest_run_id_has_its_file(tmp_path: Path) -> None:
    longest = "r" * 128
    hooks = build(CheckpointHooks)
    hooks.ppf_checkpoint_save(run(tmp_path, longest), replace(SAVED, run_id=longest))
    assert hooks.ppf_checkpoint_load(run(tmp_path, longest)) == replace(SAVED, run_id=longest)


# Half of a surrogate pair is what a file name that is no UTF-8 becomes in Python.
texts = st.text(st.characters(codec=None, exclude_categories=[]))


@settings(max_examples=100, deadline=None)
@given(components=st.dictionaries(texts, texts, max_size=5), at=st.datetimes(timezones=st.just(datetime.UTC)))
def test_every_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, components: dict[str, str], at: datetime.datetime
) -> None:
    folder = tmp_path_factory.mktemp("state")
    saved = replace(SAVED, components=components, saved_at=at)
    build(CheckpointHooks).ppf_checkpoint_save(run(folder), saved)
    assert build(CheckpointHooks).ppf_checkpoint_load(run(folder)) == saved
    assert encode(saved).isascii()


def test_the_kernel_gets_its_answers(tmp_path: Path) -> None:
    hooks = build(CheckpointHooks)
    caller = HookCaller([HookInstance("checkpoint", hooks, required=False, distribution="ppf-checkpoint", version="0.1.0")])
    assert caller.ask("ppf_checkpoint_load", run=run(tmp_path)) is None
    assert caller.ask("ppf_checkpoint_save", run=run(tmp_path), checkpoint=SAVED) is True
    assert caller.ask("ppf_checkpoint_load", run=run(tmp_path)) == SAVED
    caller.close()
