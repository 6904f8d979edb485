"""What a resumed run keeps of its earlier attempt, what it does again, and what makes it impossible."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ppf_core.errors import CheckpointRefused, Problem
from ppf_core.planning.roles import quarantine_of, roles_of
from ppf_core.runs.checkpoints import CheckpointEntry
from ppf_core.runs.cursor_commits import passed, sinks_below
from ppf_core.state.fingerprints import Fingerprint
from ppf_core.state.journal import Journal
from ppf_core.validation.targets import overlap
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline


@dataclass(frozen=True)
class Resumption:
    """Which components go on from what was kept.

    journal: the writes of the earlier attempts. done: sinks whose rows are out, or will be once the journal is finished.
    folders: those of bad rows, the same. saved: checkpointed frames that are read back. needed: all else that must run, `saved`
    included.
    changes: component → what is not as it was.
    """

    journal: Journal
    done: Collection[str]
    folders: Collection[str]
    saved: Mapping[str, CheckpointEntry]
    needed: Collection[str]
    changes: Mapping[str, tuple[str, ...]]

    @property
    def change_texts(self) -> tuple[str, ...]:
        """The changes as a person reads them."""
        return tuple(f"component {name} changed: {'; '.join(parts)}" for name, parts in self.changes.items())


def resume(
    validated: ValidatedPipeline,
    selected: Collection[str],
    marks: Mapping[str, Fingerprint],
    kept: Mapping[str, CheckpointEntry],
    journal: Journal,
    cursors: Mapping[str, Mapping[str, str]],
    *,
    accept_changes: bool,
    redact: Callable[[str], str] = str,
) -> Resumption:
    """Decides. CheckpointRefused names every component that forbids it.

    cursors: where the sources of the pipeline stand now. redact: takes secrets out of a text.
    """
    shown = journal.going_out
    written = {name for name, each in kept.items() if each.reached == "written"}
    parted: set[str] = set()
    while more := {name for name in written if not _bad_places(name, journal) <= shown | written} - parted:
        parted |= more
        written -= {name for name in more if name in validated.components and roles_of(validated, [name])[name].is_retry_safe}
    done = {name for name in kept if name in (shown | written) and name in selected}
    changes = {name: tuple(map(redact, parts)) for name, parts in _changes(marks, kept).items()}
    stale = {name for name in kept if name not in marks or kept[name].digest != marks[name].digest}
    out = [name for name in kept if name in (shown | written) and (name in selected or name not in marks)]
    problems = [] if accept_changes else [_changed(validated, name, changes, stale) for name in out if name in stale]
    problems += [_half_written(name) for name in kept if _is_half_written(validated, name, kept[name])]
    problems += [_parted(name) for name in kept if name in parted & written]
    saved = {name: each for name, each in kept.items() if each.reached == "saved" and name in selected and name not in stale}
    owing = {name for name, rows in journal.apart.items() if rows.get("") and quarantine_of(name) not in shown}
    needed = _needed(validated, [name for name in selected if name not in done], selected, saved, done, owing)
    problems += _overwritten(validated, needed - saved.keys(), [validated.components[name] for name in done])
    problems += passed(journal, _slices(validated, needed, journal), cursors)
    if problems:
        raise CheckpointRefused("The run cannot be resumed.", problems=problems)
    folders = shown & {quarantine_of(name) for name in kept if name not in stale}
    return Resumption(journal, done, folders, {name: saved[name] for name in saved if name in needed}, needed, changes)


def _changes(marks: Mapping[str, Fingerprint], kept: Mapping[str, CheckpointEntry]) -> dict[str, tuple[str, ...]]:
    found = {name: mark.differences(kept[name].own) for name, mark in marks.items() if name in kept}
    found |= {name: ("it is new",) for name in marks if name not in kept}
    found |= {name: ("it is gone",) for name in kept if name not in marks}
    return {name: parts for name, parts in found.items() if parts}


def _needed(
    validated: ValidatedPipeline,
    unfinished: Collection[str],
    selected: Collection[str],
    saved: Mapping[str, CheckpointEntry],
    done: Collection[str],
    owing: Collection[str],
) -> set[str]:
    """The unfinished sinks, those whose bad rows are nowhere yet, frames that nobody reads, and what these need.

    A frame that is read back needs nothing. A sink for bad rows needs what its origins had, also where these are done.
    """
    consumed = {feed for name in selected for feed in validated.dataflow.reads[name]}
    left = [
        name
        for name in unfinished
        if validated.components[name].config.kind == "sink" or (name not in consumed and name not in saved) or name in owing
    ]
    needed: set[str] = set()
    while left:
        name = left.pop()
        if name in needed or name in done:
            continue
        needed.add(name)
        if name not in saved:
            origins = {origin for origin in validated.dataflow.quarantined_from.get(name, ()) if origin in done}
            left.extend(validated.graph.needs[name])
            left.extend(validated.dataflow.above(origins, until=validated.components.keys() - set(done)))
    return needed


def _changed(
    validated: ValidatedPipeline, name: str, changes: Mapping[str, tuple[str, ...]], stale: Collection[str]
) -> Problem:
    own = changes.get(name, ())
    above = [each for each in sorted(stale) if each in changes and each != name and _feeds_into(validated, each, name)]
    reasons = [*own, *(f"{each}: {', '.join(changes[each])}" for each in above)]
    return Problem(
        code="changed",
        message=f"The component {name!r} changed after its rows were published: {'; '.join(reasons) or 'what feeds it'}.",
        hint="Undo the change, start a new run, or keep what is published with --accept-changes.",
        path=f"components.{name}",
    )


def _feeds_into(validated: ValidatedPipeline, name: str, other: str) -> bool:
    return other in validated.components and (name not in validated.components or name in validated.graph.upstream([other]))


def _is_half_written(validated: ValidatedPipeline, name: str, kept: CheckpointEntry) -> bool:
    return name in validated.components and kept.reached == "writing" and not roles_of(validated, [name])[name].is_retry_safe


def _half_written(name: str) -> Problem:
    return Problem(
        code="half-written",
        message=f"The sink {name!r} was stopped while it wrote, and cannot take back what it had written.",
        hint="Look at its target. Set retry { unsafe = true } on it to write again, or start a new run.",
        path=f"components.{name}",
    )


def _bad_places(name: str, journal: Journal) -> set[str]:
    """Who takes the rows that a sink has set apart."""
    return {place or quarantine_of(name) for place, rows in journal.apart.get(name, {}).items() if rows}


def _parted(name: str) -> Problem:
    return Problem(
        code="half-written",
        message=f"The sink {name!r} has written its good rows, but the bad ones that its checks set apart were not kept.",
        hint="Look at its target. Set retry { unsafe = true } on it to write again, or start a new run.",
        path=f"components.{name}",
    )


def _slices(validated: ValidatedPipeline, needed: Collection[str], journal: Journal) -> list[str]:
    """The sources that had read a slice which still has to reach some sink."""
    begun = [name for name in journal.advanced if name in validated.components and name not in journal.cursors_committed]
    return [name for name in begun if not sinks_below(name, validated).isdisjoint(needed)]


def _overwritten(validated: ValidatedPipeline, reading: Collection[str], done: Collection[ValidatedComponent]) -> list[Problem]:
    problems = []
    for name in sorted(reading):
        component = validated.components[name]
        for sink in done if component.config.kind == "source" else ():
            if overlap(component.datasets, sink.datasets):
                message = f"The source {name!r} must be read again, but this run has replaced it already with {sink.name!r}."
                hint = "Start a new run, or give the frame that reads it checkpoint = true."
                problems.append(Problem(code="overwritten", message=message, hint=hint, path=f"components.{name}"))
    return problems
