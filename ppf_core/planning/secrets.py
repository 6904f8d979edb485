"""Resolves the secrets of a pipeline: all of them, before any component starts."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tenacity

from ppf_core.contracts.secrets import Fetched, SecretsBackend
from ppf_core.errors import Problem, SecretError
from ppf_core.secrets.redaction import Redactor
from ppf_core.secrets.references import SecretReference, parse_secret
from ppf_core.threads import Lock, threads
from ppf_core.validation.selection import BoundPlugin, close_all, create

Clock = Callable[[], datetime.datetime]
OnAccess = Callable[[str, str], None]

_BACKEND: Any = SecretsBackend  # abstract, so no type[…] in the eyes of mypy


@dataclass
class SecretsCache:
    """Values for as long as they hold; errors are never kept. ttl bounds what a backend itself does not limit."""

    ttl: datetime.timedelta = datetime.timedelta(minutes=5)
    clock: Clock = lambda: threads().now()
    _kept: dict[SecretReference, Fetched] = field(default_factory=dict)

    def get(self, reference: SecretReference) -> str | None:
        """The value, if it still holds."""
        kept = self._kept.get(reference)
        fresh = kept is not None and (kept.expires_at is None or self.clock() < kept.expires_at)
        return kept.value if kept is not None and fresh else None

    def put(self, reference: SecretReference, fetched: Fetched) -> None:
        """Keeps a value until it expires, but no longer than the ttl."""
        limit = self.clock() + self.ttl
        until = min(fetched.expires_at, limit) if fetched.expires_at is not None else limit
        self._kept[reference] = Fetched(fetched.value, until)


@dataclass
class SecretsResolver:
    """Gives the value for `secret://backend/key#field`, and tells the redactor about it. on_access hears backend and key."""

    backends: Mapping[str, BoundPlugin]
    folder: Path
    redactor: Redactor = field(default_factory=Redactor)
    cache: SecretsCache = field(default_factory=SecretsCache)
    on_access: OnAccess = lambda _backend, _key: None
    _open: dict[str, SecretsBackend[Any]] = field(default_factory=dict)
    _opening: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=lambda: threads().lock())

    def lookup(self, text: str) -> str:
        """The value behind a reference. SecretError names the reference and the reason, never a value."""
        reference = parse_secret(text)
        with self._lock:
            value = self.cache.get(reference)
            if value is None:
                fetched = self._fetch(text, reference)
                self.redactor.add(fetched.value)
                self.cache.put(reference, fetched)
                value = fetched.value
        self.on_access(reference.backend, reference.key)
        return value

    def check(self, uses: Mapping[str, Problem | None]) -> tuple[Problem, ...]:
        """Looks up every reference; one problem for each that fails, located as `uses` says."""
        return tuple(self._failures(uses))

    def close(self) -> list[str]:
        """Closes the backends that were opened, the last one first; the texts say which ones failed to close."""
        failures = close_all(list(self._open.values()))
        self._open.clear()
        return failures

    def _failures(self, uses: Mapping[str, Problem | None]) -> Iterator[Problem]:
        for text, place in uses.items():
            try:
                self.lookup(text)
            except SecretError as error:
                at = place or Problem(code="secret", message="")
                yield Problem(
                    code="secret",
                    message=error.message,
                    hint=error.hint,
                    file=at.file,
                    line=at.line,
                    column=at.column,
                    path=at.path,
                )

    def _fetch(self, text: str, reference: SecretReference) -> Fetched:
        try:
            found = self._ask(self._backend(text, reference.backend), reference)
        except LookupError as error:
            raise SecretError(
                f"The secret {text!r} does not exist: {_reason(error)}", hint="Check the key and the field."
            ) from error
        except PermissionError as error:
            hint = f"Give the identity of this run access to {reference.key!r}."
            raise SecretError(f"The backend {reference.backend!r} denies access to {text!r}.", hint=hint) from error
        except SecretError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code
            # The text of an unknown error may hold a value or a token, so only its class is shown.
            message = f"The backend {reference.backend!r} failed to give {text!r} ({type(error).__name__})."
            raise SecretError(message, hint="Check that the backend can be reached and that its options are right.") from None
        return found if isinstance(found, Fetched) else Fetched(found)

    def _ask(self, backend: SecretsBackend[Any], reference: SecretReference) -> str | Fetched:
        trouble = tenacity.retry_if_exception(lambda error: isinstance(error, Exception) and not _is_final(error))
        retrying = tenacity.Retrying(
            sleep=threads().sleep,
            stop=tenacity.stop_after_attempt(3),
            wait=tenacity.wait_exponential(0.2, max=2),
            retry=trouble,
            reraise=True,
        )
        return retrying(backend.fetch, reference.key, reference.field)

    def _backend(self, text: str, name: str) -> SecretsBackend[Any]:
        if name in self._open:
            return self._open[name]
        if name not in self.backends:
            raise SecretError(f"There is no secrets backend {name!r} for {text!r}.", hint="Add it to the file's secrets block.")
        if name in self._opening:
            raise SecretError(
                f"The secrets backend {name!r} needs a secret of its own to open.", hint="Take that one from 'env'."
            )
        self._opening.append(name)
        try:
            backend: SecretsBackend[Any] = create(self.backends[name], _BACKEND, self.folder, self.lookup)
        finally:
            self._opening.pop()
        self._open[name] = backend
        return backend


def _is_final(error: BaseException) -> bool:
    return isinstance(error, (LookupError, PermissionError, SecretError))


def _reason(error: LookupError) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return text if text.endswith(".") else f"{text}."
