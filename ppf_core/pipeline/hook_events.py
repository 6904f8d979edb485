"""Turns the events of a run into calls of its hooks."""

from ppf_core.contracts.results import RunInfo
from ppf_core.pipeline.events import ComponentEnded, ComponentStarted, Event, Observer, RunEnded, RunStarted
from ppf_core.plugins.hooks import HookCaller


def hook_observer(hooks: HookCaller, run: RunInfo) -> Observer:
    """An observer that calls the hooks of a run. Only a component that started has a start, and so an end."""

    def observe(event: Event) -> None:
        match event:
            case RunStarted():
                hooks.pipeline_start(event.run)
            case ComponentStarted():
                hooks.component_start(run, event.component)
            case ComponentEnded() if event.started:
                hooks.component_end(run, event.component, event.result)
            case RunEnded():
                hooks.pipeline_end(event.run, event.result)
            case _:
                pass

    return observe
