"""Which version is wanted, and which is there: of the kernel by a plugin, of distributions by a pipeline file.

`packaging` answers, but importing it costs 30 ms, so a listing does without wherever the answer is plain.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from ppf_core import __version__
from ppf_core.errors import suggestion
from ppf_core.plugins.installed import normalise

if TYPE_CHECKING:
    from packaging.requirements import Requirement

KERNEL = "ppf-core"

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_PLAIN = re.compile(r"\s*[\w.-]+\s*(?:\[[\w\s,.-]*\])?\s*\(?((?:(?:>=|<)\s*\d+(?:\.\d+)*\s*,?\s*)*)\)?\s*")


def kernel_mismatch(requires: Iterable[str], kernel: str = __version__) -> str | None:
    """Which `Requires-Dist` of a distribution asks for another kernel, if one does. Raises ValueError when it is malformed."""
    for text in requires:
        name = _NAME.match(text)
        if name and normalise(name[1]) == KERNEL and not _accepts(text, kernel):
            return f"It wants {text!r}, found {KERNEL} {kernel}."
    return None


def missing_requirements(requires: Iterable[str]) -> Iterator[str]:
    """The requirements of a distribution that the environment does not meet. Malformed ones say nothing."""
    for text in requires:
        try:
            requirement = parse(text)
        except ValueError:
            continue
        if applies(requirement) and not is_met(requirement):
            requirement.marker = None
            yield str(requirement)


def parse(text: str) -> "Requirement":
    """A requirement such as `ppf-kafka>=1.2`. Raises ValueError."""
    from packaging.requirements import Requirement

    return Requirement(text)


def applies(requirement: "Requirement") -> bool:
    """Whether its marker holds here; what belongs to an extra does not."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def is_met(requirement: "Requirement") -> bool:
    """Whether the installed version is one that it accepts; a pre-release counts like any version."""
    found = installed_version(requirement.name)
    return found is not None and requirement.specifier.contains(found, prereleases=True)


def installed_version(name: str) -> str | None:
    """The version of an installed distribution, or None."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def unmet(requirement: str, known: Sequence[str], ban: Callable[[str], str | None]) -> str | None:
    """Why an entry of `plugins.require` does not hold, with what was wanted and what was found; None when it does."""
    try:
        wanted = parse(requirement)
    except ValueError:  # a mistake of the file, which its loader tells
        return None
    if not applies(wanted):
        return None
    found = installed_version(wanted.name)
    if found is None:
        return f"Wanted {requirement!r}, found no distribution {wanted.name!r}. {suggestion(wanted.name, known)}"
    if not is_met(wanted):
        return f"Wanted {requirement!r}, found {wanted.name} {found}. Run: pip install {requirement!r}"
    if normalise(wanted.name) in map(normalise, known) and ban(wanted.name):
        return f"Wanted {requirement!r}, found {wanted.name} {found}, which is blocked: {ban(wanted.name)}"
    return None


@cache
def _accepts(text: str, kernel: str) -> bool:
    """Whether a requirement on the kernel accepts its version."""
    if _is_plainly_met(text, kernel):
        return True
    requirement = parse(text)
    return not applies(requirement) or requirement.specifier.contains(kernel, prereleases=True)


def _is_plainly_met(text: str, kernel: str) -> bool:
    """Whether plain `>=` and `<` bounds hold for a plain version; False also means: ask packaging."""
    plain = _PLAIN.fullmatch(text)
    if plain is None or not re.fullmatch(r"\d+(\.\d+)*", kernel):
        return False
    bounds = re.findall(r"(>=|<)\s*([\d.]+)", plain[1])
    return all((_release(kernel) >= _release(bound)) == (sign == ">=") for sign, bound in bounds)


def _release(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while numbers and not numbers[-1]:  # 1.0 is 1
        numbers.pop()
    return tuple(numbers)
