"""The frames of a run, and where each component stands: what steps and checks both need."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppf_core.contracts.components import Source
from ppf_core.contracts.context import Context, WriteId
from ppf_core.errors import CheckpointRefused, RunError
from ppf_core.execution.component_run import ComponentRun, SavedRows
from ppf_core.spark.engine import Engine
from ppf_core.state import lines
from ppf_core.state.lines import Line
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.schema import require_schema, wanted_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Batch:
    """A batch of a streaming query. checkpoint: the id of what remembers how far the query is."""

    query: str
    checkpoint: str
    number: int


@dataclass(frozen=True)
class RunFrames:
    """The components of a run with their frames.

    record: writes what resume and recovery need into the record. root: the folder of the checkpointed frames of this run.
    redact: takes secrets out of a text. batch: in a stream, the batch that these are the frames of.
    """

    engine: Engine
    run_id: str
    pipeline: str
    components: Mapping[str, ComponentRun]
    record: Callable[[Line], None]
    dataflow: Dataflow
    root: str = ""
    redact: Callable[[str], str] = str
    batch: Batch | None = None

    def attempt_tag(self, component: ComponentRun) -> str:
        """The tag of the Spark jobs of this attempt."""
        return f"{self.tag(component.info.name)}/{component.attempt}"

    def tag(self, component: str = "") -> str:
        """The tag of the Spark jobs of the run, or of one component."""
        batch = f"/{self.batch.query}-{self.batch.number}" if self.batch is not None else ""
        return f"ppf-{self.run_id}{batch}" + (f"/{component}" if component else "")

    def write_id(self, name: str) -> WriteId:
        """The identity of what a sink writes in this run, or in this batch."""
        if self.batch is not None:
            return WriteId(f"{self.pipeline}/{name}/{self.batch.checkpoint}", self.batch.number)
        return WriteId(f"{self.pipeline}/{self.run_id}/{name}", 0)

    def context(self, component: ComponentRun) -> Context:
        """Where the component stands now."""
        name = component.info.name

        def report(rows_written: int | None, metrics: Mapping[str, float]) -> None:
            component.rows_written = rows_written if rows_written is not None else component.rows_written
            component.metrics.update(metrics)

        state = dict(component.state)

        def advance(key: str, value: str) -> str:
            if component.role.cursor == "forbidden":
                message = f"{name!r} gives only rows that it has not given before, but a replay needs all of them."
                raise RunError(message, hint="Leave its rows out with --empty, or run the whole pipeline.")
            if key not in component.advanced:
                self.record(lines.Advanced(name, component.state, key, value))
            state[key] = component.advanced.setdefault(key, value)
            return state[key]

        return Context(
            spark=self.engine.session,
            run_id=self.run_id,
            pipeline=self.pipeline,
            component=name,
            attempt=component.attempt,
            write_id=self.write_id(name),
            frames={each: self.frame(each) for each in component.frames},
            pinned=component.pinned,
            state=state,
            logger=logging.getLogger(f"ppf.{self.pipeline}.{name}"),
            _advance=advance,
            _report=report,
            _redact=self.redact,
        )

    def inputs(self, component: ComponentRun) -> "dict[str, DataFrame]":
        """What a transform or a sink is given, by alias."""
        name = component.info.name
        inputs = {alias: self.frame(feeding) for alias, feeding in component.info.inputs.items()}
        for alias, frame in inputs.items():
            require_schema(name, f"The input {alias!r}", wanted_schema(component.plugin, alias), frame)
        return inputs

    def input(self, component: ComponentRun) -> "DataFrame":
        """The rows that a sink is given."""
        if component.role.quarantined_from:
            return self.bad_rows(component)
        (frame,) = self.inputs(component).values()
        return frame

    def frame(self, name: str) -> "DataFrame":
        """The frame of a source or a transform that was built."""
        frame = self.components[name].frame
        if frame is None:
            raise RuntimeError(f"The steps of {name!r} come later than those that need it.")
        return frame

    def bad_rows(self, sink: ComponentRun) -> "DataFrame":
        """What was set apart for a sink, by all that set rows apart for it."""
        return self.engine.united_rows(
            [self._bad_rows(self.components[name], sink.place) for name in sink.role.quarantined_from]
        )

    def _bad_rows(self, origin: ComponentRun, place: str | None) -> "DataFrame":
        if origin.is_done:
            return self._judged_again(origin, place)
        if not origin.role.is_saved:
            return origin.checks.bad(place, self.run_id)
        found = origin.saved_bad.get(place or "")
        return self.engine.stored_rows(found.path) if found is not None else self.engine.emptied(self.frame(origin.info.name))

    def _judged_again(self, origin: ComponentRun, place: str | None) -> "DataFrame":
        """The bad rows of a sink whose good ones were out before the run was resumed."""
        checks, frame = replace(origin.checks), self.input(origin)
        if origin.quarantined(place) and not (self.engine.is_deterministic(frame) and self.is_pinned(origin)):
            message = f"The sink {origin.info.name!r} has published its good rows, and its bad ones cannot be had again."
            raise CheckpointRefused(
                message, hint="Its input gives other rows each time. Look at its target, and start a new run."
            )
        checks.begin(frame, self.engine, is_deterministic=False)
        return checks.bad(place, self.run_id)

    def is_pinned(self, component: ComponentRun) -> bool:
        """Whether all sources above a frame are, or give the same rows without."""
        above = self.dataflow.above([component.info.name], until=[name for name, each in self.components.items() if each.saved])
        return all(
            component.pinned is not None or component.saved is not None or component.plugin.repeatable
            for component in map(self.components.__getitem__, above)
            if isinstance(component.plugin, Source)
        )

    def save(self, component: ComponentRun, frame: "DataFrame") -> None:
        """Writes a checkpoint; from then on everybody reads that, also a resumed run."""
        path = self.store(component, frame)
        component.saved_bad = self._store_bad_rows(component)
        bad = [found.path for found in component.saved_bad.values()]
        self.record(lines.FrameSaved(component.info.name, path, bad))
        component.saved = path

    def _store_bad_rows(self, component: ComponentRun) -> dict[str, SavedRows]:
        """Writes what was set apart beside a checkpoint: a run that goes on does not see these rows again."""
        checks, found = component.checking, {}
        for number, place in enumerate(checks.places if checks is not None else ()):
            rows = component.quarantined(place)
            if rows:
                path = f"{self.root}/{component.info.name}.quarantined-{number}"
                self.engine.write_frame(component.checks.bad(place, self.run_id), path)
                found[place or ""] = SavedRows(path, rows)
        return found

    def store(self, component: ComponentRun, frame: "DataFrame") -> str:
        """Writes a frame, unless that was done; from then on everybody in this run reads that. Gives its path."""
        if component.stored is not None:
            return component.stored
        name = component.info.name
        path = f"{self.root}/{name}"
        self.engine.write_frame(frame, path)
        component.frame = self.engine.read_frame(path, component.schema or self.engine.schema_text(frame))
        component.stored = path
        return path
