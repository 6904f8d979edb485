"""What an odd file is, and what is right to read from it."""

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

Rows: TypeAlias = Sequence[tuple[Any, ...]]
SecondOpinion: TypeAlias = Callable[[Path], Rows]


@dataclass(frozen=True)
class Refused:
    """The file is refused: what the message says, beside the name of the file. `names_file`: unless it is about an option."""

    message: str
    names_file: bool = True


Right: TypeAlias = Rows | SecondOpinion | Refused


@dataclass(frozen=True)
class OddFile:
    """One or several files of one source.

    found: what is right without a schema. typed: what is right with one, by the text of the schema. Rows stand there, or come
    from another program that reads the folder.
    """

    name: str
    source: str
    files: Mapping[str, bytes]
    found: Right | None = None
    typed: Mapping[str, Right] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Puts the files into the folder."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    @property
    def readings(self) -> Sequence[tuple[str | None, Right]]:
        """Each schema to read with, None for none, and what is right then."""
        return [*([] if self.found is None else [(None, self.found)]), *self.typed.items()]


def comparable(rows: Rows) -> list[str]:
    """Rows of any program, in one order and as texts: 1 is not 1.0, NaN is NaN, 1.10 is 1.1."""
    return sorted(repr(tuple(map(_comparable, row))) for row in rows)


def _comparable(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    if isinstance(value, Mapping):
        return {str(key): _comparable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(each) for each in value]
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value
    if isinstance(value, Decimal):
        return f"decimal {value:f}" if "." not in f"{value:f}" else f"decimal {value:f}".rstrip("0").rstrip(".")
    return bytes(value) if isinstance(value, bytearray | memoryview) else value
