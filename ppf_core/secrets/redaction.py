"""Keeps the values of secrets out of everything that ppf writes or prints."""

import re
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ppf_core.contracts.secrets import MASK
from ppf_core.errors import PpfError, Problem
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

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._patterns: dict[str, dict[str, str]] = {value: patterns(value) for value in values if value}
        self._search: SecretSearch | None = None
        self._lock = threads().lock()

    def add(self, value: str) -> None:
        """From now on, this value is masked."""
        with self._lock:
            if value and value not in self._patterns:
                self._patterns[value] = patterns(value)
                self._search = None

    @property
    def knows_any(self) -> bool:
        """Whether there is any value to mask."""
        return bool(self._patterns)

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


def redacted(problem: Problem, redactor: Redactor) -> Problem:
    """A problem in which every known value is masked."""
    hint = None if problem.hint is None else redactor.redact(problem.hint)
    return replace(problem, message=redactor.redact(problem.message), hint=hint)


def redacted_error(error: PpfError, redactor: Redactor) -> None:
    """Takes the secrets out of an error, and out of what led to it."""
    error.message = redactor.redact(error.message)
    error.hint = None if error.hint is None else redactor.redact(error.hint)
    error.problems = tuple(redacted(problem, redactor) for problem in error.problems)
    error.args = (error.message,)
    before = error.__cause__ or error.__context__
    if before is not None:
        error.__cause__ = redacted_cause(before, redactor)


def redacted_cause(error: BaseException, redactor: Redactor) -> Exception:
    """What led to an error, for those who debug: a text in which every known value is masked."""
    text = "".join(traceback.format_exception(error)).rstrip()
    return Exception(redactor.redact(text))


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
