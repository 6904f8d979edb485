"""Removing what old runs left: their records, checkpoints and frames, and stages that nobody will publish."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ppf_core.contracts.paths import local_path
from ppf_core.errors import ConfigError, RunError
from ppf_core.pipeline.journal import Journal
from ppf_core.pipeline.recovery import Capture, recover_alone
from ppf_core.pipeline.replay import quarantined_in
from ppf_core.pipeline.store import RunStore
from ppf_core.storage.state_files import state_files

What = Literal["stages", "frames", "checkpoint", "record"]


@dataclass(frozen=True)
class Old:
    """One thing that an old run left."""

    run_id: str
    what: What
    place: str


def find_old(store: RunStore, before: datetime.datetime, pipeline: str | None = None) -> list[Old]:
    """What can be removed of the runs whose last sign of life was before a moment, in the order of removal.

    Nothing of a run that is alive, that has decided to publish and has not done so, or that has rows in quarantine which nobody
    has replayed.
    """
    found: list[Old] = []
    for run in store.list(pipeline):
        journal = store.journal(run["run_id"])
        if run["status"] in ("running", "publishing") or journal is None or journal.last_sign >= before:
            continue
        quarantined = list(quarantined_in(store, journal))
        if any(rows.replayed_by is None for rows in quarantined):
            continue  # without its record nobody would find them
        found += _left_by(store, journal, [*journal.saved.values(), *(rows.path for rows in quarantined)])
    return found


def remove(store: RunStore, found: Sequence[Old], capture: Capture) -> None:
    """Removes them. Stages need the plugins that made them, and Spark. RunError names what cannot be removed."""
    for each in found:
        try:
            if each.what == "stages":
                _remove_stages(store, each.run_id, capture)
            elif state_files().is_folder(Path(each.place)):
                state_files().remove_folder(Path(each.place))
            else:
                state_files().remove(Path(each.place))
            if each.what == "record":
                store.forget(each.run_id)
        except OSError as error:
            raise RunError(f"{each.place} cannot be removed: {error}.", hint="Make it writable.") from error


def _remove_stages(store: RunStore, run_id: str, capture: Capture) -> None:
    try:
        recover_alone(store, run_id, capture)
    except ConfigError:
        if store.journal(run_id) is not None:
            raise  # else another process has removed the run meanwhile


def _left_by(store: RunStore, journal: Journal, frames: Sequence[str]) -> Iterator[Old]:
    if journal.open_writes:
        targets = ", ".join(dataset.name for write in journal.open_writes for dataset in write.datasets)
        yield Old(journal.run_id, "stages", f"beside {targets}")
    for frame in frames:
        try:
            folder = local_path(frame)
        except ValueError:
            continue  # a store elsewhere has rules of its own for what is old
        if state_files().exists(folder):
            yield Old(journal.run_id, "frames", str(folder))
    checkpoint = store.state_dir / "checkpoints" / f"{journal.run_id}.json"
    if state_files().exists(checkpoint):
        yield Old(journal.run_id, "checkpoint", str(checkpoint))
    yield Old(journal.run_id, "record", str(journal.folder))
