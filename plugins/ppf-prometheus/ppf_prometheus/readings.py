"""What each event of a run says in metrics: pure functions from an event to readings."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ppf_core import ComponentInfo, ComponentResult, PipelineResult, QualityResult, RunInfo, StreamProgress


@dataclass(frozen=True)
class Family:
    """A metric with its labels.

    latest: the label that does not tell two series apart: of all its values only the latest one is shown. The duration of a
    component that failed yesterday must not stand beside that of its success today.
    """

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...]
    latest: str | None = None


@dataclass(frozen=True)
class Reading:
    """One value of a metric: of a counter what is added to it, of a gauge what it is set to."""

    family: Family
    labels: tuple[str, ...]
    value: float

    @property
    def series(self) -> tuple[str, ...]:
        """What this is a reading of."""
        known = zip(self.family.labels, self.labels, strict=True)
        return (self.family.name, *(value for label, value in known if label != self.family.latest))

    def after(self, former: "Reading | None") -> "Reading":
        """What the metric shows when this comes after a former reading of the same series."""
        if former is None or self.family.kind == "gauge":
            return self
        return replace(self, value=former.value + self.value)


_PIPELINE = ("pipeline",)
_COMPONENT = ("pipeline", "component")
_CHECK = (*_COMPONENT, "check")

RUNS = Family("ppf_pipeline_runs_total", "counter", "Runs that ended.", (*_PIPELINE, "status"))
RUN_SECONDS = Family("ppf_pipeline_duration_seconds", "gauge", "How long the last run took.", _PIPELINE)
LAST_SUCCESS = Family(
    "ppf_pipeline_last_success_timestamp_seconds", "gauge", "When the last run that succeeded ended.", _PIPELINE
)
COMPONENT_SECONDS = Family(
    "ppf_component_duration_seconds",
    "gauge",
    "How long the component took in its last run.",
    (*_COMPONENT, "status"),
    latest="status",
)
ATTEMPTS = Family("ppf_component_attempts_total", "counter", "Attempts that the component made.", _COMPONENT)
ROWS_WRITTEN = Family("ppf_component_rows_written_total", "counter", "Rows that the sink wrote.", _COMPONENT)
FAILED_ROWS = Family("ppf_quality_failed_rows", "gauge", "Rows that failed the check in its last run.", _CHECK)
CHECKS = Family("ppf_quality_results_total", "counter", "Evaluations of the check.", (*_CHECK, "status"))
CIRCUIT = Family("ppf_circuit_state", "gauge", "State of the circuit breaker: 0 closed, 1 half-open, 2 open.", _COMPONENT)
STREAM_ROWS = Family("ppf_stream_input_rows_total", "counter", "Rows that the streaming query read.", _COMPONENT)
BATCH_SECONDS = Family("ppf_stream_batch_duration_seconds", "gauge", "How long the last batch took.", _COMPONENT)
BATCH_ENDED = Family("ppf_stream_last_batch_timestamp_seconds", "gauge", "When the last batch ended.", _COMPONENT)
STREAM_BAD_ROWS = Family("ppf_stream_bad_rows_total", "counter", "Rows of the query that checks found bad.", _COMPONENT)
LAG = Family("ppf_stream_lag", "gauge", "What the source has and the query has not read, in the source's unit.", _COMPONENT)
STATE_ROWS = Family("ppf_stream_state_rows", "gauge", "Rows that the query keeps as its state.", _COMPONENT)

FAMILIES = (
    RUNS,
    RUN_SECONDS,
    LAST_SUCCESS,
    COMPONENT_SECONDS,
    ATTEMPTS,
    ROWS_WRITTEN,
    FAILED_ROWS,
    CHECKS,
    CIRCUIT,
    STREAM_ROWS,
    BATCH_SECONDS,
    BATCH_ENDED,
    STREAM_BAD_ROWS,
    LAG,
    STATE_ROWS,
)

_STATES = {"closed": 0, "half_open": 1, "open": 2}


def of_component(run: RunInfo, component: ComponentInfo, result: ComponentResult) -> Iterator[Reading]:
    """What the end of a component says."""
    place = (run.pipeline, component.name)
    if result.duration is not None:
        yield Reading(COMPONENT_SECONDS, (*place, result.status), result.duration)
    yield Reading(ATTEMPTS, place, result.attempts)
    if result.rows_written is not None:
        yield Reading(ROWS_WRITTEN, place, result.rows_written)
    if result.circuit is not None:
        yield from of_circuit(run, component, result.circuit)


def of_circuit(run: RunInfo, component: ComponentInfo, state: str) -> Iterator[Reading]:
    """What the state of a circuit breaker says."""
    yield Reading(CIRCUIT, (run.pipeline, component.name), _STATES[state])


def of_check(run: RunInfo, component: ComponentInfo, result: QualityResult) -> Iterator[Reading]:
    """What a check says. One that could not be evaluated has failed we do not know how many rows: NaN."""
    check = (run.pipeline, component.name, result.name)
    yield Reading(CHECKS, (*check, result.status), 1)
    if result.failed is not None:
        yield Reading(FAILED_ROWS, check, result.failed)
    elif result.status == "error":
        yield Reading(FAILED_ROWS, check, math.nan)


def of_batch(run: RunInfo, component: ComponentInfo, progress: StreamProgress) -> Iterator[Reading]:
    """What a batch of a streaming query says."""
    place = (run.pipeline, component.name)
    yield Reading(STREAM_ROWS, place, progress.input_rows)
    yield Reading(BATCH_SECONDS, place, progress.duration)
    yield Reading(BATCH_ENDED, place, progress.started_at.timestamp() + progress.duration)
    yield Reading(STREAM_BAD_ROWS, place, progress.bad_rows)
    if progress.lag is not None:
        yield Reading(LAG, place, progress.lag)
    if progress.state_rows is not None:
        yield Reading(STATE_ROWS, place, progress.state_rows)


def of_run(run: RunInfo, result: PipelineResult) -> Iterator[Reading]:
    """What the end of a run says."""
    yield Reading(RUNS, (run.pipeline, result.status), 1)
    if result.duration is not None:
        yield Reading(RUN_SECONDS, (run.pipeline,), result.duration)
    if result.ok and result.ended_at is not None:
        yield Reading(LAST_SUCCESS, (run.pipeline,), result.ended_at.timestamp())
