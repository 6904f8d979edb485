"""Lower and upper bounds on a number, as options and in a verdict."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ppf_core import OptionsError, Verdict

Number = int | float | Decimal


def bound_problems(minimum: Any, maximum: Any) -> dict[str, str]:
    """What is wrong with a pair of bounds that can be compared, by option."""
    if minimum is None and maximum is None:
        return {"min": "is missing, and so is max. Set at least one of them."}
    if minimum is not None and maximum is not None and minimum > maximum:
        return {"max": f"is {maximum}, but min is {minimum}: nothing lies between."}
    return {}


def require_count_bounds(minimum: int | None, maximum: int | None) -> None:
    """Raises OptionsError unless these can bound a count."""
    negative = {name: value for name, value in (("min", minimum), ("max", maximum)) if value is not None and value < 0}
    problems = {name: f"is {value}, but a count is never negative." for name, value in negative.items()}
    problems = problems or bound_problems(minimum, maximum)
    if problems:
        raise OptionsError(problems)


def judged(value: Number, minimum: Number | None, maximum: Number | None, what: str) -> Verdict:
    """The verdict on a number that came; `what` names it at the start of a sentence."""
    shown = f"{what} is {value:,}" if isinstance(value, int) else f"{what} is {value}"
    if math.isnan(value):
        return Verdict(passed=False, message=f"{what} is NaN, which is out of every range.")
    passed = _at_least(value, minimum) and _at_most(value, maximum)
    message = "" if passed else f"{shown}; wanted {_wanted(minimum, maximum)}."
    # An infinite number can be judged, but no JSON document can hold it.
    return Verdict(passed=passed, value=float(value) if math.isfinite(value) else None, message=message)


def missing(values: Mapping[str, Any], *names: str) -> Verdict | None:
    """The verdict where a metric did not arrive: nothing that was not computed ever passes."""
    absent = [name for name in names if values.get(name) is None]
    if not absent:
        return None
    return Verdict(passed=False, message=f"Spark gave no value for {', '.join(absent)}, so nothing can be said.")


def _at_least(value: Number, minimum: Number | None) -> bool:
    return minimum is None or value >= _like(value, minimum)


def _at_most(value: Number, maximum: Number | None) -> bool:
    return maximum is None or value <= _like(value, maximum)


def _like(value: Number, bound: Number) -> Number:
    """The bound as a binary fraction where the value is one: the 0.1 of a file is not the Decimal 0.1."""
    return float(bound) if isinstance(value, float) else bound


def _wanted(minimum: Number | None, maximum: Number | None) -> str:
    if maximum is None:
        return f"at least {minimum}"
    if minimum is None:
        return f"at most {maximum}"
    return f"exactly {minimum}" if minimum == maximum else f"{minimum} to {maximum}"
