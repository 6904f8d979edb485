"""Options: a frozen dataclass that is the one source of validation, JSON Schema, help and documentation."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")

METADATA_KEY = "ppf"


@dataclass(frozen=True)
class OptionInfo:
    """What `option` was told about one field; it travels in the field's metadata."""

    help: str
    path: bool = False
    component: bool = False
    one_of: str | None = None
    aliases: tuple[str, ...] = ()
    sql: bool = False
    path_keys: tuple[str, ...] = ()
    as_written: bool = False

    @classmethod
    def of(cls, field: "dataclasses.Field[Any]") -> "OptionInfo":
        """The information of a dataclass field; a field made without `option` has none but an empty help."""
        info = field.metadata.get(METADATA_KEY)
        return info if isinstance(info, OptionInfo) else cls(help="")


@overload
def option(
    help: str,
    *,
    path: bool = ...,
    component: bool = ...,
    one_of: str | None = ...,
    aliases: tuple[str, ...] = ...,
    sql: bool = ...,
    path_keys: tuple[str, ...] = ...,
    as_written: bool = ...,
) -> Any: ...
@overload
def option(
    help: str,
    *,
    default: T,
    path: bool = ...,
    component: bool = ...,
    one_of: str | None = ...,
    aliases: tuple[str, ...] = ...,
    sql: bool = ...,
    path_keys: tuple[str, ...] = ...,
    as_written: bool = ...,
) -> T: ...
@overload
def option(
    help: str,
    *,
    default_factory: Callable[[], T],
    path: bool = ...,
    component: bool = ...,
    one_of: str | None = ...,
    aliases: tuple[str, ...] = ...,
    sql: bool = ...,
    path_keys: tuple[str, ...] = ...,
    as_written: bool = ...,
) -> T: ...
def option(
    help: str,
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    path: bool = False,
    component: bool = False,
    one_of: str | None = None,
    aliases: tuple[str, ...] = (),
    sql: bool = False,
    path_keys: tuple[str, ...] = (),
    as_written: bool = False,
) -> Any:
    """One option of a plugin.

    path: a path or URI; the kernel makes a relative one relative to the pipeline file.
    component: the value names a component: near misses, an edge of the plan, and its frame in `context.frames`.
    one_of: exactly one option that carries the same label is set.
    aliases: old names, accepted with a located warning.
    sql: SQL, or an expression: Spark shows it in plans and logs, so a reference to a secret in it is a mistake.
    path_keys: of a map, the keys whose values are paths, in lower case; they are found in any case.
    as_written: a fraction under `Any` is a float whose `str` is the text of the file: 1.10, or more digits than a float has.
    A field that is called `class_` is the option `class`; so it is with every word that Python keeps for itself.

        @options
        class CsvOptions:
            path: str = option("File or folder to read.", path=True)
            header: bool = option("The first line holds the column names.", default=True)
    """
    info = OptionInfo(
        help=help,
        path=path,
        component=component,
        one_of=one_of,
        aliases=aliases,
        sql=sql,
        path_keys=path_keys,
        as_written=as_written,
    )
    metadata = {METADATA_KEY: info}
    if default is not MISSING:
        return dataclasses.field(default=default, metadata=metadata, kw_only=True)
    if default_factory is not MISSING:
        return dataclasses.field(default_factory=default_factory, metadata=metadata, kw_only=True)
    return dataclasses.field(metadata=metadata, kw_only=True)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
def options(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass of options. `@dataclass(frozen=True, kw_only=True)` works as well.

    What it cannot refuse but doubts, a method `warnings` tells: option path → text, as for OptionsError.
    """
    return dataclass(frozen=True, kw_only=True)(cls)


@options
class NoOptions:
    """The options of a plugin that has none."""


class OptionsError(Exception):
    """Raised in `__post_init__` of an options class: option path → what is wrong with it.

    The kernel adds file, line and column.

        raise OptionsError({"min": "must not be above max"})
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {text}" for path, text in problems.items()))
        self.problems = dict(problems)
