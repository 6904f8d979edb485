"""What the installed distributions offer, read from their metadata. No plugin is imported, nothing here ends the program.

Two shortcuts keep a listing of hundreds of distributions fast: only the head of METADATA is read, and entry points are split
here instead of by importlib.metadata, which gives up on a whole distribution for one malformed line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ppf_core.plugins.metadata_files import MetadataFiles, installed, normalise

__all__ = ["GROUPS", "Distribution", "Offer", "normalise", "scan"]

GROUPS = ("sources", "transforms", "sinks", "streaming_sources", "streaming_sinks", "checks", "secrets", "hooks", "commands")

_PREFIX = "ppf."
_NAME = re.compile(r"[\w.-]+")
_VALUE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\s*:\s*[^\W\d]\w*(\.[^\W\d]\w*)*\s*(\[.*\])?")


@dataclass(frozen=True)
class Offer:
    """One entry point: the group without `ppf.`, the plugin's name, and `module:Class`. `fault` says what is malformed."""

    group: str
    name: str
    value: str
    fault: str | None = None


@dataclass(frozen=True)
class Distribution:
    """An installed distribution that offers plugins. `fault` says what of its metadata cannot be read."""

    name: str
    version: str
    summary: str | None = None
    requires: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    fault: str | None = None


def scan() -> tuple[Distribution, ...]:
    """Every installed distribution that offers plugins, by name; of two with one name the first on sys.path, as import does."""
    found: dict[str, Distribution | None] = {}
    for files in installed():
        if files.name not in found:
            found[files.name] = _read(files)
    return tuple(distribution for _, distribution in sorted(found.items()) if distribution)


def _read(files: MetadataFiles) -> Distribution | None:
    """The facts of one distribution, or None when it offers no plugin."""
    name = files.name
    try:
        text = files.text("entry_points.txt") or ""
    except (OSError, ValueError) as error:
        return Distribution(name, "unknown", fault=f"Its entry_points.txt cannot be read: {error}.")
    if f"[{_PREFIX}" not in text:
        return None
    offers = tuple(_offers(text))
    try:
        fields = _fields(files)
    except Exception as error:  # noqa: BLE001 -- damaged metadata fails in many ways; none may hide the other distributions
        return Distribution(name, "unknown", offers=offers, fault=f"Its METADATA cannot be read: {error}.")
    named, version = (next(iter(fields.get(key, ())), None) for key in ("Name", "Version"))
    if not named or not version:
        return Distribution(name, version or "unknown", offers=offers, fault="Its METADATA has no name or no version.")
    return Distribution(
        name=named,
        version=version,
        summary=next(iter(fields.get("Summary", ())), None),
        requires=tuple(fields.get("Requires-Dist", ())),
        offers=offers,
    )


def _fields(files: MetadataFiles) -> dict[str, list[str]]:
    """The header fields of METADATA. The egg-info of old develop installs keeps requirements elsewhere: the slow way."""
    text = files.text("METADATA")
    if text is None:
        whole = files.whole()
        slow = whole.metadata
        return {"Name": [slow["Name"]], "Version": [slow["Version"]], "Requires-Dist": whole.requires or []}
    fields: dict[str, list[str]] = {}
    for line in text.partition("\n\n")[0].splitlines():
        key, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            fields.setdefault(key, []).append(value.strip())
    return fields


def _offers(text: str) -> Iterator[Offer]:
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[]")
        elif group.startswith(_PREFIX) and line and line[0] not in "#;":
            name, _, value = (part.strip() for part in line.partition("="))
            fault = None if name and _VALUE.fullmatch(value) else f"Its entry point {line!r} is not 'name = module:Class'."
            if fault is None and not _NAME.fullmatch(name):
                fault = f"The name {name!r} of its entry point has other characters than letters, digits, '_', '-' and '.'."
            yield Offer(group.removeprefix(_PREFIX), name, value, fault)
