"""The limits of a file, so that hostile ones end soon: every part of the loader pays for what it makes."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ppf_core.hocon.places import Place

DEEPEST = 100
"""How deep braces and brackets, dotted keys and includes may be nested."""
LARGEST = 10_000_000
"""Characters of a file with all that it includes and repeats."""
MOST = 200_000
"""Keys and values of a file with all that it includes and repeats."""


class LimitReached(Exception):
    """The file asks for more than anybody needs; nothing more of it is read."""

    def __init__(self, message: str, place: Place, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = place.problem("limit", message, hint=hint)


@dataclass
class Budget:
    """What may still be made."""

    characters: int = LARGEST
    entries: int = MOST
    steps: int = 10 * MOST

    def spend(self, entries: int, characters: int, place: Place) -> None:
        """Pays for keys and values, and for the characters in them. Raises LimitReached."""
        self.entries -= entries
        self.characters -= characters
        if self.characters < 0:
            raise LimitReached("The file is larger than 10 MB with all that it includes and repeats.", place)
        if self.entries < 0:
            raise LimitReached(f"The file has more than {MOST:,} keys and values with all that it includes and repeats.", place)

    def work(self, steps: int, place: Place) -> None:
        """Pays for what is only copied on the way. Raises LimitReached."""
        self.steps -= steps
        if self.steps < 0:
            raise LimitReached("The file merges and joins more than 2,000,000 values.", place, "Use fewer substitutions.")


@contextmanager
def paused_collector() -> Iterator[None]:
    """While a file is read, hardly anything is garbage, but the collector would look through all of it again and again.

    That costs two thirds of the time for 1 MB. What is read is bounded, and nothing in it is a cycle that has to go soon.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
