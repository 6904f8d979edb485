"""What lies in a checkpoint file, and why a file is refused.

    {"content":{"components":{…},"pipeline":…,"run_id":…,"saved_at":…},"format":"ppf-checkpoint","sha256":…,"version":1}

The bytes are exactly those that `encode` makes of the content. So a file from which anything is missing, or in which a single
byte differs, is told from a whole one, whatever JSON would still make of it.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppf_core import Checkpoint, CheckpointRefused, RunInfo

FORMAT = "ppf-checkpoint"
VERSION = 1

_START_AGAIN = "Put back a copy of it, or remove it and run the pipeline from the start."
_ELSEWHERE = "Name another folder in hooks.checkpoint.directory, or move the file away and run the pipeline from the start."


@dataclass(frozen=True)
class CheckpointFile:
    """The bytes found under a path, and the run that they have to belong to."""

    path: Path
    data: bytes
    run: RunInfo

    def checkpoint(self) -> Checkpoint:
        """The checkpoint in the file; CheckpointRefused when it is not whole, not of this run, or nothing that we can read."""
        document = self._document()
        if document.get("format") != FORMAT:
            raise self._refused(f"is no checkpoint: its format is {document.get('format')!r}, not {FORMAT!r}", _ELSEWHERE)
        self._check_version(document.get("version"))
        found = self._content(document)
        if found.run_id != self.run.run_id:
            raise self._refused(f"belongs to the run {found.run_id!r}, not to {self.run.run_id!r}", _ELSEWHERE)
        if found.pipeline != self.run.pipeline:
            raise self._refused(f"belongs to the pipeline {found.pipeline!r}, not to {self.run.pipeline!r}", _ELSEWHERE)
        return found

    def _document(self) -> Mapping[str, Any]:
        if not self.data.strip():
            raise self._refused("is empty", _START_AGAIN)
        try:
            document = json.loads(self.data)
        except (ValueError, RecursionError) as error:
            raise self._refused("is torn or damaged: it is not JSON", _START_AGAIN) from error
        if not isinstance(document, dict):
            raise self._refused(f"is no checkpoint: it holds a {type(document).__name__}, not an object", _ELSEWHERE)
        return document

    def _check_version(self, version: object) -> None:
        if type(version) is not int or version < 1:  # True is an int for isinstance
            raise self._refused(f"is damaged: its version is {version!r}", _START_AGAIN)
        if version > VERSION:
            hint = "Resume with the ppf-checkpoint that wrote it: `pip install --upgrade ppf-checkpoint`."
            raise self._refused(f"has version {version}, and this ppf-checkpoint reads up to version {VERSION}", hint)

    def _content(self, document: Mapping[str, Any]) -> Checkpoint:
        try:
            content = document["content"]
            found = Checkpoint(
                run_id=content["run_id"],
                pipeline=content["pipeline"],
                saved_at=datetime.datetime.fromisoformat(content["saved_at"]),
                components=dict(content["components"]),
            )
            is_whole = encode(found) == self.data
        except (KeyError, TypeError, ValueError) as error:
            raise self._refused("is damaged: a part of it is missing or of another type", _START_AGAIN) from error
        if not is_whole:
            raise self._refused("is damaged: its content does not fit its checksum", _START_AGAIN)
        return found

    def _refused(self, finding: str, hint: str) -> CheckpointRefused:
        return CheckpointRefused(f"The checkpoint {str(self.path)!r} of the run {self.run.run_id!r} {finding}.", hint=hint)


def encode(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint: the same ones for the same content, and ASCII, so that any text of JSON survives."""
    content = {
        "run_id": checkpoint.run_id,
        "pipeline": checkpoint.pipeline,
        "saved_at": checkpoint.saved_at.isoformat(),
        "components": dict(checkpoint.components),
    }
    checksum = hashlib.sha256(_json(content)).hexdigest()
    return _json({"format": FORMAT, "version": VERSION, "sha256": checksum, "content": content})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("ascii")
