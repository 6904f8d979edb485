"""The types that an option may have, as values: one small tree for binding, help, documentation and JSON Schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ppf_core.contracts.secrets import Secret


@dataclass(frozen=True)
class Scalar:
    """One value: str, int, float, bool, Decimal, timedelta or Secret; `object` stands for anything at all."""

    python: type


@dataclass(frozen=True)
class Choice:
    """One of a few values: as it is written → what the plugin gets (itself, or the member of an Enum)."""

    members: tuple[tuple[str | int, Any], ...]


@dataclass(frozen=True)
class Maybe:
    """A value or null."""

    inner: "OptionType"


@dataclass(frozen=True)
class Many:
    """A list; the plugin gets a list or a tuple."""

    item: "OptionType"
    container: type


@dataclass(frozen=True)
class Table:
    """An object with free keys."""

    value: "OptionType"


@dataclass(frozen=True)
class OneOrMany:
    """`X | list[X]`."""

    one: "OptionType"
    many: Many


@dataclass(frozen=True)
class Block:
    """A nested options class. Its fields are asked for when they are needed, so that a class may contain itself."""

    options_class: type[Any]


@dataclass(frozen=True)
class Tagged:
    """One of several options classes; the value of `tag` tells which."""

    tag: str
    blocks: tuple[tuple[str | int, Block], ...]


OptionType: TypeAlias = Scalar | Choice | Maybe | Many | Table | OneOrMany | Block | Tagged

ANYTHING = Scalar(object)
SECRET = Scalar(Secret)


def leaves(type_: OptionType) -> Iterator[OptionType]:
    """The types at the end of the branches: single values and options classes."""
    match type_:
        case Maybe(inner) | Many(inner, _) | Table(inner) | OneOrMany(inner, _):
            yield from leaves(inner)
        case Tagged(_, tagged):
            yield from (block for _value, block in tagged)
        case _:
            yield type_


def blocks(type_: OptionType) -> Iterator[type[Any]]:
    """The options classes that are nested in a type, not those nested in these."""
    return (leaf.options_class for leaf in leaves(type_) if isinstance(leaf, Block))
