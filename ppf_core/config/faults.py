"""What is wrong with one option, in words: the thing, what was found, what is wanted, and what helps."""

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from ppf_core.contracts.options import OptionInfo
from ppf_core.hocon.places import Path, dotted

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


def sentences(*parts: str) -> str | None:
    """The parts that say something, as one hint."""
    return " ".join(part.strip() for part in parts if part.strip()) or None


def parse_path(text: str) -> Path:
    """The path that `dotted` would write as this text."""
    return tuple(int(index) if index else quoted or name for quoted, index, name in _STEP.findall(text))
