"""Hooks: functions that the kernel calls at fixed moments of a run."""

from collections.abc import Callable
from typing import Any, TypeVar

from ppf_core.contracts.plugin import Plugin

O = TypeVar("O")  # noqa: E741 -- the contract names it so
F = TypeVar("F", bound=Callable[..., Any])

HOOKIMPL_MARK = "ppf_hookimpl"


class Hooks(Plugin[O]):
    """Methods marked `@hookimpl`, named as the hook. Calls to one hook plugin are never concurrent and come in order of events.

    All that a hook receives is already redacted.

        class Announce(Hooks[NoOptions]):
            @hookimpl
            def ppf_pipeline_start(self, run: RunInfo) -> None:
                print(run.run_id)
    """


def hookimpl(function: F) -> F:
    """Marks a method of a Hooks class as the implementation of the hook of its name."""
    # Our own mark, not pluggy's: executors import plugin modules where pluggy is not installed.
    setattr(function, HOOKIMPL_MARK, True)
    return function
