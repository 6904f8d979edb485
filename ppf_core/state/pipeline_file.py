"""What one pipeline keeps of its components from run to run: one file in the state directory, changed under one lock."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ppf_core.errors import RunError
from ppf_core.state.documents import to_document
from ppf_core.storage.state_files import held_alone, state_files

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds to wait for another process that changes a file: that takes milliseconds."""

_FOREIGN = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading a file that somebody else wrote can end in."""


@dataclass(frozen=True)
class PipelineFile(Generic[T]):
    """A file of one pipeline: component → what is kept of it. Raises RunError, which names what is in the way.

    what: what it holds, in words. load: a component's values, from its name and its JSON. if_foreign, if_full: what to do when
    it cannot be understood, or cannot be written.
    """

    path: Path
    format: str
    what: str
    load: Callable[[str, Any], T]
    if_foreign: str
    if_full: str
    patience: float = PATIENCE

    def read(self) -> dict[str, T]:
        """All that is kept; nothing before the first change. Whole at any time, also while another process changes it."""
        try:
            data = state_files().read(self.path)
        except (FileNotFoundError, NotADirectoryError):  # whoever has to write there says that
            return {}
        except OSError as error:
            raise self._refused("read", error, "Make the file readable.") from error
        try:
            document = json.loads(data)
            if document["format"] != self.format:
                raise ValueError(f"its format is {document['format']!r}")
            return {name: self.load(name, values) for name, values in document["components"].items()}
        except _FOREIGN as error:
            raise RunError(f"The file {self.path} holds no {self.what} of ppf: {error}.", hint=self.if_foreign) from error

    @contextmanager
    def changing(self) -> Iterator[dict[str, T]]:
        """What is kept, to be changed in place: it is on disk when the block ends. No other process changes it meanwhile."""
        with self._alone():
            before = self.read()
            after = dict(before)
            yield after
            if after != before:
                self._write(after)

    def remove(self) -> None:
        """Forgets all, also where nobody understands it."""
        with self._alone():
            state_files().remove(self.path)

    def _write(self, components: Mapping[str, T]) -> None:
        if components:
            document = {"format": self.format, "components": to_document(components)}
            state_files().write(self.path, json.dumps(document, ensure_ascii=False))
        else:
            state_files().remove(self.path)
            state_files().sync_folder(self.path.parent)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            state_files().make_folder(self.path.parent)
            with held_alone(self.path.with_name(f".{self.path.name}.lock"), self.patience):
                yield
        except OSError as error:
            raise self._refused("written", error, self.if_full) from error

    def _refused(self, verb: str, error: OSError, hint: str) -> RunError:
        return RunError(f"The {self.what} in {self.path} cannot be {verb}: {error.strerror or error}.", hint=hint)
