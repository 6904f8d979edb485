"""What plugins use and will go away: all of it, since which release, until which one, and what to write instead.

An entry's key is a name of `ppf_core` (`Sink`), a method that plugins define (`Sink.write`), a hook (`ppf_component_end`), or
an argument of a hook (`ppf_component_end(result)`). Whoever uses it is warned at the line of the plugin that does.
"""

import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType


@dataclass(frozen=True)
class Deprecation:
    """since: the release that began to warn. until: the first one without it, at least one minor release later."""

    since: str
    until: str
    instead: str


DEPRECATED: dict[str, Deprecation] = {}


def warn_of_name(name: str) -> None:
    """Warns whoever imports a name of `ppf_core` that goes away, at the line of the import."""
    if name in DEPRECATED:
        warnings.warn(_text(name), DeprecationWarning, stacklevel=3)


def warn_of_plugin(plugin: type) -> None:
    """Warns of all that a plugin's class defines and that goes away, each at its own line."""
    for key, function in _used(plugin):
        code = inspect.unwrap(function).__code__
        warnings.warn_explicit(_text(key), DeprecationWarning, code.co_filename, code.co_firstlineno, function.__module__)


def _used(plugin: type) -> Iterator[tuple[str, FunctionType]]:
    """The entries that a class uses, with the function that does. What the kernel's own bases define is none of it."""
    for cls in plugin.__mro__:
        if cls.__module__.partition(".")[0] == "ppf_core":
            continue
        for name, value in vars(cls).items():
            function = inspect.unwrap(getattr(value, "__func__", getattr(value, "fget", None) or value))
            if isinstance(function, FunctionType):
                arguments = inspect.signature(function).parameters
                keys = (
                    *(f"{base.__name__}.{name}" for base in plugin.__mro__),
                    name,
                    *(f"{name}({each})" for each in arguments),
                )
                yield from ((key, function) for key in keys if key in DEPRECATED)


def _text(key: str) -> str:
    found = DEPRECATED[key]
    return f"{key} is deprecated since ppf-core {found.since} and goes away with {found.until}. {found.instead}"
