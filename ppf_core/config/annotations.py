"""Reads options classes: fields, annotations and what `option` said of them → `Option` values."""

import builtins
import dataclasses
import inspect
import keyword
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ppf_core.config.option_types import (
    ANYTHING,
    SECRET,
    Block,
    Choice,
    Many,
    Maybe,
    OneOrMany,
    OptionType,
    Scalar,
    Table,
    Tagged,
    blocks,
    leaves,
)
from ppf_core.contracts.options import OptionInfo
from ppf_core.contracts.secrets import Secret

_SCALARS = (str, int, float, bool, Decimal, timedelta, Secret)
_SUPPORTED = (
    "str, int, float, bool, Decimal, timedelta, Secret, Any, Literal, an Enum with str values, X | None, list[X], "
    "tuple[X, ...], dict[str, X], an options class, X | list[X], or options classes told apart by one Literal field"
)


class UnsupportedOption(Exception):
    """The options class of a plugin cannot be bound, so the plugin is broken. The text names the class and the field."""


class _UnknownType(UnsupportedOption):
    """An annotation that no file can give a value for; the text is the annotation."""


@dataclass(frozen=True)
class Option:
    """One field of an options class. name: its key in a file, `class` for a field `class_`, since Python keeps that word."""

    name: str
    type: OptionType
    info: OptionInfo
    field: "dataclasses.Field[Any]"

    @property
    def has_default(self) -> bool:
        """Whether the class can be built without it."""
        return self.field.default is not MISSING or self.field.default_factory is not MISSING

    @property
    def default(self) -> Any:
        """Its default, made anew where the class says so; None when there is none. Runs code of the plugin."""
        if self.field.default_factory is not MISSING:
            return self.field.default_factory()
        return None if self.field.default is MISSING else self.field.default

    @property
    def required(self) -> bool:
        """Whether a file must set it; of a `one_of` group the group is required."""
        return not self.has_default and self.info.one_of is None

    @property
    def takes_null(self) -> bool:
        """Whether null is a value here; elsewhere it means that the option is not set."""
        return isinstance(self.type, Maybe) or self.type == ANYTHING


def options_of(options_class: type[Any]) -> tuple[Option, ...]:
    """The options of a class, inherited ones first. Raises UnsupportedOption."""
    return _options_of(options_class)  # type: ignore[arg-type]  # mypy does not see that every class is hashable


@lru_cache(maxsize=1024)
def _options_of(options_class: type[Any]) -> tuple[Option, ...]:
    fields = [field for field in _fields(options_class) if field.init]
    hints = _hints(options_class, fields)
    return tuple(_option(options_class, field, hints[field.name]) for field in fields)


def holds_secret(type_: OptionType) -> bool:
    """Whether a value of this type is, or has in it, a Secret. Reads all nested options classes."""
    nested = (option.type for block in _reachable(blocks(type_)) for option in options_of(block))
    return any(SECRET in leaves(each) for each in (type_, *nested))


def _reachable(classes: Iterable[type[Any]]) -> list[type[Any]]:
    """The options classes and all that are nested in them, each once."""
    found = list(dict.fromkeys(classes))
    for options_class in found:  # grows while we walk it
        for option in options_of(options_class):
            found += [block for block in dict.fromkeys(blocks(option.type)) if block not in found]
    return found


