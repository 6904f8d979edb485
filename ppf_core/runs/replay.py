"""What lies in quarantine, and that nobody runs it again twice.

Rows that were replayed are marked: the mark is a cursor of the component, so it moves with the publishing of what is good now,
whatever happens in between.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from ppf_core.errors import ConfigError, RunLocked, suggestion
from ppf_core.planning.roles import is_quarantine, origin_of_quarantine
from ppf_core.quality.quarantine import mark
from ppf_core.quality.replay import Quarantined
from ppf_core.state.cursors import Cursors
from ppf_core.state.journal import Journal
from ppf_core.state.store import RunRecords
from ppf_core.storage.state_files import state_files


def find_quarantined(store: RunRecords, run_id: str | None = None, pipeline: str | None = None) -> list[Quarantined]:
    """What lies in quarantine, the oldest run first; of one run or of one pipeline when it is named."""
    if run_id is not None:
        store.folder(run_id)  # an unknown run is a mistake
    runs = [run["run_id"] for run in store.list(pipeline) if run_id in (None, run["run_id"])]
    journals = [journal for each in runs if (journal := store.journal(each)) is not None]
    return [found for journal in journals for found in quarantined_in(store, journal)]


def quarantined_in(store: RunRecords, journal: Journal) -> Iterator[Quarantined]:
    """What one run has set apart and shown."""
    marks = Cursors(store.state_dir, journal.pipeline).read()
    for write in journal.writes.values():
        if is_quarantine(write.component) and write.state == "published" and write.ticket is not None:
            name = origin_of_quarantine(write.component)
            rows, by = write.ticket.get("rows"), marks.get(name, {}).get(mark(journal.run_id))
            count = int(rows) if rows is not None else None
            yield Quarantined(journal.run_id, journal.pipeline, name, count, by, write.ticket["target"], str(journal.source))
    for name, apart in journal.quarantine.items():
        by = marks.get(name, {}).get(mark(journal.run_id))
        yield Quarantined(journal.run_id, journal.pipeline, name, apart.rows, by, apart.path, str(journal.source))


def chosen(found: list[Quarantined], run_id: str, component: str | None) -> Quarantined:
    """The one that a person means; ConfigError when there is none, or several."""
    if not found:
        raise ConfigError(f"The run {run_id!r} has no rows in quarantine.", hint="See `ppf quarantine list`.")
    names = [each.component for each in found]
    if component is None and len(found) > 1:
        hint = f"Name one with --component: {', '.join(names)}."
        raise ConfigError(f"The run {run_id!r} has quarantined rows of {len(names)} components.", hint=hint)
    if component is not None and component not in names:
        hint = suggestion(component, names)
        raise ConfigError(f"The run {run_id!r} has no quarantined rows of {component!r}.", hint=hint)
    return found[names.index(component) if component is not None else 0]


@contextmanager
def replayed_alone(store: RunRecords, rows: Quarantined) -> Iterator[None]:
    """Nobody else replays rows of this run at the same time. RunLocked when somebody does, ConfigError when it was done."""
    if rows.replayed_by is not None:
        message = (
            f"The quarantined rows of {rows.component!r} of the run {rows.run_id!r} were replayed by {rows.replayed_by!r}."
        )
        raise ConfigError(message, hint="What was bad again lies in quarantine under that run.")
    lock = state_files().open_lock(store.folder(rows.run_id) / "replay.lock")
    try:
        if not lock.try_lock():
            hint = "Wait for it, and look at `ppf quarantine list`."
            raise RunLocked(f"Another process replays rows of the run {rows.run_id!r}.", hint=hint)
        yield
    finally:
        lock.close()
