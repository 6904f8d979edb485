"""Reading a file and what it includes: regular files below its folder, and nothing else."""

import errno
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from ppf_core.errors import Problem
from ppf_core.hocon.budget import DEEPEST, LARGEST, Budget, LimitReached
from ppf_core.hocon.places import Place
from ppf_core.hocon.repair import repaired
from ppf_core.hocon.scanner import Scanner, Unbalanced
from ppf_core.hocon.syntax import Include, Object, Piece

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BELOW = "Include files below the folder of the file that is read, by a relative path."


class Unreadable(Exception):
    """A file cannot be read. The text says why; `code` and `place` are those of the problem."""

    def __init__(self, message: str, *, hint: str | None = None, code: str = "file", place: Place | None = None) -> None:
        super().__init__(message)
        self.hint, self.code, self.place = hint, code, place


@dataclass
class _Source:
    """One scanned file. height: how many includes lie below it, one in the other."""

    content: Object
    height: int = 0


@dataclass
class Library:
    """Scans a file and its includes, each once. What is wrong is in `problems` and `warnings`.

    texts: what stands in for files, by their real paths. used: the first keys of all substitutions.
    """

    folder: FilePath
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    texts: Mapping[str, str] = field(default_factory=dict)
    _budget: Budget = field(default_factory=Budget)
    _sources: dict[str, _Source] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def read(self, path: FilePath) -> Object:
        """The statements of a file, its includes filled in. Raises Unreadable, Unbalanced and LimitReached."""
        if "\0" in str(path):
            raise Unreadable(f"{str(path)!r} is not the name of a file.")
        return self._read(path).content

    @property
    def files(self) -> tuple[str, ...]:
        """The real paths of what was read."""
        return tuple(self._sources)

    def _read(self, path: FilePath) -> _Source:
        real = os.path.realpath(path)  # unlike Path.resolve, it bears links that go round in a circle
        if real not in self._sources:
            source = _Source(self._scan(path))
            self._open.append(real)
            for include in _includes(source.content):
                self._fill(include, source, path.parent)
            self._open.pop()
            self._sources[real] = source
        return self._sources[real]

    def _scan(self, path: FilePath) -> Object:
        text = self.texts.get(os.path.realpath(path))
        text = read_text(path) if text is None else text
        scanner = Scanner(text, str(path), self._budget, warnings=self.warnings, used=self.used)
        try:
            content, problems = scanner.scan(), scanner.problems
        except Unbalanced:
            found = repaired(scanner)
            if found is None:
                self.problems += scanner.problems
                raise
            content, problems = found
        self.problems += problems
        return content

    def _fill(self, include: Include, source: _Source, folder: FilePath) -> None:
        """Finds the file that is meant; a refused or missing one leaves the include empty."""
        refusal = _refusal(include)
        if refusal:
            self._say(include, refusal, _BELOW)
            return
        if ".." in FilePath(include.name).parts and not self._is_below(folder / include.name):
            self._say(include, f"The include {include.name!r} goes up by '..' out of the folder of the file.", _BELOW)
            return
        paths = _existing(folder / include.name)
        if not paths:
            missing = f"The included file {include.name!r} does not exist."
            self._say(include, missing, f"It is looked for in {str(folder)!r}.", warning=not include.required)
        for path in paths:
            self._fill_from(path, include, source)

    def _is_below(self, path: FilePath) -> bool:
        return FilePath(os.path.realpath(path)).is_relative_to(os.path.realpath(self.folder))

    def _fill_from(self, path: FilePath, include: Include, source: _Source) -> None:
        if not self._is_below(path):
            self._say(
                include, f"The include {include.name!r} is a link that leaves the folder of the file that is read.", _BELOW
            )
        elif os.path.realpath(path) in self._open:
            circle = [*self._open[self._open.index(os.path.realpath(path)) :], os.path.realpath(path)]
            names = " → ".join(FilePath(each).name for each in circle)
            self._say(include, f"The files include each other in a circle: {names}.", "Remove one of the includes.")
        else:
            self._link(include, path, source)

    def _link(self, include: Include, path: FilePath, source: _Source) -> None:
        if len(self._open) > DEEPEST:
            raise LimitReached(f"Includes are more than {DEEPEST} deep.", include.place)
        try:
            included = self._read(path)
        except Unreadable as error:
            self._say(include, str(error), error.hint, code=error.code, place=error.place)
            return
        source.height = max(source.height, included.height + 1)
        if len(self._open) + included.height > DEEPEST:
            raise LimitReached(f"Includes are more than {DEEPEST} deep.", include.place)
        before = () if include.target is None else include.target.members
        include.target = Object((*before, *included.content.members), included.content.place)

    def _say(
        self,
        include: Include,
        message: str,
        hint: str | None,
        *,
        code: str = "include",
        place: Place | None = None,
        warning: bool = False,
    ) -> None:
        problem = (place or include.place).problem(code, message, hint=hint)
        (self.warnings if warning else self.problems).append(problem)


