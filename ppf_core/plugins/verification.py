"""Whether a class keeps the contract of its group. What breaks it is told as a sentence that continues `'module:Class' …`."""

import dataclasses
import inspect
from collections.abc import Iterator, Sequence, Set
from typing import Any

from ppf_core.config.binding import option_specs
from ppf_core.contracts.checks import AggregateCheck, FrameCheck, RowCheck
from ppf_core.contracts.components import Sink, Source, StreamingSink, StreamingSource, Transform
from ppf_core.contracts.deprecations import warn_of_plugin
from ppf_core.contracts.hooks import Hooks
from ppf_core.contracts.plugin import Plugin, options_class
from ppf_core.contracts.secrets import SecretsBackend

BASES: dict[str, tuple[type[Plugin[Any]], ...]] = {
    "sources": (Source,),
    "transforms": (Transform,),
    "sinks": (Sink,),
    "streaming_sources": (StreamingSource,),
    "streaming_sinks": (StreamingSink, Sink),
    "checks": (RowCheck, AggregateCheck, FrameCheck),
    "secrets": (SecretsBackend,),
    "hooks": (Hooks,),
}

_PLACES = {"classic", "connect"}
_KERNEL_KEYS = ("plugin", "required")
_PROPERTIES = ("input_schema", "output_schema", "idempotent", "exclusive", "atomic", "repeatable")


class BrokenPlugin(Exception):
    """A plugin that cannot be used; the text says why."""


def verify(found: object, group: str) -> object:
    """The class or the command, if it is one that this group promises. Raises BrokenPlugin."""
    if group == "commands":
        return _verify_command(found)
    if not isinstance(found, type):
        raise BrokenPlugin(f"is a {type(found).__name__}, not a class.")
    if not issubclass(found, BASES[group]):
        raise BrokenPlugin(_wrong_base(found, group))
    for fault in _faults(found, group):
        raise BrokenPlugin(fault)
    _verify_options(found, group)
    warn_of_plugin(found)
    return found


def _verify_command(found: object) -> object:
    from click import Command

    if not isinstance(found, Command):
        raise BrokenPlugin(f"is a {type(found).__name__}, not a command of click. Put @ppf_core.command above the function.")
    return found


def _wrong_base(found: type, group: str) -> str:
    wanted = " or ".join(base.__name__ for base in BASES[group])
    home = next((f"ppf.{other}" for other, bases in BASES.items() if issubclass(found, bases)), None)
    move = f"Offer it under {home}, or derive it" if home else "Derive it"
    return f"does not derive from {wanted}, as every plugin of ppf.{group} must. {move} from {wanted}."


def _faults(found: type[Plugin[Any]], group: str) -> Iterator[str]:
    """What the class itself gets wrong, most important first."""
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        yield f"does not define {', '.join(missing)}. Define what {found.__mro__[1].__name__} leaves open."
    owner = next(cls for cls in found.__mro__ if "__init__" in vars(cls))
    if owner is not Plugin:
        yield f"has an __init__ (of {owner.__name__}). Leave it out: the options are set before the first call."
    if not isinstance(inspect.getattr_static(found, "requirements"), classmethod):
        yield "has a requirements that is no classmethod. Put @classmethod above it."
    yield from _wrong_signatures(found, group)
    for name in _PROPERTIES:
        if inspect.isfunction(inspect.getattr_static(found, name, None)):
            yield f"has a method {name} that must be a property. Put @property above it."
    if not isinstance(found.supports, Set) or not found.supports <= _PLACES:
        yield f"has supports = {found.supports!r}, which is not a set of {' and '.join(sorted(_PLACES))}."
    if isinstance(found.examples, str) or not isinstance(found.examples, Sequence):
        yield "has examples that are no list of texts. Write a list of HOCON options blocks."
    if group == "hooks":
        from ppf_core.plugins.hooks import hook_mistakes

        yield from hook_mistakes(found)


def _wrong_signatures(found: type[Plugin[Any]], group: str) -> Iterator[str]:
    """Methods that cannot be called as the contract calls them, or that give something to wait for."""
    (base, *_) = (each for each in BASES[group] if issubclass(found, each))
    for name, promised in inspect.getmembers_static(base, inspect.isfunction):
        own = inspect.getattr_static(found, name)
        if name.startswith("_") or own is promised:
            continue
        if not inspect.isfunction(own):
            yield f"has {name}, a {type(own).__name__} that must be a method. Define it with def {name}{_signature(promised)}."
            continue
        written = inspect.unwrap(own)
        place = f"{written.__code__.co_filename}:{written.__code__.co_firstlineno}"
        if inspect.iscoroutinefunction(own):
            yield f"has an async method {name} at {place}, for which nobody waits. Leave out the async."
        try:
            inspect.signature(own).bind(*inspect.signature(promised).parameters)
        except TypeError:
            called = f"{name}{_signature(promised)}"
            yield f"has {name}{_signature(own)} at {place}, which is called as {called}. Take these arguments."


def _signature(function: object) -> str:
    """Its arguments, by their names."""
    return f"({', '.join(inspect.signature(function).parameters)})"  # type: ignore[arg-type] # any function


def _verify_options(found: type[Plugin[Any]], group: str) -> None:
    """Reads the options class once, so that a type that no file can fill is known before a file uses it."""
    options = options_class(found)
    if not dataclasses.is_dataclass(options):
        raise BrokenPlugin(f"has the options class {options.__name__}, which is no dataclass. Put @options above it.")
    try:
        specs = option_specs(options)
    except Exception as error:  # annotations are code: they can fail in any way
        raise BrokenPlugin(f"has options that cannot be read: {error}") from error
    taken = {name for spec in specs for name in (spec.name, *spec.aliases)}.intersection(_KERNEL_KEYS)
    if group in ("hooks", "secrets") and taken:
        raise BrokenPlugin(f"has an option {min(taken)!r}: in {group} this key is the kernel's. Give it another name.")
