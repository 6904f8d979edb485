"""Secrets: a value that never prints, and the backends that fetch it."""

import datetime
import hmac
import json
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from ppf_core.contracts.plugin import Plugin
from ppf_core.errors import SecretNotResolved

O = TypeVar("O")  # noqa: E741 -- the contract names it so

MASK = "****"


class Secret:
    """A value that never prints. Pickling raises TypeError; deepcopy returns itself; comparison takes constant time.

    secret = Secret("s3cret", reference="secret://env/DB_PASSWORD")
    str(secret) == "****"
    """

    __slots__ = ("_current", "_given", "_reference")

    def __init__(
        self, value: str | None = None, *, reference: str | None = None, current: Callable[[], str] | None = None
    ) -> None:
        # Functions, since debuggers and `object.__getstate__` show what a slot holds.
        self._given = None if value is None else lambda: value
        self._current = current
        self._reference = reference

    @property
    def reference(self) -> str | None:
        """The `secret://…` text it came from; None for a value that stood in the file."""
        return self._reference

    def reveal(self) -> str:
        """The value; of one that was rotated since, another attempt gets the new one.

        Raises SecretNotResolved before the run resolved it (validate, plan), and SecretError when it cannot be had any more.
        """
        if self._given is None:
            raise SecretNotResolved(
                f"The secret {self._reference!r} is not resolved yet.",
                hint="Call reveal() in read, transform, stage or write, not when options are built.",
            )
        return self._given() if self._current is None else self._current()

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return format(MASK, format_spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        if self._given is None or other._given is None:
            return self._given is other._given and self._reference == other._reference
        return hmac.compare_digest(_bytes(self._given()), _bytes(other._given()))

    def __hash__(self) -> int:
        return hash((Secret, self._given() if self._given is not None else self._reference))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Secret":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret cannot be pickled. Call reveal() on the driver and pass on only what an executor needs.")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class Fetched:
    """What a backend found, and until when it holds."""

    def __init__(self, value: str, expires_at: datetime.datetime | None = None) -> None:
        self.value = value
        self.expires_at = expires_at

    def __repr__(self) -> str:
        return f"Fetched({MASK!r}, expires_at={self.expires_at!r})"


class SecretsBackend(Plugin[O]):
    """Fetches secrets from one place.

    class EnvBackend(SecretsBackend[NoOptions]):
        def fetch(self, key: str, field: str | None) -> str:
            return os.environ[key]
    """

    @abstractmethod
    def fetch(self, key: str, field: str | None) -> str | Fetched:
        """Thread-safe. LookupError: no such key or field. PermissionError: denied. Neither is retried.

        Nor is a PpfError, which says what is wrong and what to do. The texts of these three are shown, so no value may be in
        them. Anything else is trouble of the backend: retried, its text never shown. What takes over half a minute is given up.
        """


def json_field(text: str, field: str) -> str:
    """The field of a JSON secret; LookupError names the field, never the text."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise LookupError(f"The secret is not a JSON object, so it has no field {field!r}. Leave out '#{field}'.")
    if field not in document:
        raise LookupError(f"The secret has no field {field!r}. Check the name after '#'.")
    value = document[field]
    return value if isinstance(value, str) else json.dumps(value)
