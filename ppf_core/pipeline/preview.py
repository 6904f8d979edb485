"""A look at some rows of a frame, in which no secret is seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Preview:
    """Some rows of one frame."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def preview_frame(frame: "DataFrame", limit: int, redact: Callable[[str], str]) -> Preview:
    """The first rows of a frame. One Spark action. What would show a secret is a text in which it is masked."""
    columns = tuple(redact(name) for name in frame.columns)
    rows = [tuple(_shown(value, redact) for value in row) for row in frame.limit(limit).collect()]
    return Preview(columns, rows)


def _shown(value: Any, redact: Callable[[str], str]) -> Any:
    # Numbers and nested values as well: a secret may be all digits, or stand in a field of a struct.
    text = str(value)
    masked = redact(text)
    return value if masked == text else masked