def option_type(annotation: Any) -> OptionType:
    """The type that an annotation means. Raises UnsupportedOption with the annotation's text."""
    annotation = getattr(annotation, "__value__", annotation)  # `type Name = …`
    if annotation is Any:
        return ANYTHING
    if annotation in _SCALARS:
        return Scalar(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _enum(annotation)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return Block(annotation)
    return _generic(annotation, get_origin(annotation), get_args(annotation))


def _generic(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> OptionType:
    match origin, arguments:
        case (builtins.list, (item,)):
            return Many(option_type(item), list)
        case (builtins.tuple, (item, builtins.Ellipsis)):
            return Many(option_type(item), tuple)
        case (builtins.dict, (builtins.str, value)):
            return Table(option_type(value))
    if origin is Literal:
        return _literal(arguments)
    if origin in (Union, types.UnionType):
        return _union(annotation, arguments)
    raise _UnknownType(_text(annotation))


def _enum(annotation: type[Enum]) -> Choice:
    members = tuple((member.value, member) for member in annotation)
    if not members or not all(isinstance(value, str) for value, _member in members):
        raise _UnknownType(f"{_text(annotation)}, an Enum whose values are not all str")
    return Choice(members)


def _literal(arguments: tuple[Any, ...]) -> OptionType:
    values = tuple((value, value) for value in arguments if value is not None)
    if not values or not all(isinstance(value, str | int) and not isinstance(value, Enum) for value, _value in values):
        raise _UnknownType(f"Literal{list(arguments)!r}")
    return Maybe(Choice(values)) if None in arguments else Choice(values)


def _union(annotation: Any, arguments: tuple[Any, ...]) -> OptionType:
    """`X | None`, `X | list[X]` or several options classes; anything else has no clear reading in a file."""
    members = tuple(dict.fromkeys(option_type(argument) for argument in arguments if argument is not types.NoneType))
    optional = types.NoneType in arguments
    lists = [member for member in members if isinstance(member, Many)]
    others = tuple(member for member in members if not isinstance(member, Many))
    found = _one(others) if others else None
    if found is not None and lists:
        found = OneOrMany(found, lists[0]) if len(lists) == 1 and lists[0].item == found else None
    elif len(lists) == 1:
        found = lists[0]
    if found is None:
        raise _UnknownType(_text(annotation))
    return Maybe(found) if optional else found


def _one(members: tuple[OptionType, ...]) -> OptionType | None:
    """What the members mean together when none of them is a list."""
    if len(members) == 1:
        return members[0]
    classes = [member for member in members if isinstance(member, Block)]
    return _tagged(classes) if len(classes) == len(members) else None


def _tagged(members: list[Block]) -> Tagged | None:
    """The classes by the first field that is a Literal in each of them, with values of its own in each."""
    literals = [_literals(member.options_class) for member in members]
    for tag in literals[0]:
        found = [(value, member) for member, values in zip(members, literals, strict=True) for value in values.get(tag, ())]
        distinct = len(found) == len({value for value, _member in found})
        if distinct and all(tag in values for values in literals):
            return Tagged(tag, tuple(found))
    return None


def _literals(options_class: type[Any]) -> dict[str, tuple[Any, ...]]:
    # Not through options_of: a class in the union may have the union itself as the type of a field.
    hints = _hints(options_class, _fields(options_class))
    return {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}


def _option(options_class: type[Any], field: "dataclasses.Field[Any]", annotation: Any) -> Option:
    try:
        type_ = option_type(annotation)
    except _UnknownType as error:
        text = f"The option {field.name!r} of {_name(options_class)} has the type {error}, which no file can give."
        raise UnsupportedOption(f"{text} Use {_SUPPORTED}.") from error
    return Option(_key(field.name), type_, OptionInfo.of(field), field)


def _key(name: str) -> str:
    bare = name.removesuffix("_")
    return bare if keyword.iskeyword(bare) else name


def _fields(options_class: type[Any]) -> tuple["dataclasses.Field[Any]", ...]:
    # A subclass of a dataclass that is not decorated itself would silently lose the options that it adds.
    own = "__dataclass_fields__" in vars(options_class) or not inspect.get_annotations(options_class)
    if not dataclasses.is_dataclass(options_class) or not own:
        raise UnsupportedOption(f"{_name(options_class)} is not a dataclass. Write @options above the class.")
    return dataclasses.fields(options_class)


def _hints(options_class: type[Any], fields: Iterable["dataclasses.Field[Any]"]) -> Mapping[str, Any]:
    try:
        return get_type_hints(options_class)
    except Exception as error:
        unknown = getattr(error, "name", None) or ""
        named = next((field.name for field in fields if isinstance(field.type, str) and unknown in field.type), "?")
        text = f"The type of the option {named!r} of {_name(options_class)} is not known when the plugin runs: {error}."
        raise UnsupportedOption(f"{text} Import it outside of `if TYPE_CHECKING`.") from error


def _name(options_class: type[Any]) -> str:
    return f"{options_class.__module__}.{options_class.__qualname__}"


def _text(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) and get_origin(annotation) is None else str(annotation)
