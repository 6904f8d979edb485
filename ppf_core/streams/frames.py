"""The frames of a stream above its cuts, built once: by a run before its queries start, and by whoever wants to look at them.

Checks of a component that no batch of the kernel passes by are done here: its bad rows are left out, or told, while Spark
computes the stream. Spark counts along the way, and says the numbers with the progress of each batch.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.results import QualityResult
from ppf_core.errors import ConfigError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.steps import Steps
from ppf_core.quality.judging import not_evaluated, result_of, row_verdict, splitting, wheres
from ppf_core.spark.engine import RowMasks
from ppf_core.validation.queries import Query
from ppf_core.validation.validated import ValidatedPipeline

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class NotBuilt(Exception):
    """The frame of a component cannot be had. error: why."""

    def __init__(self, component: str, error: BaseException) -> None:
        super().__init__(component)
        self.component = component
        self.error = error


class StreamFrames:
    """The streaming frames and side inputs of a file, in the components of some steps."""

    def __init__(self, validated: ValidatedPipeline, steps: Steps) -> None:
        self._validated = validated
        self._steps = steps
        self._masks: dict[str, RowMasks] = {}

    def build(self) -> None:
        """In the order of the graph. Raises NotBuilt."""
        wanted = {name for query in self._validated.queries for name in query.above}
        for name in self._validated.graph.order():
            if name in wanted:
                component = self._steps.components[name]
                self._steps.begin(component, 1)
                try:
                    self._steps.build(component)
                    if name in self._filtering:
                        component.frame = self._filtered(component, self._steps.frames.frame(name))
                except Exception as error:
                    raise NotBuilt(name, error) from error

    def require_stateless(self) -> None:
        """ConfigError for a component below a cut that needs the whole stream: there, every batch is computed by itself.

        Asked of the stream itself, with the same transforms upon it.
        """
        for query in self._validated.queries:
            before = len(self._stateful(query.input))
            for name in self._validated.graph.order():
                component = self._steps.components[name]
                if name in query.below and component.info.kind != "sink" and self._can_build(component):
                    found = self._stateful(name)
                    if len(found) > before:
                        raise self._needs_stream(query, name, found[0])

    def head(self, query: Query) -> "DataFrame":
        """What is handed on batch by batch, with the columns in which a source marks rows: each batch is judged by itself."""
        checking = self._steps.components[query.input].checking
        marked = checking.marked if checking is not None else None
        return self._steps.frames.frame(query.input) if marked is None else marked

    def results(self, query: str, told: Mapping[str, Any]) -> dict[str, tuple[QualityResult, ...]]:
        """What checks found on the way in a batch. told: the numbers that came with its progress, by component."""
        names = [name for name, telling in self._filtering.items() if telling == query]
        return {name: self._results(name, told) for name in names}

    # ---- inside

    @cached_property
    def _filtering(self) -> Mapping[str, str]:
        """Component that is checked on the way → the query that tells of it: others that share it would count rows twice."""
        return {name: query.name for query in reversed(self._validated.queries) for name in query.filters}

    def _filtered(self, component: ComponentRun, frame: "DataFrame") -> "DataFrame":
        """The good rows of a streaming frame, counted on their way. Raises what a check raises that does not fit the frame."""
        checking, checks, engine = component.checks, component.checks.checks, self._steps.engine
        rules = engine.rules({check.number: check.plugin for check in checks}, wheres(checks))  # type: ignore[misc]
        masks = engine.masks(frame if checking.marked is None else checking.marked, rules, splitting(checks))
        self._masks[component.info.name], checking.marked = masks, None
        return engine.without_columns(masks.good(masks.observed_as(component.info.name)), checking.helpers)

    def _results(self, name: str, told: Mapping[str, Any]) -> tuple[QualityResult, ...]:
        checks = self._steps.components[name].checks.checks
        summary = self._masks[name].summary(told[name]) if name in told else None
        if summary is None or summary.failed is None:
            return tuple(not_evaluated(check, "Spark did not tell what it counted.") for check in checks)
        failed = summary.failed
        values = summary.values
        return tuple(result_of(check, row_verdict(check.number, failed, values, summary.rows)) for check in checks)

    def _stateful(self, name: str) -> list[str]:
        return self._steps.engine.streams.stateful(self._steps.frames.frame(name))

    def _can_build(self, component: ComponentRun) -> bool:
        try:
            self._steps.build(component)
        except Exception:  # noqa: BLE001 -- code of a user that only works on a batch: nobody can look into it before there is one
            component.frame = None
        return component.frame is not None

    def _needs_stream(self, query: Query, name: str, operator: str) -> ConfigError:
        message = (
            f"{name!r} would see one batch only: {query.input!r} above it is handed on batch by batch, and {name!r} needs the "
            f"whole stream ({operator})."
        )
        hint = f"Take the checks, and persist, off {query.input!r}: put them on {name!r} or below it."
        return ConfigError.of(
            [self._validated.file.problem("stateful-batch", message, ("components", name), at="key", hint=hint)]
        )
