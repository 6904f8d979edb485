"""Keeps the values of secrets out of everything that ppf writes or prints."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ppf_core.contracts.secrets import MASK
from ppf_core.secrets.forms import patterns
from ppf_core.secrets.references import SECRET_NAME, find_secrets, is_secret_name
from ppf_core.secrets.search import SecretSearch
from ppf_core.threads import threads

# `://user:password@host`, and `;token=…`, `?password=…` behind an address.
_USER = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
_PARAMETER = re.compile(rf"([;?&][\w.-]*(?:{SECRET_NAME})[\w.-]*=)[^;&\s]+", re.IGNORECASE)


class Redactor:
    """Masks every known value in each of its forms: plain, in addresses, in base64 and hex, escaped as in JSON and HTML.

        redactor = Redactor()
        redactor.add("s3cret")
        redactor.redact("the password is s3cret") == "the password is ****"

    A value under 4 characters is masked only where it stands alone.
    """

    def __init__(self) -> None:
        self._patterns: dict[str, dict[str, str]] = {}
        self._search: SecretSearch | None = None
        self._lock = threads().lock()

    def add(self, value: str) -> None:
        """From now on, this value is masked."""
        with self._lock:
            if value and value not in self._patterns:
                self._patterns[value] = patterns(value)
                self._search = None

    def redact(self, text: str) -> str:
        """The text with every known value masked."""
        if not self._patterns:
            return text
        search = self._search
        return (self._new_search() if search is None else search).mask(text, MASK)

    def _new_search(self) -> SecretSearch:
        with self._lock:
            search = SecretSearch({text: pattern for each in self._patterns.values() for text, pattern in each.items()})
            self._search = search
            return search

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
