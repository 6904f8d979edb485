"""Reading a pipeline file and what it includes: files under its folder, and nothing else."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from ppf_core.config.places import Path
from ppf_core.config.scanner import Mistake, Scan, Scanner
from ppf_core.errors import Problem

DEEPEST_INCLUDE = 100
LARGEST = 10 * 1024 * 1024

# The closing brackets are counted against the opening ones where the statement is used.
_STATEMENT = re.compile(r'(required\s*\(\s*)?(?:(file|url|classpath|package)\s*\(\s*)?"((?:[^"\\\n]|\\.)*)"(\s*\))?(\s*\))?')


@dataclass
class Reader:
    """Scans a file and its includes into one Scan. Mistakes of includes are collected; the rest is still read."""

    folder: FilePath
    scan: Scan = field(default_factory=Scan)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    _open: list[FilePath] = field(default_factory=list)
    _size: int = 0

    def read(self, path: FilePath, base: Path = ()) -> None:
        """Scans one file; raises Mistake when it cannot be read or is no HOCON."""
        text = self._text(path)
        self._open.append(path.resolve())
        try:
            Scanner(text, str(path), self.scan, self._include, len(self._open)).read_file(base)
        finally:
            self._open.pop()

    def set(self, key: str, value: str) -> None:
        """Scans one `--set`. What is no HOCON value is a text, as it stands."""
        before = len(self.scan.text)
        try:
            Scanner(value, "--set", self.scan, self._refuse_include).read_setting(key)
        except Mistake:
            del self.scan.text[before:]
            Scanner(key, "--set", self.scan, self._refuse_include).read_key_alone()
            quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
            Scanner(quoted, "--set", self.scan, self._refuse_include).read_setting(key)

    def _text(self, path: FilePath) -> str:
        raw = path.read_bytes()
        self._size += len(raw)
        if self._size > LARGEST:
            message = f"The file and what it includes are larger than {LARGEST // 1024 // 1024} MB."
            raise Mistake(Problem(code="limit", message=message, hint="Split the pipeline.", file=str(path), line=1, column=1))
        try:
            return raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            before = raw[: error.start]
            line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
            message = f"Byte 0x{raw[error.start]:02x} is not UTF-8."
            hint = "Save the file as UTF-8."
            raise Mistake(
                Problem(code="encoding", message=message, hint=hint, file=str(path), line=line, column=column)
            ) from None

    def _refuse_include(self, scanner: Scanner, _base: Path, _depth: int) -> None:
        raise scanner.mistake("A value of the command line cannot include a file.", code="include")

    def _include(self, scanner: Scanner, base: Path, depth: int) -> None:
        start = scanner.position
        found = _STATEMENT.match(scanner.text, start)
        if found is None or bool(found[1]) + bool(found[2]) != bool(found[4]) + bool(found[5]):
            hint = 'Write include "file.conf" or include required("file.conf").'
            raise scanner.mistake("This include cannot be read.", code="include", hint=hint, at=start)
        scanner.position = found.end()
        required, kind, name = bool(found[1]), found[2], found[3]
        refused = self._refusal(kind, name)
        if refused:
            hint = "Include files under the folder of the pipeline file, by a relative path."
            self.problems.append(scanner.mistake(refused, code="include", hint=hint, at=start).problem)
            return
        path = self._find(FilePath(scanner.file).parent, name)
        if path is None:
            message = f"The included file {name!r} does not exist."
            problem = scanner.mistake(message, code="include", hint="Check the path; it is relative to this file.", at=start)
            (self.problems if required else self.warnings).append(problem.problem)
        else:
            self._include_file(scanner, path, name, base, depth, start)

    def _include_file(self, scanner: Scanner, path: FilePath, name: str, base: Path, depth: int, start: int) -> None:
        if not path.resolve().is_relative_to(self.folder.resolve()):
            message = f"The include {name!r} leaves the folder of the pipeline file."
            self.problems.append(scanner.mistake(message, code="include", hint="Copy the file here.", at=start).problem)
        elif path.resolve() in self._open:
            way = " → ".join(each.name for each in (*self._open[self._open.index(path.resolve()) :], path.resolve()))
            message = f"These files include each other: {way}."
            self.problems.append(scanner.mistake(message, code="include", hint="Remove one of the includes.", at=start).problem)
        elif depth >= DEEPEST_INCLUDE:
            raise scanner.mistake(
                f"Includes are more than {DEEPEST_INCLUDE} deep.", code="limit", hint="Flatten them.", at=start
            )
        elif not path.is_file():
            message = f"The include {name!r} is no file."
            self.problems.append(scanner.mistake(message, code="include", at=start).problem)
        else:
            self.read(path, base)

    def _refusal(self, kind: str | None, name: str) -> str | None:
        if kind in ("url", "package", "classpath"):
            return f"An include of a {kind} is refused: {name!r}."
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", name):
            return f"The include {name!r} is a URL, and those are refused."
        if os.path.isabs(name):  # noqa: PTH117 -- a text of the file, no path yet
            return f"The include {name!r} is absolute."
        if ".." in FilePath(name).parts:
            return f"The include {name!r} leaves its folder by '..'."
        return None

    def _find(self, folder: FilePath, name: str) -> FilePath | None:
        for candidate in (name, f"{name}.conf"):
            path = folder / candidate
            if path.exists():
                return path
        return None
