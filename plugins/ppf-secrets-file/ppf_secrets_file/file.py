"""Secrets that lie in files, as Kubernetes and Docker mount them."""

import os
import stat
from pathlib import Path
from typing import ClassVar

from ppf_core import OptionsError, SecretsBackend, json_field, local_path, option, options

_LONGEST = 1 << 20


@options
class FileOptions:
    """Where the files lie."""

    directory: str = option("The local folder with the secrets, one file for each.", path=True)

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        try:
            local_path(self.directory)
        except ValueError as error:
            raise OptionsError({"directory": str(error)}) from error


class FileBackend(SecretsBackend[FileOptions]):
    """Fetches secrets from files: `secret://file/db/password` is what the file `db/password` of the folder holds.

    Links are followed inside the folder and never out of it.
    """

    examples: ClassVar = ('directory = "/run/secrets"',)

    def fetch(self, key: str, field: str | None) -> str:
        """The file's text, or one field of it where it is a JSON object."""
        folder = local_path(self.options.directory)
        if not folder.is_dir():
            raise LookupError(f"The folder '{folder}' does not exist. Mount it, or correct 'directory'.")
        try:
            raw = _read(folder, key)
        except FileNotFoundError:
            # Kubernetes exchanges all files at once: what a link led to a moment ago may be gone, and is at its new place.
            raw = _read_or_lookup_error(folder, key)
        value = _text(raw, key)
        return value if field is None else json_field(value, field)


def _read_or_lookup_error(folder: Path, key: str) -> bytes:
    try:
        return _read(folder, key)
    except FileNotFoundError:
        raise LookupError(f"There is no file {key!r} in the folder '{folder}'. Check the key and what is mounted.") from None


def _read(folder: Path, key: str) -> bytes:
    root = folder.resolve(strict=True)
    try:
        found = (root / key).resolve(strict=True)
    except NotADirectoryError:
        raise LookupError(f"{key!r} looks for a file below another file. Check the key.") from None
    except (RuntimeError, OSError) as error:
        if isinstance(error, (FileNotFoundError, PermissionError)):
            raise
        raise LookupError(f"The links of {key!r} lead nowhere. Check what is mounted.") from None
    if not found.is_relative_to(root):
        raise PermissionError(f"{key!r} leads out of the folder '{folder}'. Name a file that lies in it.")
    return _content(root, found.relative_to(root).parts, key)


def _content(root: Path, parts: tuple[str, ...], key: str) -> bytes:
    """What the file holds. Goes down one folder at a time, so that a link that is made meanwhile leads nowhere."""
    opened = [os.open(root, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        for part in parts[:-1]:
            opened.append(os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened[-1]))
        if parts:  # O_NONBLOCK: a pipe without a writer must not hold us
            opened.append(os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=opened[-1]))
        if not stat.S_ISREG(os.fstat(opened[-1]).st_mode):
            raise LookupError(f"{key!r} is a folder or a device, not a file. Name one file.")
        with os.fdopen(os.dup(opened[-1]), "rb") as file:
            return file.read(_LONGEST + 1)
    finally:
        for number in reversed(opened):
            os.close(number)


def _text(raw: bytes, key: str) -> str:
    if len(raw) > _LONGEST:
        raise LookupError(f"The file {key!r} is longer than 1 MiB, so it is no secret. Check the key.")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise LookupError(f"The file {key!r} is not UTF-8 text. Store what is binary as base64 text.") from None
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
