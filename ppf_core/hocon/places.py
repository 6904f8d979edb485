"""Where each value of a file stands, and how messages show places and values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ppf_core.errors import Problem

Path = tuple[str | int, ...]
_LONGEST = 80


@dataclass(frozen=True)
class Place:
    """A place in a file; line and column count from 1. For a value of the command line, `file` is `--set`; None: in no file."""

    file: str | None
    line: int | None = None
    column: int | None = None

    def problem(self, code: str, message: str, *, hint: str | None = None, path: Path = ()) -> Problem:
        """A problem at this place. `path`: the dotted place in the file that it is about; in no file, the message names it."""
        name = dotted(path)
        return Problem(
            code=code,
            message=f"{name}: {message}" if self.file is None and name not in message else message,
            hint=hint,
            file=self.file,
            line=self.line,
            column=self.column,
            path=name or None,
        )


@dataclass(frozen=True)
class Places:
    """The places of keys and of values by their path, in the order in which HOCON merged them: the last one that counts.

    A path that stands nowhere (a default, a generated value) has the place of its nearest parent. file: None for values that no
    file has.
    """

    file: str | None
    keys: Mapping[Path, Place] = field(default_factory=dict)
    values: Mapping[Path, Place] = field(default_factory=dict)

    def key(self, path: Path) -> Place:
        """Where the key of this path stands."""
        return self._nearest(path, self.keys, self.values)

    def value(self, path: Path) -> Place:
        """Where the value of this path stands."""
        return self._nearest(path, self.values, self.keys)

    def problem(self, code: str, message: str, path: Path, *, at: str = "value", hint: str | None = None) -> Problem:
        """A problem located at the key or at the value of a path."""
        place = self.key(path) if at == "key" else self.value(path)
        return place.problem(code, message, hint=hint, path=path)

    def _nearest(self, path: Path, first: Mapping[Path, Place], second: Mapping[Path, Place]) -> Place:
        for length in range(len(path), 0, -1):
            found = first.get(path[:length]) or second.get(path[:length])
            if found is not None:
                return found
        return Place(None) if self.file is None else Place(self.file, 1, 1)


def dotted(path: Path) -> str:
    """The path as text: `components.late.quality[0].options`; a key with other characters is quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = part.replace("_", "").replace("-", "").isalnum()
            text += f"{'.' if text else ''}{part if plain else chr(34) + part + chr(34)}"
    return text


def shown(value: Any) -> str:
    """A value as the file would have it. Lists and objects are only named: what is in them may be secret."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    if isinstance(value, list | tuple | Mapping):
        return "an object" if isinstance(value, Mapping) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)
