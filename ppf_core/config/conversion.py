"""The values of an options block → an instance of its options class, or the faults that say why not."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as Folder
from typing import Any

from ppf_core.config.annotations import holds_secret, options_of
from ppf_core.config.block_keys import BlockKeys, missing
from ppf_core.config.faults import Fault, Spot, parse_path, sentences
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
)
from ppf_core.config.scalars import Unfit, choose, convert_scalar
from ppf_core.config.type_texts import expected
from ppf_core.contracts.options import OptionsError
from ppf_core.contracts.paths import absolute_path
from ppf_core.contracts.secrets import MASK, Secret
from ppf_core.errors import near_miss
from ppf_core.hocon.places import Path, shown
from ppf_core.secrets.references import FORM, fill_secrets, find_secrets, is_malformed, means_secret, names_secret

UNBUILT: Any = object()
"""Stands for a value that cannot be had: it is faulty, or waits for a secret. What holds one is unbuilt as well."""


@dataclass
class Conversion:
    """Converts values and keeps what it came across.

    resolve: a secret's reference → its value; None while nobody may ask. with_secrets: False leaves references as they are.
    broken: paths whose value could not be had, which is reported already. hidden: paths whose value no message shows.
    """

    folder: Folder
    resolve: Callable[[str], str] | None = None
    with_secrets: bool = True
    broken: Collection[Path] = ()
    hidden: Collection[Path] = ()
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    secrets: list[tuple[Path, str]] = field(default_factory=list)
    components: list[tuple[Path, str]] = field(default_factory=list)
    pending: bool = False
    _resolved: list[str] = field(default_factory=list, repr=False)

    def convert(self, value: Any, type_: OptionType, spot: Spot) -> Any:
        """The value as the type wants it, or UNBUILT."""
        if spot.path in self.broken:
            return UNBUILT
        if spot.path in self.hidden and isinstance(value, str):
            self._resolved.append(value)
            spot = replace(spot, hidden=True)
        match type_:
            case Maybe(inner):
                return None if value is None else self.convert(value, inner, spot)
            case Many():
                return self._many(value, type_, spot)
            case Table():
                return self._table(value, type_, spot)
            case OneOrMany(one, many):
                chosen = many if isinstance(value, list | tuple) else one
                return self.convert(value, chosen, replace(spot, wanted=expected(type_, spot.info)))
            case Block(options_class):
                return self._block(value, options_class, spot)
            case Tagged():
                return self._tagged(value, type_, spot)
            case Scalar() | Choice():
                return self._leaf(value, type_, spot)

    # ---- lists and objects

    def _many(self, value: Any, type_: Many, spot: Spot) -> Any:
        if not isinstance(value, list | tuple):
            return self._unfit(value, type_, spot)
        items = [self.convert(item, type_.item, spot.at(index)) for index, item in enumerate(value)]
        return UNBUILT if _has_unbuilt(items) else type_.container(items)

    def _table(self, value: Any, type_: Table, spot: Spot) -> Any:
        if not isinstance(value, Mapping):
            return self._unfit(value, type_, spot)
        table = {str(key): self.convert(item, type_.value, spot.at(str(key))) for key, item in value.items()}
        return UNBUILT if _has_unbuilt(table.values()) else table

    def _tagged(self, value: Any, type_: Tagged, spot: Spot) -> Any:
        if not isinstance(value, Mapping):
            return self._unfit(value, type_, spot)
        there, tags = spot.at(type_.tag), Choice(type_.blocks)
        if there.path in self.broken:
            return UNBUILT
        if value.get(type_.tag) is None:
            return self._missing(tags, there)
        block = self._plain(value[type_.tag], tags, there)
        return UNBUILT if block is UNBUILT else self.convert(value, block, spot)

    def _block(self, values: Any, options_class: type[Any], spot: Spot) -> Any:
        if isinstance(values, options_class):
            return values
        if not isinstance(values, Mapping):
            return self._unfit(values, Block(options_class), spot)
        options = options_of(options_class)
        faulty = {option.name for option in options if self.broken and spot.at(option.name).path in self.broken}
        keys = BlockKeys(values, options, spot, set(faulty))
        self.faults += keys.faults
        self.warnings += keys.warnings
        arguments = {}
        for option in keys.options:
            key = keys.written[option.name]
            here = replace(spot.at(key), info=option.info)
            # Null unsets an option, as everywhere in HOCON, unless null is a value of its type.
            if option.name in faulty:
                arguments[option.name] = UNBUILT
            elif key in values and (values[key] is not None or option.takes_null):
                arguments[option.name] = self.convert(values[key], option.type, here)
            elif option.info.path and option.default:
                arguments[option.name] = self.convert(option.default, option.type, here)  # relative to the file as well
            elif not option.has_default and option.name not in keys.meant:
                arguments[option.name] = self._missing(option.type, here) if option.required else None
        if keys.faults or _has_unbuilt(arguments.values()):
            return UNBUILT  # with a key missing or meant otherwise, what the class itself would say could be wrong
        fields = {option.name: option.field.name for option in keys.options}
        return self._build(options_class, {fields[name]: value for name, value in arguments.items()}, keys)

    def _build(self, options_class: type[Any], arguments: Mapping[str, Any], keys: BlockKeys) -> Any:
        """The instance; what the class itself finds wrong in `__post_init__` becomes faults."""
        try:
            built = options_class(**arguments)
            self.warnings += self._told(built.warnings() if callable(getattr(built, "warnings", None)) else {}, keys)
            return built
        except OptionsError as error:
            self.faults += self._told(error.problems, keys)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- the code is the plugin's, so it may raise anything
            self.faults.append(self._refusal(f"The {keys.spot.noun}s do not fit: {error or type(error).__name__}", keys.spot))
        return UNBUILT

    def _told(self, said: Mapping[str, str], keys: BlockKeys) -> list[Fault]:
        """What the class says of its options, by their names in it."""
        helps = {option.name: option.info.help for option in keys.options}
        told = []
        for where, text in said.items():
            name, *rest = parse_path(where) or ("",)
            there = keys.spot.at(keys.written.get(str(name), name), *rest) if name else keys.spot
            told.append(self._refusal(f"{there}: {text}" if there.path else text, there, helps.get(str(name), "")))
        return told

    # ---- single values

    def _leaf(self, value: Any, type_: Scalar | Choice, spot: Spot) -> Any:
        if type_ == ANYTHING and isinstance(value, list | tuple):
            return self._many(value, Many(ANYTHING, list), spot)
        if type_ == ANYTHING and isinstance(value, Mapping):
            return self._table(value, Table(ANYTHING), spot)
        if self.with_secrets and isinstance(value, str) and means_secret(value):
            return self._from_secret(value, type_, spot)
        return self._plain(value, type_, spot)

    def _from_secret(self, text: str, type_: Scalar | Choice, spot: Spot) -> Any:
        if spot.info.sql:
            message = f"{spot} refers to a secret, which Spark would show in its plans and event logs."
            hint = "Give the secret to a source or a sink; leave it out of SQL."
            self.faults.append(Fault(spot.path, "secret-in-sql", message, hint))
            return UNBUILT
        if is_malformed(text):
            message = f"{spot} is {MASK if type_ == SECRET else shown(text)}, which is no reference to a secret."
            self.faults.append(Fault(spot.path, "bad-value", message, FORM))
            return UNBUILT
        self.secrets += [(spot.path, reference) for reference in find_secrets(text)]
        if self.resolve is not None:
            filled = fill_secrets(text, self._resolve)
            return (
                Secret(filled, reference=text.strip(), current=partial(fill_secrets, text, self.resolve))
                if type_ == SECRET
                else self._plain(filled, type_, replace(spot, hidden=True))
            )
        if type_ == SECRET:
            return Secret(reference=text.strip())
        self.pending = True
        return UNBUILT

    def _resolve(self, reference: str) -> str:
        assert self.resolve is not None  # noqa: S101 -- for mypy; the only caller asked
        value = self.resolve(reference)
        self._resolved.append(value)
        return value

    def _plain(self, value: Any, type_: Scalar | Choice, spot: Spot) -> Any:
        try:
            if isinstance(type_, Choice):
                return choose(value, type_)
            converted = value if spot.info.as_written and type_ == ANYTHING else convert_scalar(value, type_.python)
            return self._named(converted, spot) if isinstance(converted, str) else converted
        except Unfit as unfit:
            return self._unfit(value, type_, spot, unfit)

    def _named(self, text: str, spot: Spot) -> str:
        """A text that may name a component or a path."""
        if spot.info.component:
            self.components.append((spot.path, text))
        is_path = spot.info.path or str(spot.path[-1]).lower() in spot.info.path_keys
        if is_path and text.strip() in ("", "file:"):
            raise Unfit("An empty path would be the folder of the pipeline file.", code="bad-value")
        return absolute_path(text, self.folder) if is_path else text

    # ---- faults

    def _unfit(self, value: Any, type_: OptionType, spot: Spot, unfit: Unfit | None = None) -> Any:
        unfit = unfit or Unfit()
        secret = spot.hidden or holds_secret(type_) or names_secret(spot.path)
        wanted = spot.wanted or expected(type_, spot.info)
        reason = "" if secret else unfit.reason or _did_you_mean(value, type_)
        message = f"{spot} is {MASK if secret else shown(value)}, but must be {wanted}."
        self.faults.append(Fault(spot.path, unfit.code, message, sentences(reason, spot.info.help)))
        return UNBUILT

    def _missing(self, type_: OptionType, spot: Spot) -> Any:
        self.faults.append(missing(type_, spot))
        return UNBUILT

    def _refusal(self, text: str, spot: Spot, help_: str = "") -> Fault:
        """The plugin's own words, in which values of secrets may stand."""
        for value in sorted(filter(None, self._resolved), key=len, reverse=True):
            text = text.replace(value, MASK)
        sentence = text if text.endswith((".", "?")) else f"{text}."
        return Fault(spot.path, "options", sentence, sentences(help_))


def _has_unbuilt(values: Iterable[Any]) -> bool:
    return any(value is UNBUILT for value in values)


def _did_you_mean(value: Any, type_: OptionType) -> str:
    names = [str(written) for written, _member in type_.members] if isinstance(type_, Choice) else []
    close = near_miss(value, names) if isinstance(value, str) else None
    return f"Did you mean {close!r}?" if close else ""