def read_text(path: FilePath) -> str:
    """The text of a regular UTF-8 file of at most 10 MB; raises Unreadable."""
    raw = _bytes(path)
    if len(raw) > LARGEST:
        place = Place(str(path), 1, 1)
        raise Unreadable(f"The file {str(path)!r} is larger than 10 MB.", code="limit", place=place, hint="Split it.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line_start = before.rfind(b"\n") + 1
        place = Place(str(path), before.count(b"\n") + 1, len(before[line_start:].decode()) + 1)
        message = f"Byte 0x{error.object[error.start]:02x} is not UTF-8."
        raise Unreadable(message, code="encoding", place=place, hint="Save the file as UTF-8.") from None


def _bytes(path: FilePath) -> bytes:
    # Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise Unreadable(
                    f"{str(path)!r} is {'a folder' if stat.S_ISDIR(mode) else 'no regular file'}, not a file to read."
                )
            return file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise Unreadable(f"The file {str(path)!r} does not exist.", hint="Check the path.") from error
    except (OSError, ValueError) as error:
        folder = isinstance(error, IsADirectoryError) or getattr(error, "errno", None) == errno.EISDIR
        reason = "it is a folder" if folder else getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"The file {str(path)!r} cannot be read: {reason}.") from error


def _includes(content: Object) -> list[Include]:
    """All include statements of a file, at any depth, in their order."""
    found: list[Include] = []
    waiting: list[Piece] = [content]
    for piece in waiting:  # grows while we walk it
        if isinstance(piece, Object):
            found += [member for member in piece.members if isinstance(member, Include)]
            values = [member.value for member in piece.members if not isinstance(member, Include)]
        else:
            values = list(getattr(piece, "items", ()))
        waiting += [part for value in values for part in value.pieces]
    return found


def _refusal(include: Include) -> str | None:
    """Why an include is not even looked for."""
    name = include.name
    if include.scheme not in (None, "file"):
        return f"An include of {include.scheme}(…) is refused: {name!r}."
    if not name.strip() or "\0" in name:
        return f"{name!r} is not the name of a file."
    if _SCHEME.match(name):
        return f"The include {name!r} is a URL, which is refused."
    if name.startswith(("/", "\\", "~")):
        return f"The include {name!r} is an absolute path, which is refused."
    if "\\" in name:
        return f"The include {name!r} has a backslash, which is refused: folders end with '/'."
    return None


def _existing(path: FilePath) -> list[FilePath]:
    """The files that a name means: itself, or with an ending; of two, the one that wins last."""
    named = [each for each in (FilePath(f"{path}.json"), FilePath(f"{path}.conf")) if os.path.lexists(each)]
    if os.path.lexists(path) and not (named and path.is_dir()):
        return [path]
    return named
