"""When cursors move: a slice that a source has read is done with once every enabled sink below it shows its rows.

    advance ── commit, with the sinks that are still to show the slice ── published … ── moved

All sinks of the file count, also those that a run was not asked for: no later run would give them these rows.

Two runs that go on at once may read the same slice, and only one may show it: whoever commits first. So the commit is written
while nobody else moves a cursor, and a run whose slice another one has moved past, or has committed, shows nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from ppf_core.errors import Problem, RunError
from ppf_core.planning.roles import quarantine_of
from ppf_core.state import lines
from ppf_core.state.cursors import Cursors
from ppf_core.state.journal import Journal
from ppf_core.state.lines import Move
from ppf_core.state.record import RunRecord
from ppf_core.state.store import RunRecords
from ppf_core.validation.validated import ValidatedPipeline


def next_moves(journal: Journal, validated: ValidatedPipeline, publishing: Collection[str] = ()) -> list[Move]:
    """The moves that wait for these sinks alone: of sources whose slice all other sinks below them show."""
    found = []
    for source in _open_sources(journal, validated):
        sinks, folders = sinks_below(source, validated), _folders_below(source, validated, journal)
        waiting = (sinks - journal.shown) | folders
        if sinks and waiting.issubset(publishing):
            writes = [write.id for write in journal.writes.values() if write.component in waiting]
            found.append(Move(source, dict(journal.advanced[source]), writes))
    return found


def held_cursors(journal: Journal, validated: ValidatedPipeline) -> dict[str, frozenset[str]]:
    """The sources whose slice some sinks and folders show and others do not, nor will: source → these others."""
    sources = _open_sources(journal, validated)
    sinks = {source: sinks_below(source, validated) | _folders_below(source, validated, journal) for source in sources}
    return {
        source: each - journal.shown
        for source, each in sinks.items()
        if source not in journal.moves and each & journal.shown and each - journal.shown
    }


@contextmanager
def own_slices(
    journal: Journal, validated: ValidatedPipeline, sinks: Collection[str], store: RunRecords
) -> Iterator[list[Move]]:
    """Until the block ends, no other run commits what this one has read for some sinks; gives the moves that wait for them.

    RunError when another one has done so, with a problem for each source.
    """
    moves = next_moves(journal, validated, sinks)
    moving = {move.source for move in moves}
    sources = [name for name in _open_sources(journal, validated) if name in moving or sinks_below(name, validated) & {*sinks}]
    if not sources:
        yield moves
        return
    with _cursors(journal, store).still() as stored:
        if problems := [*passed(journal, sources, stored), *_committed(journal, sources, store)]:
            raise RunError("Another run shows what this one had read.", problems=problems)
        yield moves


def passed(journal: Journal, sources: Collection[str], stored: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """The sources whose cursors are not where this run began to read."""
    for name in sources:
        for key in journal.advanced[name]:
            before, now = (values.get(key) for values in (journal.began[name], stored.get(name, {})))
            if before != now:
                told = f"{key} was {_told(before)} and is {_told(now)} now"
                message = f"The cursor of {name!r} has moved since: {told}. Another run has published what this one had read."
                yield Problem(code="cursor-moved", message=message, hint="Start a new run.", path=f"components.{name}")


def move_cursors(record: RunRecord, validated: ValidatedPipeline, store: RunRecords) -> list[Problem]:
    """Moves the cursors of all slices that every sink below shows, also where no commit names them: of unstaged sinks.

    Gives a problem for each of the latter that another run has moved: it stays there.
    """
    moves = [move for move in next_moves(record.journal, validated) if move.source not in record.journal.moves]
    problems: list[Problem] = []
    if moves:
        with _cursors(record.journal, store).still() as stored:
            problems = list(passed(record.journal, [move.source for move in moves], stored))
            lost = {problem.path for problem in problems}
            if own := [move for move in moves if f"components.{move.source}" not in lost]:
                record.write(lines.Committed((), own))
    move_due(record, store)
    return problems


def move_due(record: RunRecord, store: RunRecords) -> None:
    """Moves the cursors whose sinks are all published, and notes which these were."""
    due = record.journal.due_moves
    if due:
        _cursors(record.journal, store).move(due)
        record.write(lines.CursorsCommitted(sorted(due)))


def sinks_below(source: str, validated: ValidatedPipeline) -> frozenset[str]:
    """All that have to show what a source has read."""
    below = validated.dataflow.below([source])
    return frozenset(name for name in below if validated.components[name].config.kind == "sink")


def _open_sources(journal: Journal, validated: ValidatedPipeline) -> list[str]:
    """Those that have read a slice, and whose cursors have not moved in this run; in a replay only what is replayed."""
    replayed = validated.replayed.component if validated.replayed is not None else None
    advanced = [name for name in journal.advanced if name in validated.components and name not in journal.cursors_committed]
    return [name for name in advanced if replayed in (None, name)]


def _folders_below(source: str, validated: ValidatedPipeline, journal: Journal) -> frozenset[str]:
    """The folders that have still to show bad rows of what a source has read; as evidence they are shown, too."""
    below = validated.dataflow.below([source])
    shown = {write.component for write in journal.writes.values() if write.state == "published"}
    return frozenset(quarantine_of(name) for name in below if journal.apart.get(name, {}).get("")) - shown


def _committed(journal: Journal, sources: Collection[str], store: RunRecords) -> Iterator[Problem]:
    """The sources of which another run has committed the same slice, and has not moved their cursors yet."""
    others = [each for name, each in store.unfinished().items() if name != journal.run_id and each.pipeline == journal.pipeline]
    for other in others:
        for name in other.moves.keys() & {*sources}:
            values = other.moves[name].values
            for key in values.keys() & journal.advanced[name].keys():
                told = f"{key} was {_told(journal.began[name].get(key))}, and that one moves it to {values[key]!r}"
                message = f"The run {other.run_id!r} is publishing what {name!r} has read in this one: {told}."
                yield Problem(code="cursor-moved", message=message, hint="Start a new run.", path=f"components.{name}")


def _cursors(journal: Journal, store: RunRecords) -> Cursors:
    return Cursors(store.state_dir, journal.pipeline)


def _told(value: str | None) -> str:
    return "nowhere" if value is None else repr(value)
