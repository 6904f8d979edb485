"""A look at some rows of a frame, in which no secret is seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.spark.engine import Engine

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Preview:
    """Some rows of one frame."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def preview_frame(engine: Engine, frame: "DataFrame", limit: int, redact: Callable[[str], str]) -> Preview:
    """The first rows of a frame. One Spark action. What would show a secret is a text in which it is masked."""
    columns, rows = engine.collected(frame, limit)
    return Preview(tuple(map(redact, columns)), [tuple(_shown(value, redact) for value in row) for row in rows])


def _shown(value: Any, redact: Callable[[str], str]) -> Any:
    # Numbers and nested values as well: a secret may be all digits, or stand in a field of a struct.
    text = str(value)
    masked = redact(text)
    return value if masked == text else masked
