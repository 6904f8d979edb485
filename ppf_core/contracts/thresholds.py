"""Thresholds of checks, such as "> 10" and ">= 0.5%"."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FORM = 'Write >, >=, <, <= or == and a count or a percentage up to 100 %, such as "> 10" or "> 0.5%".'
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_PATTERN = re.compile(rf"\s*(?P<how>>=|<=|==|>|<)\s*(?:(?P<percent>{_NUMBER})\s*%|(?P<bound>[+-]?{_NUMBER}))\s*")


@dataclass(frozen=True)
class Threshold:
    """A comparison with a bound, or with a share of the rows that were looked at."""

    how: str
    bound: float
    is_percentage: bool

    @classmethod
    def parse(cls, text: str) -> "Threshold":
        """The threshold that a text says; ValueError when it is none."""
        found = _PATTERN.fullmatch(text)
        if found is None or float(found["percent"] or 0) > 100:
            raise ValueError(f"{text!r} is no threshold. {FORM}")
        return cls(found["how"], float(found["percent"] or found["bound"]), found["percent"] is not None)

    def is_reached(self, number: float, evaluated: int | None = None) -> bool:
        """Whether a number reaches it. evaluated: the rows that a percentage is a share of; of no rows, any share is 0 %."""
        if self.is_percentage:
            number = 100 * number / evaluated if evaluated else 0.0
        return _COMPARISONS[self.how](number, self.bound)
