"""Keeps the values of secrets out of everything that ppf writes or prints."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from ppf_core.config.secret_references import SECRET_NAME, find_secrets, is_secret_name
from ppf_core.contracts.secrets import MASK
from ppf_core.threads import threads

_SHORT = 4

# `://user:password@host`, and `;token=…`, `?password=…` behind an address.
_USER = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
_PARAMETER = re.compile(rf"([;?&][\w.-]*(?:{SECRET_NAME})[\w.-]*=)[^;&\s]+", re.IGNORECASE)


class Redactor:
    """Masks every known value: plain, URL-encoded, in base64 and escaped as in JSON.

    A value under 4 characters is masked only where it stands alone, else it would eat the text around it.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threads().lock()

    def add(self, value: str) -> None:
        """From now on, this value is masked."""
        with self._lock:
            self._forms.update(form for form in _forms(value) if form)
            # The longest first, so that no part of a longer form is left over.
            ordered = sorted(self._forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(_alone, ordered))) if ordered else None

    def redact(self, text: str) -> str:
        """The text with every known value masked."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def redact_all(self, value: Any) -> Any:
        """The same for each text in a JSON-like value."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return {key: self.redact_all(item) for key, item in value.items()}
        if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
            return [self.redact_all(item) for item in value]
        return value


def mask_by_name(value: Any, key: str = "") -> Any:
    """A JSON-like value without the texts that their keys, or the URL they stand in, call secret. References stay."""
    if isinstance(value, Mapping):
        return {name: mask_by_name(item, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [mask_by_name(item, key) for item in value]
    if not isinstance(value, str):
        return value
    if is_secret_name(key) and not find_secrets(value):
        return MASK
    return _PARAMETER.sub(rf"\1{MASK}", _USER.sub(rf"\1{MASK}", value))


def _forms(value: str) -> Iterator[str]:
    yield value
    # A log shows a text of several lines one line at a time.
    yield from (line for line in value.splitlines() if len(line) >= _SHORT)
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    raw = value.encode()
    yield base64.b64encode(raw).decode()
    yield base64.urlsafe_b64encode(raw).decode()
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]


def _alone(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
