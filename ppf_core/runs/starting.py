"""How a run begins: as a new one, or where an earlier attempt of it ended."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ppf_core.contracts.results import RunInfo
from ppf_core.errors import CheckpointRefused, ConfigError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.planning.plan import Plan, make_plan
from ppf_core.resources.run_resources import RunResources
from ppf_core.runs.checkpoints import Progress, load_entries
from ppf_core.runs.resume import resume
from ppf_core.runs.run import Run, used_plugins
from ppf_core.spark.engines import engines
from ppf_core.state.cursors import Cursors
from ppf_core.state.events import Observer
from ppf_core.state.lines import PlanMade
from ppf_core.state.record import new_run_id
from ppf_core.state.recorded import RECORD
from ppf_core.state.recorded_plan import journaled_values, recorded_plan
from ppf_core.state.store import RunRecords
from ppf_core.threads import threads

_RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def begin_run(
    resources: RunResources,
    store: RunRecords,
    run_id: str | None,
    observers: Sequence[Observer],
    given: object,
    replays: str | None = None,
) -> Run:
    """A new run. Makes the instances, and the record last: what fails before leaves no trace in the state directory.

    given: a session of the caller. replays: the run whose quarantined rows it takes.
    """
    now = threads().now()
    run_id = new_run_id(now) if run_id is None else checked_run_id(run_id)
    plan = make_plan(resources.validated, resources.selected)
    components, hooks = resources.components(plan.roles), resources.hooks()
    engines().require(resources.session_request(), given)
    Cursors(store.state_dir, resources.validated.file.config.name).read()  # refuses a file that nobody can read
    kept = _kept(resources, plan, components)
    record = store.create(run_id)
    try:
        info = _info(resources, run_id, now, record.path)
        record.begin(info, used_plugins(resources), *kept, replays)
        progress = Progress(info, hooks, resources.validated)
        return Run(plan, resources, store, record, info, components, hooks, observers, progress)
    except BaseException:
        record.release()
        raise


def resume_run(
    resources: RunResources, store: RunRecords, run_id: str, observers: Sequence[Observer], *, accept_changes: bool
) -> Run:
    """A run that goes on. What refuses that leaves its record as it was.

    accept_changes: something that is published already may have changed in the file.
    """
    record = store.reopen(run_id)
    try:
        journal = record.journal
        started_at = datetime.datetime.fromisoformat(store.show(run_id)["started_at"])
        info = replace(_info(resources, run_id, started_at, record.path), resumed_from=run_id)
        if journal.pipeline != info.pipeline:
            raise CheckpointRefused(
                f"The run {run_id!r} is one of the pipeline {journal.pipeline!r}.", hint="Name another run."
            )
        hooks = resources.hooks()
        progress = Progress(info, hooks, resources.validated)
        kept = load_entries(hooks, info)
        chosen = resources.selected
        redact, cursors = resources.redactor.redact, Cursors(store.state_dir, info.pipeline).read()
        resumption = resume(
            resources.validated, chosen, progress.marks, kept, journal, cursors, accept_changes=accept_changes, redact=redact
        )
        resources.selected = frozenset({*resumption.needed, *resumption.done})
        plan = make_plan(resources.validated, resumption.needed, saved=resumption.saved, done=resumption.done)
        components = resources.components(plan.roles)
        for name, component in components.items():
            component.pinned = journal.pins.get(name)
            component.advanced = dict(journal.advanced.get(name, {}))
        record.resume(info, used_plugins(resources), *_kept(resources, plan, components))
    except BaseException:
        record.release()
        raise
    progress.keep(kept)
    return Run(plan, resources, store, record, info, components, hooks, observers, progress, resumption)


def resumed_plan(resources: RunResources, store: RunRecords, run_id: str) -> Plan:
    """What a resumed run would do. Asks the checkpoint hook, and changes nothing. CheckpointRefused as `resume_run`."""
    journal, started_at = store.journal(run_id), datetime.datetime.fromisoformat(store.show(run_id)["started_at"])
    if journal is None:
        raise CheckpointRefused(f"The run {run_id!r} has no record to go on from.", hint="Start a new run.")
    hooks = resources.hooks()
    info = _info(resources, run_id, started_at, store.folder(run_id) / RECORD)
    marks, kept = Progress(info, hooks, resources.validated).marks, load_entries(hooks, info)
    hooks.close()
    cursors = Cursors(store.state_dir, info.pipeline).read()
    found = resume(resources.validated, resources.selected, marks, kept, journal, cursors, accept_changes=False)
    return make_plan(resources.validated, found.needed, saved=found.saved, done=found.done)


def _info(resources: RunResources, run_id: str, started_at: datetime.datetime, record: Path) -> RunInfo:
    config = resources.validated.file.config
    return RunInfo(
        run_id=run_id,
        pipeline=config.name,
        version=config.version,
        environment=config.environment,
        mode=config.mode,
        tags=config.tags,
        started_at=started_at,
        record_path=str(record),
    )


def _kept(resources: RunResources, plan: Plan, components: Mapping[str, ComponentRun]) -> tuple[PlanMade, Mapping[str, Any]]:
    """What the record keeps of the plan, and of the file."""
    known = recorded_plan(resources.validated, plan, components, resources.redactor.redact_all)
    return known, journaled_values(resources.validated)


def checked_run_id(run_id: str) -> str:
    """The id, if it can be the name of a folder; else ConfigError."""
    if _RUN_ID.fullmatch(run_id) is None or run_id in (".", ".."):
        raise ConfigError(
            f"The run id {run_id!r} cannot be used.", hint="Use 1 to 128 letters, digits, '.', '_' or '-', but not '.' or '..'."
        )
    return run_id
