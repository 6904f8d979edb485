"""The version of the kit: checks that come later are asked of who says so, and an upgrade fails nobody's tests by itself."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

KIT = 1
"""The newest version; a suite's `kit` says which one is asked."""

F = TypeVar("F", bound=Callable[..., Any])


def since(version: int) -> Callable[[F], F]:
    """Marks a check that only suites of this version of the kit, or a later one, are asked."""

    def mark(check: F) -> F:
        check.since = version  # type: ignore[attr-defined] # of the function
        return check

    return mark


def skip_later_checks(items: list[pytest.Item]) -> None:
    """Skips what the suites of these checks do not ask for yet, and says how they would."""
    for item in items:
        wanted, asked = getattr(getattr(item, "function", None), "since", 1), getattr(getattr(item, "cls", None), "kit", KIT)
        if wanted > asked:
            reason = f"It came with version {wanted} of the kit, and the suite asks for {asked}. Say kit = {wanted} in it."
            item.add_marker(pytest.mark.skip(reason=reason))
