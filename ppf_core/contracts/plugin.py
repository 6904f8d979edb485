"""The base of every plugin class."""

from abc import ABC
from collections.abc import Sequence, Set
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args, get_origin

from ppf_core.contracts.context import Requirements
from ppf_core.contracts.options import NoOptions

O = TypeVar("O")  # noqa: E741 -- the contract names it so


class Plugin(ABC, Generic[O]):
    """One instance per component (hook, backend, check) and run, kept for all attempts; its methods never run concurrently.

    Do not define `__init__`: `options` is set when you are called. Open connections when first needed, close them in `close`.
    """

    supports: ClassVar[Set[Literal["classic", "connect"]]] = frozenset({"classic"})
    examples: ClassVar[Sequence[str]] = ()

    options: O

    def __init__(self, options: O) -> None:
        self.options = options

    @classmethod
    def requirements(cls, options: O | None) -> Requirements:
        """What the Spark session must bring. None asks for what holds for any options."""
        return Requirements()

    def close(self) -> None:
        """Called once at the end of the run, in reverse order, whatever happened."""


def options_class(plugin: type[Plugin[Any]]) -> type[Any]:
    """The options class that a plugin class names between its brackets, also through classes in between.

    `class CsvSource(Source[CsvOptions])` gives CsvOptions; a class that names none has NoOptions.
    """
    argument = _argument(plugin)
    return argument if isinstance(argument, type) else NoOptions


def _argument(cls: type[Any]) -> Any:
    """What `cls` binds Plugin's type variable to: a class, or a TypeVar that a subclass still has to bind, or None."""
    for base in getattr(cls, "__orig_bases__", ()):
        origin = get_origin(base)
        if not (isinstance(origin, type) and issubclass(origin, Plugin)):
            continue
        inner = O if origin is Plugin else _argument(origin)
        if not isinstance(inner, TypeVar):
            return inner
        parameters = getattr(origin, "__parameters__", ())
        return dict(zip(parameters, get_args(base), strict=False)).get(inner, get_args(base)[0])
    for parent in cls.__bases__:
        if issubclass(parent, Plugin) and parent is not Plugin:
            return _argument(parent)
    return None
