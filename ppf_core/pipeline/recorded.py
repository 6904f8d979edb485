"""Reads the record of a run back: from its lines to the document of the run, and to what a report shows of it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ppf_core.storage.state_files import state_files

RECORD = "record.jsonl"
PIPELINE = "pipeline.json"

HEAD_KEYS = (
    "run_id",
    "pipeline",
    "version",
    "environment",
    "status",
    "exit_code",
    "started_at",
    "ended_at",
    "duration",
    "resumed_from",
)

Line = Mapping[str, Any]


def read_head(folder: Path) -> dict[str, Any] | None:
    """The keys of a run's document that say how it ended; None when not even the head was written.

    Looks at the first and the last line only: a record can be long, and a list of runs reads them all.
    """
    path = folder / RECORD
    is_locked, texts = is_held(path), _texts(path)
    lines = list(_parsed(texts[:1]))
    if not _has_head(lines):
        return None
    lines.append(next(_parsed(reversed(texts))))
    document = _document(lines, is_locked)
    return {key: document[key] for key in HEAD_KEYS}


def read_run(folder: Path) -> dict[str, Any] | None:
    """The document of a run; None when not even the head was written.

    The components of a run that goes on, or was killed, are those that have ended by now.
    """
    is_locked, lines = _read(folder / RECORD)
    return _document(lines, is_locked) if _has_head(lines) else None


def read_report(folder: Path) -> dict[str, Any] | None:
    """The document of a run and all else that its record knows; None when not even the head was written.

    Further keys: `mode`, `tags`, `record_path`, `written_at` (the last sign of life), `session_at` (Spark was ready), `plan`,
    `attempts`, `notes` (the other lines that name a component). The lines are in their order and have their time `at`.
    """
    is_locked, lines = _read(folder / RECORD)
    if not _has_head(lines):
        return None
    return {
        **_document(lines, is_locked),
        **{key: lines[0].get(key) for key in ("mode", "tags", "record_path")},
        "written_at": lines[-1]["at"],
        "session_at": next((line["at"] for line in _lines_of("session", lines)), None),
        "plan": _plan(lines),
        "attempts": _lines_of("attempt", lines),
        "notes": [line for line in lines if "component" in line and line.get("line") != "attempt"],
    }


def read_lines(path: Path) -> Iterator[Line]:
    """The whole lines of a record, in their order."""
    return _parsed(_texts(path))


def holder_of(folder: Path) -> str:
    """Which process wrote the head of a record last: its id, and its machine."""
    heads = [line for line in read_lines(folder / RECORD) if line.get("line") in ("run", "resumed")]
    return f"{heads[-1].get('pid', '?')} on {heads[-1].get('host', '?')}" if heads else "that has not begun yet"


def _read(path: Path) -> tuple[bool, list[Line]]:
    """Whether somebody still writes the record, and its lines. Asked in this order: whoever has let go has written all."""
    return is_held(path), list(_parsed(_texts(path)))


def _has_head(lines: list[Line]) -> bool:
    return bool(lines) and lines[0].get("line") == "run"


def _document(lines: list[Line], is_locked: bool) -> dict[str, Any]:
    head, last = lines[0], lines[-1] if lines[-1].get("line") == "end" else None
    document = {key: head.get(key) for key in (*HEAD_KEYS, "plugins")}
    for resumed in _lines_of("resumed", lines):
        document.update({key: resumed.get(key) for key in ("version", "environment", "resumed_from", "plugins")})
    if last is None:
        document.update(status="running" if is_locked else "interrupted", problems=[])
    else:
        document.update({key: last.get(key) for key in (*HEAD_KEYS, "problems")})
    document["facts"] = next((line["facts"] for line in _lines_of("session", lines)), {})
    document["components"] = _components(lines)
    return document


def _components(lines: list[Line]) -> list[dict[str, Any]]:
    """The components in the order of the file, as far as they have ended."""
    ended = {line["name"]: dict(line) for line in _lines_of("component", lines)}
    for component in ended.values():
        del component["line"], component["at"]
    planned = [component["name"] for component in _plan(lines)["components"]]
    return [ended[name] for name in (planned or ended) if name in ended]


def _plan(lines: list[Line]) -> dict[str, Any]:
    found = next(reversed(_lines_of("plan", lines)), {})
    return {
        "components": found.get("components", []),
        "settings": found.get("settings", {}),
        "warnings": found.get("warnings", []),
    }


def _lines_of(kind: str, lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.get("line") == kind]


def _parsed(texts: Iterable[bytes]) -> Iterator[Line]:
    """The whole lines of a record. A kill in mid-write leaves a torn last line, which says nothing."""
    for text in texts:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def is_held(path: Path) -> bool:
    """Whether the process that writes the record is alive: it holds the lock, and death releases it."""
    try:
        return state_files().is_locked(path)
    except FileNotFoundError:  # removed, as for `_texts`
        return False


def _texts(path: Path) -> list[bytes]:
    """The lines of a record; none once it is gone. `ppf runs clean` may remove it while somebody looks at all runs."""
    try:
        return state_files().read(path).split(b"\n")
    except FileNotFoundError:
        return []
