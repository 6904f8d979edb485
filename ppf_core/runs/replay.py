"""Quarantined rows, and running them again: which there are, and the pipeline that reads them in the place of a component.

Rows that were replayed are marked: the mark is a cursor of the component, so it moves with the publishing of what is good now,
whatever happens in between.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ppf_core.config.binding import Bound
from ppf_core.config.model import CheckConfig
from ppf_core.contracts.components import Sink, StagedSink
from ppf_core.contracts.plugin import options_class
from ppf_core.errors import ConfigError, Problem, RunLocked, suggestion
from ppf_core.planning.roles import is_quarantine, origin_of_quarantine
from ppf_core.plugins.registry import PluginEntry
from ppf_core.quality.quarantine import QuarantinedRows, ReplayOptions, mark
from ppf_core.runs.preview import Preview, preview_frame
from ppf_core.runs.recovery import Capture
from ppf_core.runs.run_resources import RunResources
from ppf_core.spark.engines import engines
from ppf_core.state.cursors import Cursors
from ppf_core.state.journal import Journal
from ppf_core.state.store import RunStore
from ppf_core.storage.state_files import state_files
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.graph import Graph
from ppf_core.validation.selection import BoundPlugin
from ppf_core.validation.validate import check_writes
from ppf_core.validation.validated import Replayed, ValidatedComponent, ValidatedPipeline

_REPLACING = ("overwrite", "error", "ignore")


@dataclass(frozen=True)
class Quarantined:
    """The rows of one component that one run has set apart. replayed_by: the run that took them since."""

    run_id: str
    pipeline: str
    component: str
    rows: int | None
    replayed_by: str | None
    path: str
    file: str


def find_quarantined(store: RunStore, run_id: str | None = None, pipeline: str | None = None) -> list[Quarantined]:
    """What lies in quarantine, the oldest run first; of one run or of one pipeline when it is named."""
    if run_id is not None:
        store.folder(run_id)  # an unknown run is a mistake
    runs = [run["run_id"] for run in store.list(pipeline) if run_id in (None, run["run_id"])]
    journals = [journal for each in runs if (journal := store.journal(each)) is not None]
    return [found for journal in journals for found in quarantined_in(store, journal)]


def quarantined_in(store: RunStore, journal: Journal) -> Iterator[Quarantined]:
    """What one run has set apart and shown."""
    marks = Cursors(store.state_dir, journal.pipeline).read()
    for write in journal.writes.values():
        if is_quarantine(write.component) and write.state == "published" and write.ticket is not None:
            name = origin_of_quarantine(write.component)
            rows, by = write.ticket.get("rows"), marks.get(name, {}).get(mark(journal.run_id))
            count = int(rows) if rows is not None else None
            yield Quarantined(journal.run_id, journal.pipeline, name, count, by, write.ticket["target"], str(journal.source))


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
def replayed_alone(store: RunStore, rows: Quarantined) -> Iterator[None]:
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


def look(store: RunStore, rows: Quarantined, limit: int, capture: Capture) -> Preview:
    """The first of the rows, with what was wrong with each, read with the settings of the run that set them apart."""
    journal = store.journal(rows.run_id)
    assert journal is not None  # noqa: S101 -- for the type checker; the rows were found in it
    resources = RunResources(check_writes(journal.file, journal.source.parent, ()), ())
    log = store.folder(rows.run_id) / "spark.log"
    try:
        resources.resolve_secrets()
        with capture(log, resources.redactor.redact):
            session = resources.open_session(None, log)
            try:
                engine = engines().engine(session.spark)
                return preview_frame(engine, engine.stored_rows(rows.path), limit, resources.redactor.redact)
            finally:
                session.close()
    finally:
        resources.close()


@dataclass(frozen=True)
class SideInputs:
    """What else feeds the components that replayed rows reach: nothing, or all of its rows."""

    empty: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()


ALONE = SideInputs()


def replaying(
    validated: ValidatedPipeline, rows: Quarantined, side: SideInputs = ALONE
) -> tuple[ValidatedPipeline, frozenset[str]]:
    """The pipeline in which a component gives its quarantined rows, and the components that these rows reach.

    ConfigError when these reach no sink, or one that would replace what it has, or meet rows of which nobody said what becomes.
    """
    name = rows.component
    if name not in validated.components:
        hint = suggestion(name, validated.components)
        raise ConfigError(f"The pipeline {rows.pipeline!r} has no component {name!r} any more.", hint=hint)
    below = validated.dataflow.below([name])
    sinks = [each for each in validated.components if each in below and validated.components[each].config.kind == "sink"]
    if validated.components[name].config.kind == "sink":
        raise ConfigError.of(
            [_problem(validated, name, f"The rows of {name!r} are those of a sink.", "Set them apart above it.")]
        )
    if not sinks:
        raise ConfigError.of([_problem(validated, name, f"Nothing is written of {name!r}.", "Add a sink below it.")])
    problems = [_problem(validated, sink, text, hint) for sink in sinks for text, hint in _refusals(validated.components[sink])]
    problems += _unsaid(validated, name, below, side)
    if problems:
        raise ConfigError.of(problems)
    components = {
        each: _beside(component) if each not in below else component for each, component in validated.components.items()
    }
    components[name] = _reader(validated.components[name], rows)
    flow = Dataflow.of(components)
    names = flow.above(below)
    kept = {each: {*flow.feeding(each), *names.intersection(found.config.after)} for each, found in components.items()}
    needs = {each: tuple(need for need in validated.graph.needs[each] if need in kept[each]) for each in components}
    replayed = Replayed(name, side.empty)
    replaced = replace(validated, components=components, graph=Graph(needs), replayed=replayed)
    return replaced, names


def _unsaid(validated: ValidatedPipeline, name: str, below: frozenset[str], side: SideInputs) -> Iterator[Problem]:
    """Where replayed rows meet those of another component: only a person knows whether these are all to be there, or none."""
    met = {
        each: component.name
        for component in validated.components.values()
        if component.name in below - {name}
        for each in (*component.config.inputs.values(), *(named for _, named in component.plugin.bound.components))
        if each not in below
    }
    for each, meeting in met.items():
        if each not in side.empty | side.read:
            message = f"{meeting!r} brings the rows of {name!r} together with those of {each!r}, which are not replayed."
            hint = (
                f"Say what {each!r} gives: --empty {each} (right for a union), or --read {each} for all of its rows (a join)."
            )
            yield _problem(validated, meeting, message, hint)
    for each in sorted((side.empty | side.read) - met.keys()):
        raise ConfigError(f"{each!r} does not meet the rows of {name!r}.", hint=suggestion(each, met))


def _beside(component: ValidatedComponent) -> ValidatedComponent:
    """A component that is not replayed: its rows were judged in their own run, and its bad ones lie in quarantine already."""
    pairs = list(zip(component.config.quality, component.checks, strict=True))
    kept = [(replace(check, action="drop", quarantine_to=None), bound) for check, bound in pairs if _splits(check)]
    config = replace(component.config, quality=[check for check, _ in kept])
    return replace(component, config=config, checks=tuple(bound for _, bound in kept))


def _splits(check: CheckConfig) -> bool:
    return check.action in ("drop", "quarantine")


def merging(validated: ValidatedPipeline, component: str) -> dict[str, object]:
    """What must be set for the sinks below a component to add to what they have: a path of the file → its value."""
    if component not in validated.components:
        return {}
    names = [name for name in validated.dataflow.below([component]) if validated.components[name].config.kind == "sink"]
    modes = {name: _mode(validated.components[name]) for name in names}
    return {f'components."{name}".options.mode': "append" for name, mode in modes.items() if mode in _REPLACING}


def _reader(component: ValidatedComponent, rows: Quarantined) -> ValidatedComponent:
    values: Mapping[str, Any] = {"path": rows.path, "run_id": rows.run_id}
    entry = PluginEntry("sources", "quarantined", "ppf-core", component.plugin.entry.version, "ready", None, None, "")
    bound = Bound(ReplayOptions(path=rows.path, run_id=rows.run_id))
    plugin = BoundPlugin(component.name, entry, QuarantinedRows, values, bound, component.plugin.place, component.plugin.folder)
    config = replace(component.config, source="quarantined", transform=None, inputs={}, after=[], options={})
    checks = tuple(name for check in component.checks for _, name in check.bound.components)
    return ValidatedComponent(component.name, config, plugin, component.checks, checks)


def _refusals(component: ValidatedComponent) -> Iterator[tuple[str, str]]:
    if _mode(component) is None and issubclass(component.plugin.cls, StagedSink):
        hint = "Run the whole pipeline again, or use a sink that has a mode."
        yield f"The sink {component.name!r} cannot add rows to what it has: it has no option 'mode'.", hint
    elif _mode(component) in _REPLACING:
        yield f"The sink {component.name!r} would replace what it has.", "Set its mode to append."


def _mode(component: ValidatedComponent) -> str | None:
    """How a sink writes; None for one that has no such option."""
    cls = component.plugin.cls
    if not issubclass(cls, Sink) or "mode" not in getattr(options_class(cls), "__dataclass_fields__", {}):
        return None
    draft = component.draft
    return (
        str(getattr(draft.options, "mode", None)) if draft is not None else str(component.config.options.get("mode", "error"))
    )


def _problem(validated: ValidatedPipeline, name: str, message: str, hint: str) -> Problem:
    return validated.file.problem("no-replay", message, ("components", name), at="key", hint=hint)
