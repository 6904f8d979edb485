"""How a text refers to secrets: it is `secret://<backend>/<key>#<field>`, or holds `{{ secret://… }}`."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

SCHEME = "secret://"
FORM = "Write secret://<backend>/<key> or secret://<backend>/<key>#<field>, in a longer text {{ secret://… }}."

# A key may hold slashes and colons (paths, ARNs). Braces, white space and '#' end it, so that a reference has one reading.
_REFERENCE = r"secret://([A-Za-z0-9._-]+)/([^\s#{}]+)(?:#([^\s#{}]+))?"
_WHOLE = re.compile(_REFERENCE)
_EMBEDDED = re.compile(r"\{\{\s*(" + _REFERENCE + r")\s*\}\}")
_MEANT = re.compile(r"(?<![\w-])secret:/", re.IGNORECASE)


SECRET_NAME = r"pass(?:word|wd|phrase)|secret|token|credential|(?:access|api|private|account)[._-]?key"  # noqa: S105 -- names
"""What stands in names of keys and environment variables whose values are secret."""
_SECRET_NAME = re.compile(SECRET_NAME, re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether a key or an environment variable of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None


def names_secret(path: Sequence[str | int]) -> bool:
    """Whether the last key of a path says that a secret stands there."""
    return any(map(is_secret_name, [part for part in path if isinstance(part, str)][-1:]))


class SecretReference(NamedTuple):
    """The parts of one reference. `backend` is the name of an instance in the file's `secrets` block."""

    backend: str
    key: str
    field: str | None


def parse_secret(reference: str) -> SecretReference:
    """The parts of a reference that `find_secrets` found; raises ValueError for any other text."""
    match = _WHOLE.fullmatch(reference)
    if match is None:
        raise ValueError(f"{reference!r} is not a secret reference. {FORM}")
    return SecretReference(*match.groups())


def find_secrets(text: str) -> tuple[str, ...]:
    """The references in a text, in their order. Other `{{ … }}` templates are not ours and left alone."""
    if SCHEME not in text:
        return ()
    whole = text.strip()
    if _WHOLE.fullmatch(whole):
        return (whole,)
    return tuple(match[1] for match in _EMBEDDED.finditer(text))


def fill_secrets(text: str, resolve: Callable[[str], str]) -> str:
    """The text with each reference replaced by what `resolve` gives for it."""
    whole = text.strip()
    if _WHOLE.fullmatch(whole):
        return resolve(whole)
    return _EMBEDDED.sub(lambda match: resolve(match[1]), text)


def means_secret(text: str) -> bool:
    """Whether a text means to refer to a secret, in whatever form."""
    return _MEANT.search(text) is not None


def is_malformed(text: str) -> bool:
    """Whether a text means to refer to a secret, but not in a form that would be filled in."""
    return means_secret(fill_secrets(text, lambda _reference: ""))
