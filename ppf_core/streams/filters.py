"""Checks of a stream that no batch of the kernel passes by: bad rows are left out, or told, while Spark computes the stream.

Spark counts along the way, and says the numbers with the progress of each batch.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.results import QualityResult
from ppf_core.execution.component_run import ComponentRun
from ppf_core.quality.judging import not_evaluated, result_of, row_verdict, splitting
from ppf_core.spark.engine import Engine, RowMasks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Filters:
    """The checked components above the cuts of a stream."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._masks: dict[str, RowMasks] = {}

    def filtered(self, component: ComponentRun, frame: "DataFrame") -> "DataFrame":
        """The good rows of a streaming frame, counted on their way. Raises what a check raises that does not fit the frame."""
        checks = component.checks.checks
        rules = self._engine.rules({check.number: check.plugin for check in checks})  # type: ignore[misc]
        masks = self._engine.masks(frame, rules, splitting(checks))
        self._masks[component.info.name] = masks
        return masks.good(masks.observed_as(component.info.name))

    def results(self, component: ComponentRun, told: Mapping[str, Any]) -> tuple[QualityResult, ...]:
        """What the checks of a component found in a batch. told: the numbers that came with its progress, by component."""
        name, checks = component.info.name, component.checks.checks
        summary = self._masks[name].summary(told[name]) if name in told else None
        if summary is None or summary.failed is None:
            return tuple(not_evaluated(check, "Spark did not tell what it counted.") for check in checks)
        failed = summary.failed
        return tuple(result_of(check, row_verdict(failed[check.number], summary.rows)) for check in checks)
