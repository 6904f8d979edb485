"""Removing what old runs left: records, checkpoints, frames, forsaken queries, and stages that nobody will publish."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from ppf_core.contracts.paths import local_path
from ppf_core.errors import ConfigError, RunError, RunLocked
from ppf_core.resources.run_resources import RunResources
from ppf_core.runs.recovery import Capture, recover_alone
from ppf_core.runs.replay import quarantined_in
from ppf_core.state.journal import Journal
from ppf_core.state.store import RunRecords
from ppf_core.storage import LocalFiles, scheme
from ppf_core.storage.state_files import state_files
from ppf_core.streams.checkpoints import QueryFolder
from ppf_core.validation.validate import check_writes, validate_pipeline, written_values

What = Literal["stages", "frames", "checkpoint", "query", "record"]


@dataclass(frozen=True)
class Old:
    """One thing that an old run left."""

    run_id: str
    what: What
    place: str


def find_old(
    store: RunRecords, before: datetime.datetime, pipeline: str | None = None, *, with_queries: bool = False
) -> list[Old]:
    """What can be removed of the runs whose last sign of life was before a moment, in the order of removal.

    Nothing of a run that is alive, that has decided to publish and has not done so, or that has rows in quarantine which nobody
    has replayed.

    with_queries: also the checkpoints of queries that the file has no more, as it is without overrides and with the environment
    of this process. Who starts a query with `--set`, or elsewhere, has it still.
    """
    found: list[Old] = []
    for run in store.list(pipeline):
        journal = store.journal(run["run_id"])
        if run["status"] in ("running", "publishing") or journal is None or journal.last_sign >= before:
            continue
        quarantined = list(quarantined_in(store, journal))
        if any(rows.replayed_by is None for rows in quarantined):
            continue  # without its record nobody would find them
        if with_queries:
            found += [Old(journal.run_id, "query", query) for query in _forsaken(journal)]
        found += _left_by(store, journal, [*journal.saved.values(), *(rows.path for rows in quarantined)])
    return found


def remove(store: RunRecords, found: Sequence[Old], capture: Capture) -> None:
    """Removes them. Stages need the plugins that made them, and Spark. RunError names what cannot be removed.

    Passes over a run that goes on by now, or that another process has removed.
    """
    for run_id, things in groupby(found, key=lambda each: each.run_id):
        left = list(things)
        try:
            if any(each.what == "stages" for each in left):
                recover_alone(store, run_id, capture)
            record = store.reopen(run_id)  # held, so that nobody goes on with the run meanwhile
        except RunLocked:
            continue
        except ConfigError:
            if store.journal(run_id) is not None:
                raise
            continue
        try:
            for each in left:
                _remove(store, each)
        finally:
            record.release()


def _remove(store: RunRecords, old: Old) -> None:
    place = Path(old.place)
    try:
        if old.what != "stages":
            (state_files().remove_folder if state_files().is_folder(place) else state_files().remove)(place)
        if old.what == "record":
            store.forget(old.run_id)
    except OSError as error:
        raise RunError(f"{old.place} cannot be removed: {error}.", hint="Make it writable.") from error


def _left_by(store: RunRecords, journal: Journal, frames: Sequence[str]) -> Iterator[Old]:
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


def _forsaken(journal: Journal) -> Iterator[str]:
    """The checkpoints of queries whose last batch was this run's, and which the file of its pipeline has no more.

    None as long as the file cannot be read, or has a mistake: it may have them still.
    """
    if journal.mode != "streaming" or not state_files().exists(journal.source):
        return
    try:
        now = validate_pipeline(journal.source)
    except ConfigError:
        return
    resources = RunResources(check_writes(written_values(journal.file), journal.file, journal.source.parent, ()), ())
    try:
        root = f"{resources.data_dir}/streams/{journal.pipeline}"
        if now.problems or scheme(root) != "file":
            return
        for name in LocalFiles().folders(root):
            folder = QueryFolder(LocalFiles(), resources.data_dir, journal.pipeline, name)
            is_last = folder.journal().run_id == journal.run_id
            if is_last and name not in {query.name for query in now.queries}:
                yield str(local_path(folder.path))
    finally:
        resources.close()
