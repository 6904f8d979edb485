"""The moments of a run at which hooks are called. All arguments are passed by keyword; an implementation may leave out any.

Observers are told; what they return is ignored. Deciders are asked: the first answer that is not None counts.
New arguments may join a hook; they get defaults, so that existing implementations go on working.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

from ppf_core.contracts.results import (
    Checkpoint,
    ComponentInfo,
    ComponentResult,
    ErrorInfo,
    PipelineResult,
    QualityResult,
    RunInfo,
    StreamProgress,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ppf_core.config.model import CheckConfig

PROJECT = "ppf"

_observer = pluggy.HookspecMarker(PROJECT)
_decider = pluggy.HookspecMarker(PROJECT)(firstresult=True)


@_observer
def ppf_pipeline_start(run: RunInfo) -> None:
    """A run begins. The first event of every run."""


@_observer
def ppf_component_start(run: RunInfo, component: ComponentInfo) -> None:
    """A component begins. Exactly one `ppf_component_end` follows."""


@_observer
def ppf_component_retry(run: RunInfo, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
    """An attempt failed, and the component is tried again after `delay` seconds. `attempt` is the one that failed."""


@_observer
def ppf_component_end(run: RunInfo, component: ComponentInfo, result: ComponentResult) -> None:
    """A component's outcome is final; for a sink: published, discarded or failed."""


@_observer
def ppf_circuit_change(run: RunInfo, component: ComponentInfo, old: str, new: str) -> None:
    """A circuit breaker changed between `closed`, `open` and `half_open`."""


@_observer
def ppf_quality_result(run: RunInfo, component: ComponentInfo, result: QualityResult) -> None:
    """A check was evaluated."""


@_observer
def ppf_secret_accessed(run: RunInfo, backend: str, key: str) -> None:
    """A secret was fetched. Its value is never told."""


@_observer
def ppf_stream_progress(run: RunInfo, component: ComponentInfo, progress: StreamProgress) -> None:
    """A streaming query finished a batch."""


@_observer
def ppf_pipeline_end(run: RunInfo, result: PipelineResult) -> None:
    """A run ended, whatever happened. The last event of every run."""


@_decider
def ppf_checkpoint_load(run: RunInfo) -> Checkpoint | None:
    """What was saved of the run that is resumed, or None."""


@_decider
def ppf_checkpoint_save(run: RunInfo, checkpoint: Checkpoint) -> bool | None:
    """Keeps what the run has reached. True: saved durably; None: somebody else's task."""


@_decider
def ppf_quality_evaluate(
    run: RunInfo, component: ComponentInfo, frame: "DataFrame", checks: "Sequence[CheckConfig]"
) -> Sequence[QualityResult] | None:
    """The results of a component's checks, or None to let the kernel evaluate them.

    Asked once per component whose checks are all `fail` or `warn`. A check that is missing from the answer has status `error`.
    """


OBSERVERS = (
    "ppf_pipeline_start",
    "ppf_component_start",
    "ppf_component_retry",
    "ppf_component_end",
    "ppf_circuit_change",
    "ppf_quality_result",
    "ppf_secret_accessed",
    "ppf_stream_progress",
    "ppf_pipeline_end",
)
DECIDERS = ("ppf_checkpoint_load", "ppf_checkpoint_save", "ppf_quality_evaluate")
HOOKS = OBSERVERS + DECIDERS
