"""A look at some rows of a frame, in which no secret is seen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.spark.engine import Engine

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Frames(Mapping[str, "DataFrame"]):
    """The frames of components by name, to look at. What is told of them is told through `redact`, which masks secrets."""

    def __init__(self, frames: "Mapping[str, DataFrame]", redact: Callable[[str], str]) -> None:
        self._frames = frames
        self._redact = redact

    def redact(self, text: str) -> str:
        """The text with every secret of the pipeline masked."""
        return self._redact(text)

    def __getitem__(self, name: str) -> "DataFrame":
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


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
