"""From the values of a file to a plugin's options: the one place where options classes are read, checked and built.

Every mistake is a `Fault` with a path relative to the block; the caller knows where the block stands.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path as Folder
from typing import Any

from ppf_core.config.annotations import Option, UnsupportedOption, holds_secret, options_of
from ppf_core.config.conversion import UNBUILT, Conversion
from ppf_core.config.faults import Fault, Spot
from ppf_core.config.option_types import Block
from ppf_core.config.type_texts import type_text
from ppf_core.contracts.secrets import MASK, Secret
from ppf_core.hocon.places import Path


@dataclass(frozen=True)
class Bound:
    """What binding gave: the options, or None and what is wrong with them.

    secrets: the references in the values. components: the names given by component options. pending: nothing is wrong, but the
    options can be built only when the secrets are resolved.
    """

    options: Any
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    secrets: tuple[tuple[Path, str], ...] = ()
    components: tuple[tuple[Path, str], ...] = ()
    pending: bool = False


def bind(
    options_class: type[Any],
    values: Mapping[str, Any],
    *,
    folder: Folder,
    resolve: Callable[[str], str] | None = None,
    broken: Collection[Path] = (),
    hidden: Collection[Path] = (),
) -> Bound:
    """Binds an options block. Without `resolve` a `Secret` stays unresolved, and any other field that needs one is pending.

    broken: paths in the block whose value could not be had; what is wrong there is known, so it is no fault of the options.
    hidden: paths in the block whose value no message shows.
    """
    conversion = Conversion(folder, resolve, broken=broken, hidden=hidden)
    options = conversion.convert(values, Block(options_class), Spot())
    return Bound(
        options=None if options is UNBUILT else options,
        faults=tuple(conversion.faults),
        warnings=tuple(conversion.warnings),
        secrets=tuple(conversion.secrets),
        components=tuple(conversion.components),
        pending=conversion.pending and not conversion.faults,
    )


@dataclass(frozen=True)
class OptionSpec:
    """One option as people read of it. `default` is in JSON's types."""

    name: str
    type: str
    required: bool
    default: Any
    help: str
    secret: bool
    path: bool
    component: bool
    one_of: str | None
    aliases: tuple[str, ...]


def option_specs(options_class: type[Any]) -> tuple[OptionSpec, ...]:
    """The options of a class for `ppf plugins show` and for documentation.

    Reads all that binding ever reads, so UnsupportedOption comes from here, if it comes at all.
    """
    return tuple(_spec(option) for option in options_of(options_class))


def _spec(option: Option) -> OptionSpec:
    return OptionSpec(
        name=option.name,
        type=type_text(option.type, option.info),
        required=option.required,
        default=default_of(option),
        help=option.info.help,
        secret=holds_secret(option.type),
        path=option.info.path,
        component=option.info.component,
        one_of=option.info.one_of,
        aliases=option.info.aliases,
    )


def default_of(option: Option) -> Any:
    """The default of an option as a file would have it, in JSON's types; None when there is none."""
    try:
        return _written(option.default)
    except Exception as error:  # the plugin's own code
        raise UnsupportedOption(f"The default of the option {option.name!r} cannot be made: {error}") from error


def _written(value: Any) -> Any:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Decimal):
        return str(value)
    if dataclasses.is_dataclass(value):
        return {field.name: _written(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, list | tuple) else value
