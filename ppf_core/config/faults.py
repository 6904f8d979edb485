"""What is wrong with one option, in words: the thing, what was found, what is wanted, and what helps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ppf_core.config.places import Path, dotted
from ppf_core.contracts.options import OptionInfo

_LONGEST = 80
_STEP = re.compile(r'"([^"]*)"|\[(\d+)\]|([^.\[\]"]+)')


@dataclass(frozen=True)
class Fault:
    """One mistake or warning. `path` is relative to what was bound; `at` says which place of it is meant."""

    path: Path
    code: str
    message: str
    hint: str | None = None
    at: Literal["key", "value"] = "value"


@dataclass(frozen=True)
class Spot:
    """Where a value stands and how to speak of it.

    noun: what messages call a key. hidden: it came from a secret and is never shown. wanted: words that say more than its type.
    """

    path: Path = ()
    info: OptionInfo = field(default_factory=lambda: OptionInfo(help=""))
    noun: str = "option"
    hidden: bool = False
    wanted: str | None = None

    def at(self, *steps: str | int) -> "Spot":
        """A place below."""
        return replace(self, path=(*self.path, *steps), wanted=None)

    def __str__(self) -> str:
        """How a sentence begins."""
        return f"{self.noun.capitalize()} {dotted(self.path)!r}"


def shown(value: Any) -> str:
    """A value as the file would have it. Lists and objects are only named: what is in them may be secret."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    if isinstance(value, list | tuple | Mapping):
        return "an object" if isinstance(value, Mapping) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def sentences(*parts: str) -> str | None:
    """The parts that say something, as one hint."""
    return " ".join(part.strip() for part in parts if part.strip()) or None


def parse_path(text: str) -> Path:
    """The path that `dotted` would write as this text."""
    return tuple(int(index) if index else quoted or name for quoted, index, name in _STEP.findall(text))
