"""What the installed distributions offer, read from their metadata. No plugin is imported, nothing here ends the program.

Two shortcuts keep a listing of hundreds of distributions fast: only the head of METADATA is read, and entry points are split
here instead of by importlib.metadata, which gives up on a whole distribution for one malformed line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

GROUPS = ("sources", "transforms", "sinks", "streaming_sources", "streaming_sinks", "checks", "secrets", "hooks")

_PREFIX = "ppf."
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
    summary: str | None
    requires: tuple[str, ...]
    offers: tuple[Offer, ...]
    fault: str | None = None


def normalise(name: str) -> str:
    """The name as PEP 503 compares it: `Ppf_Files` is `ppf-files`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def scan() -> tuple[Distribution, ...]:
    """Every installed distribution that offers plugins, by name."""
    found: dict[str, Distribution] = {}
    for installed in metadata.distributions():
        distribution = _read(installed)
        if distribution is not None:
            found.setdefault(normalise(distribution.name), distribution)
    return tuple(found[name] for name in sorted(found) if not _is_shadowed(name))


def _is_shadowed(name: str) -> bool:
    """Whether another version of it that offers no plugin stands earlier on sys.path: that one is imported."""
    try:
        return _read(metadata.distribution(name)) is None
    except metadata.PackageNotFoundError:  # its METADATA has another name than its folder
        return False


def _read(installed: metadata.Distribution) -> Distribution | None:
    """The facts of one distribution, or None when it offers no plugin."""
    try:
        text = installed.read_text("entry_points.txt") or ""
    except (OSError, ValueError) as error:
        return _unreadable(installed, "entry_points.txt", error)
    if f"[{_PREFIX}" not in text:
        return None
    offers = tuple(_offers(text))
    try:
        head = _head(installed)
        return Distribution(
            name=head["Name"][0],
            version=head["Version"][0],
            summary=next(iter(head.get("Summary", ())), None),
            requires=tuple(head.get("Requires-Dist", ())),
            offers=offers,
        )
    except (OSError, ValueError, LookupError) as error:
        return _unreadable(installed, "METADATA", error, offers)


def _head(installed: metadata.Distribution) -> dict[str, list[str]]:
    """The header fields of METADATA. The egg-info of old develop installs keeps requirements elsewhere: the slow way."""
    text = installed.read_text("METADATA")
    if text is None:
        slow = installed.metadata
        return {"Name": [slow["Name"]], "Version": [slow["Version"]], "Requires-Dist": installed.requires or []}
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line:
            break
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
            yield Offer(group.removeprefix(_PREFIX), name, value, fault)


def _unreadable(installed: metadata.Distribution, file: str, error: Exception, offers: tuple[Offer, ...] = ()) -> Distribution:
    """What can be said of a distribution whose metadata is damaged: its folder's name holds name and version."""
    folder = getattr(installed, "_path", None)  # private, but nothing public tells where a damaged distribution lies
    name, _, version = (folder.name.rpartition(".")[0] if folder else "unknown").partition("-")
    what = f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)
    return Distribution(normalise(name), version or "unknown", None, (), offers, f"Its {file} cannot be read: {what}.")
