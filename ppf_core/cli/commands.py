"""How a verb is written: `command` makes it, for plugins and with the options that the kernel's own verbs have."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from ppf_core.cli.options import pipeline_argument, session_options, verb
from ppf_core.cli.output import Output
from ppf_core.cli.stores import find_store, store_options


def command(*examples: str, takes: Sequence[str] = (), **shape: Any) -> Callable[[Callable[..., int]], click.Command]:
    """Makes a verb of ppf of a function. It takes the Output first, gives the exit code, and has `--json` as every verb.

    examples: command lines for its help. shape: the keys of its document, with the values that they have when it fails.
    takes: what its command line has besides its own options, each with the argument of the function that it becomes:
    `pipeline`, the PIPELINE file and `--set`, as `pipeline` and `overrides`; `session`, `--master` and `--remote`, which
    join the `overrides`; `runs`, `--pipeline`, `--state-dir` and `--set`, as `store`, a RunStore.
    """

    def decorate(function: Callable[..., int]) -> click.Command:
        for each in reversed(takes):
            function = _TAKERS[each](function)
        return verb(*examples, **shape)(function)

    return decorate


def _with_store(function: Callable[..., int]) -> Callable[..., int]:
    @wraps(function)
    def found(output: Output, *, pipeline: str | None, state_dir: str | None, overrides: dict[str, str], **others: Any) -> int:
        return function(output, store=find_store(pipeline, state_dir, overrides)[0], **others)

    return store_options(found)


_TAKERS: dict[str, Callable[[Callable[..., int]], Callable[..., int]]] = {
    "pipeline": pipeline_argument,
    "session": session_options,
    "runs": _with_store,
}
