"""A few bad rows of a check, as a report shows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ppf_core.contracts.secrets import MASK
from ppf_core.secrets.redaction import mask_by_name

_LONGEST_TEXT = 200


@dataclass(frozen=True)
class Sample:
    """A few bad rows of one check, as texts; a value that is not shown is MASK, one that is NULL is None."""

    number: int
    columns: tuple[str, ...]
    rows: list[list[str | None]]


def texts(columns: Sequence[str], rows: Sequence[Sequence[Any]], masked: Collection[str]) -> list[list[str | None]]:
    """The rows as texts; masked: columns that are not shown, as those are not whose names say that they are secret."""
    hidden = [name in masked or mask_by_name({name: "shown"})[name] == MASK for name in columns]
    return [[_text(value, is_hidden=hide) for value, hide in zip(row, hidden, strict=True)] for row in rows]


def _text(value: object, *, is_hidden: bool) -> str | None:
    if value is None:
        return None
    return MASK if is_hidden else str(value)[:_LONGEST_TEXT]
