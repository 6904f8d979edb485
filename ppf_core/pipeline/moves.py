"""When cursors move: a slice that a source has read is done with once every enabled sink below it shows its rows.

    advance ── commit, with the sinks that are still to show the slice ── published … ── moved

All sinks of the file count, also those that a run was not asked for: no later run would give them these rows.
"""

from collections.abc import Collection

from ppf_core.pipeline import lines
from ppf_core.pipeline.checked import CheckedPipeline
from ppf_core.pipeline.cursors import Cursors
from ppf_core.pipeline.journal import Journal
from ppf_core.pipeline.lines import Move
from ppf_core.pipeline.record import RunRecord
from ppf_core.pipeline.roles import is_quarantine, quarantined_from


def next_moves(journal: Journal, checked: CheckedPipeline, publishing: Collection[str] = ()) -> list[Move]:
    """The moves that wait for these sinks alone: of sources whose slice all other sinks below them show."""
    found = []
    for source in _open_sources(journal, checked):
        below, sinks = checked.dataflow.below([source]), sinks_below(source, checked)
        if sinks and sinks <= journal.shown.union(publishing):
            folders = [name for name in publishing if is_quarantine(name) and quarantined_from(name) in below]
            waiting = {*folders, *(sinks - journal.shown)}
            writes = [write.id for write in journal.writes.values() if write.component in waiting]
            found.append(Move(source, dict(journal.advanced[source]), writes))
    return found


def held_cursors(journal: Journal, checked: CheckedPipeline) -> dict[str, frozenset[str]]:
    """The sources whose slice some sinks show and others do not, nor will: source → these others."""
    sinks = {source: sinks_below(source, checked) for source in _open_sources(journal, checked)}
    return {
        source: each - journal.shown
        for source, each in sinks.items()
        if source not in journal.moves and each & journal.shown and each - journal.shown
    }


def move_cursors(record: RunRecord, checked: CheckedPipeline, cursors: Cursors) -> None:
    """Moves the cursors of all slices that every sink below shows, also where no commit names them: of unstaged sinks."""
    moves = [move for move in next_moves(record.journal, checked) if move.source not in record.journal.moves]
    if moves:
        record.write(lines.Committed((), moves))
    move_due(record, cursors)


def move_due(record: RunRecord, cursors: Cursors) -> None:
    """Moves the cursors whose sinks are all published, and notes which these were."""
    due = record.journal.due_moves
    if due:
        cursors.move(due)
        record.write(lines.CursorsMoved(sorted(due)))


def sinks_below(source: str, checked: CheckedPipeline) -> frozenset[str]:
    """All that have to show what a source has read."""
    below = checked.dataflow.below([source])
    return frozenset(name for name in below if checked.components[name].config.kind == "sink")


def _open_sources(journal: Journal, checked: CheckedPipeline) -> list[str]:
    """Those that have read a slice, and whose cursors have not moved in this run; in a replay only what is replayed."""
    replayed = checked.replayed.component if checked.replayed is not None else None
    advanced = [name for name in journal.advanced if name in checked.components and name not in journal.moved]
    return [name for name in advanced if replayed in (None, name)]
