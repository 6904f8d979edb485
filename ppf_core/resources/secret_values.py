"""Resolves the secrets of a pipeline: all of them, before any component starts."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import tenacity

from ppf_core.contracts.secrets import Fetched, SecretsBackend
from ppf_core.errors import PpfError, Problem, SecretError
from ppf_core.secrets.logs import withheld_logs
from ppf_core.secrets.redaction import Redactor
from ppf_core.secrets.references import SecretReference, parse_secret
from ppf_core.threads import Lock, threads
from ppf_core.validation.selection import BoundPlugin, close_all, create

Clock = Callable[[], datetime.datetime]
OnAccess = Callable[[str, str], None]

SECONDS = 30
"""What backends may take to answer, all together."""
_WORKERS = 32
_ATTEMPTS = 3
_LONGEST = 1 << 16
"""Bytes of a secret: more could not be found in a stream that is masked piece by piece."""

_BACKEND: Any = SecretsBackend  # abstract, so no type[…] in the eyes of mypy


@dataclass
class SecretsCache:
    """Values for as long as they hold; errors are never kept. ttl bounds what a backend itself does not limit."""

    ttl: datetime.timedelta = datetime.timedelta(minutes=5)
    clock: Clock = lambda: threads().now()
    _kept: dict[SecretReference, Fetched] = field(default_factory=dict)

    def clear(self) -> None:
        """Every value is fetched again when it is asked for."""
        self._kept.clear()

    def get(self, reference: SecretReference) -> Fetched | None:
        """The value, if it still holds."""
        kept = self._kept.get(reference)
        fresh = kept is not None and (kept.expires_at is None or self.clock() < kept.expires_at)
        return kept if fresh else None

    def put(self, reference: SecretReference, fetched: Fetched) -> None:
        """Keeps a value until it expires, but no longer than the ttl."""
        limit = self.clock() + self.ttl
        until = min(fetched.expires_at, limit) if fetched.expires_at is not None else limit
        self._kept[reference] = Fetched(fetched.value, until)


@dataclass
class SecretsResolver:
    """Gives the value for `secret://backend/key#field`, and tells the redactor about it. on_access hears backend and key.

    Backends are asked in threads of their own, many at once, and no longer than `seconds`. Each reference is asked for once
    until `renew`, unless its value expires.
    """

    backends: Mapping[str, BoundPlugin]
    redactor: Redactor = field(default_factory=Redactor)
    cache: SecretsCache = field(default_factory=SecretsCache)
    on_access: OnAccess = lambda _backend, _key: None
    seconds: float = SECONDS
    _open: dict[str, SecretsBackend[Any]] = field(default_factory=dict)
    _locks: dict[object, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=lambda: threads().lock())

    def lookup(self, text: str) -> str:
        """The value behind a reference. SecretError names the reference and the reason, never a value."""
        found = self._all([text])[text]
        if isinstance(found, SecretError):
            raise found
        return found.value

    def check(self, uses: Mapping[str, Problem | None]) -> tuple[Problem, ...]:
        """Looks up every reference; one problem for each that fails, located as `uses` says."""
        return tuple(_located(error, uses[text]) for text, error in self.failures(list(uses)).items())

    def failures(self, texts: Sequence[str]) -> Mapping[str, SecretError]:
        """Looks up every reference; what is wrong with those that fail."""
        return {text: error for text, error in self._all(texts).items() if isinstance(error, SecretError)}

    def renew(self) -> None:
        """Another attempt begins: what was rotated meanwhile is seen by whoever asks from now on."""
        self.cache.clear()

    def close(self) -> list[str]:
        """Closes the backends that were opened, the last one first; the texts say which ones failed to close."""
        failures = close_all(list(self._open.values()))
        self._open.clear()
        return failures

    def _all(self, texts: Sequence[str]) -> Mapping[str, Fetched | SecretError]:
        """What is behind each reference, in the order of the texts."""
        found: dict[str, Fetched | SecretError] = {}
        known = {text: self.cache.get(parse_secret(text)) for text in texts}
        left = [text for text in reversed(texts) if known[text] is None]
        workers = [
            threads().start(partial(self._work, left, found), f"ppf-secret-{number}")
            for number in range(min(len(left), _WORKERS))
        ]
        deadline = threads().monotonic() + self.seconds
        for worker in workers:
            worker.join(max(0.0, deadline - threads().monotonic()))
        told = {text: known[text] or found.get(text) or self._no_answer(text) for text in texts}
        for text, each in told.items():
            if isinstance(each, Fetched):
                reference = parse_secret(text)
                self.on_access(reference.backend, reference.key)
        return told

    def _work(self, left: list[str], found: dict[str, Fetched | SecretError]) -> None:
        while True:
            with self._lock:
                if not left:
                    return
                text = left.pop()
            try:
                found[text] = self._fetch_once(text)
            except SecretError as error:
                found[text] = error

    def _no_answer(self, text: str) -> SecretError:
        message = f"The backend {parse_secret(text).backend!r} gave no answer for {text!r} within {self.seconds:g} s."
        return SecretError(message, hint="Check that the backend can be reached and that its options are right.")

    def _fetch_once(self, text: str) -> Fetched:
        reference = parse_secret(text)
        with self._lock_of(reference):
            kept = self.cache.get(reference)
            if kept is None:
                kept = self._fetch(text, reference)
                self.redactor.add(kept.value)
                self.cache.put(reference, kept)
            return kept

    def _lock_of(self, thing: object) -> Lock:
        with self._lock:
            return self._locks.setdefault(thing, threads().lock())

    def _fetch(self, text: str, reference: SecretReference) -> Fetched:
        """Whatever is chained to an error of a backend may hold a value, so nothing is passed on but its words."""
        name = reference.backend
        try:
            with withheld_logs():
                found = self._ask(self._backend(text, name), reference)
        except LookupError as error:
            reason, hint = _reason(error, "Check the key and the field.")
            raise SecretError(f"The secret {text!r} does not exist: {reason}", hint=hint) from None
        except PermissionError as error:
            reason, hint = _reason(error, f"Give the identity of this run access to {reference.key!r}.")
            raise SecretError(f"The backend {name!r} denies access to {text!r}: {reason}", hint=hint) from None
        except PpfError as error:
            raise SecretError(f"The backend {name!r} cannot give {text!r}: {error.message}", hint=error.hint) from None
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code
            # The text of an unknown error may hold a value or a token, so only its class is shown.
            message = f"The backend {name!r} failed to give {text!r} ({type(error).__name__})."
            raise SecretError(message, hint="Check that the backend can be reached and that its options are right.") from None
        return _sound(found if isinstance(found, Fetched) else Fetched(found), text, name)

    def _ask(self, backend: SecretsBackend[Any], reference: SecretReference) -> str | Fetched:
        trouble = tenacity.retry_if_exception(lambda error: isinstance(error, Exception) and not _is_final(error))
        retrying = tenacity.Retrying(
            sleep=threads().sleep,
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=tenacity.wait_exponential(0.2, max=2),
            retry=trouble,
            reraise=True,
        )
        return retrying(backend.fetch, reference.key, reference.field)

    def _backend(self, text: str, name: str) -> SecretsBackend[Any]:
        if name not in self.backends:
            raise SecretError(f"There is no secrets backend {name!r} for {text!r}.", hint="Add it to the file's secrets block.")
        # Validation has refused backends that need each other, so nobody waits for ever.
        with self._lock_of(name):
            if name not in self._open:
                self._open[name] = create(self.backends[name], _BACKEND, self.lookup)
            return self._open[name]


def _located(error: SecretError, place: Problem | None) -> Problem:
    at = place or Problem(code="secret", message="")
    return replace(at, code="secret", message=error.message, hint=error.hint)


def _sound(found: Fetched, text: str, backend: str) -> Fetched:
    if not isinstance(found.value, str):
        message = f"The backend {backend!r} gave no text for {text!r}, but {type(found.value).__name__}."
        raise SecretError(message, hint="Report this to the authors of the backend.")
    if len(found.value.encode("utf-8", "surrogatepass")) > _LONGEST:
        message = f"The secret {text!r} is longer than {_LONGEST:,} bytes."
        raise SecretError(message, hint="Name a part of it with '#field', or keep what is no secret elsewhere.")
    return found


def _is_final(error: BaseException) -> bool:
    return isinstance(error, (LookupError, PermissionError, PpfError))


def _reason(error: LookupError | PermissionError, advice: str) -> tuple[str, str | None]:
    """What a backend said, and what to do, unless it said that as well: in a second sentence."""
    given = error.strerror if isinstance(error, OSError) and error.strerror else next(iter(error.args), type(error).__name__)
    text = str(given)
    return (text if text.endswith((".", "?")) else f"{text}."), None if ". " in text else advice
