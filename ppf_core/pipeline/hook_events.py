"""Turns the events of a run into calls of its hooks."""

from ppf_core.contracts.results import RunInfo
from ppf_core.pipeline.events import (
    CheckJudged,
    CircuitChanged,
    ComponentEnded,
    ComponentStarted,
    Event,
    Observer,
    Retried,
    RunEnded,
    RunStarted,
    SecretAccessed,
)
from ppf_core.plugins.hooks import HookCaller


def hook_observer(hooks: HookCaller, run: RunInfo) -> Observer:
    """An observer that calls the hooks of a run. Only a component that started has a start, and so an end."""

    def observe(event: Event) -> None:
        match event:
            case RunStarted():
                hooks.pipeline_start(event.run)
            case ComponentStarted():
                hooks.component_start(run, event.component)
            case SecretAccessed():
                hooks.secret_accessed(run, event.backend, event.key)
            case Retried():
                hooks.component_retry(run, event.component, event.attempt, event.delay, event.error)
            case CircuitChanged():
                hooks.circuit_change(run, event.component, event.old, event.new)
            case CheckJudged():
                hooks.quality_result(run, event.component, event.result)
            case ComponentEnded() if event.started:
                hooks.component_end(run, event.component, event.result)
            case RunEnded():
                hooks.pipeline_end(event.run, event.result)
            case _:
                pass

    return observe
