"""How far incremental sources have got: one file per pipeline, changed only when what was read is published."""

import json
from collections.abc import Mapping
from pathlib import Path

from ppf_core.errors import RunError
from ppf_core.storage.state_files import held_alone, state_files

_FORMAT = "ppf-cursors-1"
PATIENCE = 10.0
"""Seconds to wait for another process that moves cursors: that takes milliseconds."""

Values = Mapping[str, str]


class Cursors:
    """The cursors of one pipeline: component → key → value. Safe between processes."""

    def __init__(self, state_dir: Path, pipeline: str) -> None:
        self.path = state_dir / "cursors" / f"{pipeline}.json"

    def read(self) -> dict[str, dict[str, str]]:
        """All cursors; none before the first move. RunError when the file cannot be understood."""
        try:
            data = state_files().read(self.path)
        except (FileNotFoundError, NotADirectoryError):  # whoever creates the record says that
            return {}
        except OSError as error:
            raise RunError(f"The cursors in {self.path} cannot be read: {error}.", hint="Make the file readable.") from error
        return self._parse(data)

    def move(self, moves: Mapping[str, Values]) -> None:
        """Moves the cursors of some components; it is on disk when this returns. RunError when it cannot be written."""
        if not moves:
            return
        try:
            state_files().make_folder(self.path.parent)
            with held_alone(self.path.with_name(f".{self.path.name}.lock"), PATIENCE):
                found = self.read()
                for component, values in moves.items():
                    found[component] = {**found.get(component, {}), **values}
                text = json.dumps({"format": _FORMAT, "components": found}, ensure_ascii=False)
                state_files().write(self.path, text)
        except OSError as error:
            hint = "Free space there, or make it writable; then `ppf runs recover` finishes the run."
            raise RunError(f"The cursors in {self.path} cannot be written: {error}.", hint=hint) from error

    def _parse(self, data: bytes) -> dict[str, dict[str, str]]:
        try:
            document = json.loads(data)
            if document["format"] != _FORMAT:
                raise ValueError(f"its format is {document['format']!r}")
            return {name: dict(values) for name, values in document["components"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "Restore it from a backup. Without it, incremental sources read from the start."
            raise RunError(f"The file {self.path} holds no cursors of ppf: {error}.", hint=hint) from error
