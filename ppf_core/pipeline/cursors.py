"""How far incremental sources have got: one file per pipeline, changed only when what was read is published."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ppf_core.errors import RunError
from ppf_core.pipeline.durable import make_folder, write_durably

_FORMAT = "ppf-cursors-1"

Values = Mapping[str, str]


class Cursors:
    """The cursors of one pipeline: component → key → value. Safe between processes."""

    def __init__(self, state_dir: Path, pipeline: str) -> None:
        self.path = state_dir / "cursors" / f"{pipeline}.json"

    def read(self) -> dict[str, dict[str, str]]:
        """All cursors; none before the first move. RunError when the file cannot be understood."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):  # whoever creates the record says that
            return {}
        except OSError as error:
            raise RunError(f"The cursors in {self.path} cannot be read: {error}.", hint="Make the file readable.") from error
        return self._parse(text)

    def move(self, moves: Mapping[str, Values]) -> None:
        """Moves the cursors of some components; it is on disk when this returns. RunError when it cannot be written."""
        if not moves:
            return
        try:
            make_folder(self.path.parent)
            with self._alone():
                found = self.read()
                for component, values in moves.items():
                    found[component] = {**found.get(component, {}), **values}
                write_durably(self.path, json.dumps({"format": _FORMAT, "components": found}, ensure_ascii=False))
        except OSError as error:
            hint = "Free space there, or make it writable; then `ppf runs recover` finishes the run."
            raise RunError(f"The cursors in {self.path} cannot be written: {error}.", hint=hint) from error

    def _parse(self, text: str) -> dict[str, dict[str, str]]:
        try:
            document = json.loads(text)
            if document["format"] != _FORMAT:
                raise ValueError(f"its format is {document['format']!r}")
            return {name: dict(values) for name, values in document["components"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "Restore it from a backup. Without it, incremental sources read from the start."
            raise RunError(f"The file {self.path} holds no cursors of ppf: {error}.", hint=hint) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self.path.with_name(f".{self.path.name}.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
