"""Options classes that the tests bind, with every type that an option may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from ppf_core import OptionsError, Secret, option, options


class Mode(Enum):
    APPEND = "append"
    OVERWRITE = "overwrite"


@options
class Basic:
    kind: Literal["basic"] = option("The kind of login.")
    user: str = option("Who logs in.")
    password: Secret = option("The password.")


@options
class Bearer:
    kind: Literal["bearer", "token"] = option("The kind of login.", default="bearer")
    token: Secret = option("The token.")


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A class made without `options`."""

    name: str
    size: int = 1


@options
class Every:
    """One option of each type."""

    text: str = option("A text.", default="")
    whole: int = option("A whole number.", default=0)
    real: float = option("A number.", default=0.0)
    flag: bool = option("A flag.", default=False)
    exact: Decimal = option("An exact number.", default=Decimal("0.0"))
    wait: timedelta = option("How long.", default=timedelta(seconds=90))
    secret: Secret | None = option("A secret.", default=None)
    free: Any = option("Anything.", default=None)
    literal: Literal["a", "b", 1] = option("One of three.", default="a")
    mode: Mode = option("What happens to old rows.", default=Mode.APPEND)
    maybe: int | None = option("A number or nothing.", default=7)
    texts: list[str] = option("Texts.", default_factory=list)
    pair: tuple[int, ...] = option("Numbers.", default=())
    table: dict[str, float] = option("Numbers by name.", default_factory=dict)
    plain: Plain | None = option("A block.", default=None)
    one_or_many: str | list[str] = option("One or more.", default="x")
    login: Basic | Bearer | None = option("How to log in.", default=None)
    logins: list[Basic | Bearer] = option("More logins.", default_factory=list)


@options
class Query:
    query: str | None = option("SQL text.", default=None, one_of="query")
    query_file: str | None = option("A file with SQL.", default=None, one_of="query", path=True)


@options
class Window:
    columns: list[str] = option("The columns.", aliases=("cols", "fields"))
    low: int = option("The lower bound.", default=0)
    high: int = option("The upper bound.", default=9)

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise OptionsError({"low": "must not be above high", "columns[0]": "has no room"})


@options
class Located:
    path: str | list[str] = option("Where.", path=True)
    named: dict[str, str] = option("Where, by name.", default_factory=dict, path=True)
    inner: Place | None = option("A block.", default=None)
    left: str | None = option("A component.", default=None, component=True)
    others: list[str] = option("Components.", default_factory=list, component=True)


@options
class Place:
    at: str = option("Where.", path=True)
    of: dict[str, list[str]] = option("Components.", default_factory=dict, component=True)


@options
class Connection:
    url: str = option("The address.")
    port: int = option("The port.", default=1)
    password: Secret | None = option("The password.", default=None)
    extra: dict[str, Any] = option("More.", default_factory=dict)


@options
class Tree:
    """Contains itself."""

    name: str = option("Its name.")
    children: list[Tree] = option("What grows on it.", default_factory=list)
