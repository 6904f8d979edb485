"""Options classes that cannot be bound make their plugin broken, and the text names the field."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Optional, TypeVar, Union

import pytest

from ppf_core import Secret, option, options
from ppf_core.config.annotations import UnsupportedOption
from ppf_core.config.binding import option_specs

if TYPE_CHECKING:
    from fractions import Fraction


class Number(Enum):
    ONE = 1


@options
class A:
    kind: Literal["a"] = "a"


@options
class AlsoA:
    kind: Literal["a"] = "a"


@options
class Untagged:
    other: str = ""


def options_with(annotation: Any) -> type[Any]:
    """An options class whose second field has this type."""
    return dataclasses.make_dataclass("Odd", [("fine", int, 1), ("odd", annotation, None)], frozen=True, kw_only=True)


@pytest.mark.parametrize(
    "annotation",
    [
        date, bytes, object, set[str], dict[int, str], list, dict, tuple, tuple[int, str], Sequence[str], Mapping[str, str],
        int | str, str | list[int], list[str] | list[int], str | dict[str, str], A | AlsoA, A | Untagged, Number, Literal[b"x"],
        list[set[str]], dict[str, date], date | None, TypeVar("T"), None,
    ],
)  # fmt: skip
def test_a_type_that_no_file_can_give_names_the_field(annotation: Any) -> None:
    with pytest.raises(
        UnsupportedOption, match=r"The option 'odd' of .*Odd has the type .*, which no file can give\. Use str, "
    ):
        option_specs(options_with(annotation))


@pytest.mark.parametrize(
    "annotation",
    [Optional[int], Union[str, list[str]], list[A | None], A | list[A], dict[str, A], Literal["x", None]],  # noqa: UP007, UP045 -- old
)
def test_all_spellings_of_a_union_are_understood(annotation: Any) -> None:
    assert len(option_specs(options_with(annotation))) == 2


def test_an_unsupported_type_in_a_nested_class_is_found() -> None:
    @options
    class Inner:
        when: date

    @options
    class Outer:
        inner: list[Inner] = option("Blocks.", default_factory=list)

    with pytest.raises(UnsupportedOption, match="'when'"):
        option_specs(Outer)


def test_a_class_without_decorator_is_told_so() -> None:
    class Bare:
        name: str = option("A name.")

    with pytest.raises(UnsupportedOption, match="Bare is not a dataclass"):
        option_specs(Bare)


def test_a_subclass_without_decorator_is_told_so() -> None:
    class Undecorated(A):
        name: str = option("A name.")

    with pytest.raises(UnsupportedOption, match="Undecorated is not a dataclass"):
        option_specs(Undecorated)


def test_a_type_that_is_only_imported_for_checking_is_told_so() -> None:
    @options
    class Lazy:
        fine: int = 1
        share: "Fraction" = option("A share.")

    with pytest.raises(UnsupportedOption, match=r"'share' of .*Lazy is not known when the plugin runs.*TYPE_CHECKING"):
        option_specs(Lazy)


def test_a_default_that_cannot_be_made_is_told_so() -> None:
    def broken() -> str:
        raise KeyError("HOME")

    @dataclass(frozen=True, kw_only=True)
    class Unlucky:
        home: str = field(default_factory=broken)

    with pytest.raises(UnsupportedOption, match="The default of the option 'home'"):
        option_specs(Unlucky)


def test_a_secret_as_default_is_masked() -> None:
    @options
    class Careless:
        password: Secret = option("The password.", default=Secret("hunter2"))

    assert option_specs(Careless)[0].default == "****"
