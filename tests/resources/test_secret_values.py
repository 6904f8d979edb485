"""Secrets are looked up all at once, before anything starts; each failure says which, why and what to do."""

import datetime
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ppf_core import Fetched, NoOptions, PpfError, Secret, SecretsBackend, option, options
from ppf_core.config.binding import bind
from ppf_core.contracts.plugin import options_class
from ppf_core.errors import Problem, SecretError
from ppf_core.resources.secret_values import SecretsCache, SecretsResolver
from ppf_core.validation.selection import BoundPlugin

CANARY = "hunter2-canary"


class Safe(SecretsBackend[NoOptions]):
    """Gives a value that says how often it was asked; keys that name a failure fail."""

    asked: list[str] = []  # noqa: RUF012 -- of the whole test
    concurrent = 0
    most = 0

    def fetch(self, key: str, field: str | None) -> str | Fetched:
        with LOCK:
            Safe.asked.append(key)
            Safe.concurrent += 1
            Safe.most = max(Safe.most, Safe.concurrent)
        try:
            return self._answer(key)
        finally:
            with LOCK:
                Safe.concurrent -= 1

    def _answer(self, key: str) -> str | Fetched:
        failures: dict[str, BaseException] = {
            "missing": LookupError("It is not there."),
            "advised": LookupError("It is not there. Ask Ann."),
            "denied": PermissionError("No policy allows it."),
            "file": PermissionError(13, "Permission denied", "/run/secrets/db"),
            "sealed": PpfError("The safe is sealed.", hint="Unseal it."),
            "talks": RuntimeError(f"cannot open {CANARY}"),
            "exits": SystemExit(CANARY),
        }
        if key in failures:
            raise failures[key]
        if key == "flaky" and Safe.asked.count("flaky") < 3:
            raise ConnectionError(CANARY)
        if key == "hangs":
            time.sleep(5)
        if key.startswith("slow"):
            time.sleep(0.05)
        others: dict[str, Any] = {"long": "x" * (1 << 20), "number": 5, "odd": "a\nb\0c", "brief": Fetched("v", NOW)}
        return others.get(key, f"{key}-{Safe.asked.count(key)}")


LOCK = threading.Lock()
NOW = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


@options
class VaultOptions:
    token: Secret = option("The token.")


class Vault(SecretsBackend[VaultOptions]):
    """A backend that needs a secret of another one."""

    def fetch(self, key: str, field: str | None) -> str:
        return f"{key} by {self.options.token.reveal()}"


def bound(cls: type[SecretsBackend[Any]], **values: Any) -> BoundPlugin:
    entry: Any = None
    found = bind(options_class(cls), values, folder=Path("/"))
    return BoundPlugin(cls.__name__, entry, cls, values, found, ("secrets",), Path("/"))


@pytest.fixture(autouse=True)
def _forget() -> None:
    Safe.asked.clear()
    Safe.concurrent = Safe.most = 0


def resolver(**more: Any) -> SecretsResolver:
    backends = {"safe": bound(Safe), "vault": bound(Vault, token="secret://safe/token")}
    backends["broken"] = bound(Vault, token="secret://safe/missing")
    return SecretsResolver(backends, **more)


def test_a_hundred_references_take_no_longer_than_a_few() -> None:
    began = time.monotonic()
    assert resolver().check({f"secret://safe/slow{number}": None for number in range(100)}) == ()
    assert time.monotonic() - began < 2
    assert Safe.most > 10
    assert len(Safe.asked) == 100


def test_each_reference_is_asked_for_once() -> None:
    found = resolver()
    found.check({"secret://safe/a": None, "secret://safe/b": None})
    assert [found.lookup("secret://safe/a"), found.lookup("secret://safe/a")] == ["a-1", "a-1"]
    assert sorted(Safe.asked) == ["a", "b"]


def test_another_attempt_sees_what_was_rotated_meanwhile() -> None:
    found = resolver()
    password = bind(VaultOptions, {"token": "secret://safe/db"}, folder=Path("/"), resolve=found.lookup).options.token
    before = [password.reveal(), password.reveal()]
    found.renew()
    assert (before, password.reveal()) == (["db-1", "db-1"], "db-2")
    assert "db-2" not in found.redactor.redact("db-1 db-2")


def test_a_secret_that_cannot_be_had_any_more_is_told_and_the_old_value_is_not_used() -> None:
    found = resolver()
    found.lookup("secret://safe/db")
    found.renew()
    found.backends = {}
    found._open.clear()
    with pytest.raises(SecretError, match="no secrets backend 'safe'"):
        found.lookup("secret://safe/db")


def test_errors_are_never_kept() -> None:
    found = resolver()
    assert found.lookup("secret://safe/flaky") == "flaky-3"
    for _ in range(2):
        with pytest.raises(SecretError):
            found.lookup("secret://safe/missing")
    assert Safe.asked.count("missing") == 2


def test_a_value_that_has_expired_is_asked_for_again() -> None:
    found = resolver(cache=SecretsCache(clock=lambda: NOW))
    found.lookup("secret://safe/brief")
    found.lookup("secret://safe/brief")
    assert Safe.asked == ["brief", "brief"]


def test_a_backend_may_need_a_secret_of_another() -> None:
    assert resolver().lookup("secret://vault/db") == "db by token-1"


def test_a_backend_whose_own_secret_is_missing_says_which() -> None:
    with pytest.raises(SecretError, match="'broken' cannot give 'secret://broken/db': The secret 'secret://safe/missing'"):
        resolver().lookup("secret://broken/db")


@pytest.mark.parametrize(
    ("key", "told", "hint"),
    [
        ("missing", "The secret 'secret://safe/missing' does not exist: It is not there.", "Check the key"),
        ("denied", "The backend 'safe' denies access to 'secret://safe/denied': No policy allows it.", "Give the identity"),
        ("file", "denies access to 'secret://safe/file': Permission denied.", "Give the identity"),
        ("advised", "The secret 'secret://safe/advised' does not exist: It is not there. Ask Ann.", "None"),
        ("sealed", "The backend 'safe' cannot give 'secret://safe/sealed': The safe is sealed.", "Unseal it."),
        ("talks", "The backend 'safe' failed to give 'secret://safe/talks' (RuntimeError).", "can be reached"),
        ("exits", "The backend 'safe' failed to give 'secret://safe/exits' (SystemExit).", "can be reached"),
        ("number", "gave no text for 'secret://safe/number', but int.", "authors"),
        ("long", "The secret 'secret://safe/long' is longer than 65,536 bytes.", "#field"),
    ],
)
def test_every_failure_names_the_reference_the_reason_and_what_to_do(key: str, told: str, hint: str) -> None:
    with pytest.raises(SecretError) as caught:
        resolver().lookup(f"secret://safe/{key}")
    assert told in caught.value.message
    assert hint in str(caught.value.hint)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_newlines_and_nul_bytes_are_part_of_a_value() -> None:
    found = resolver()
    assert found.lookup("secret://safe/odd") == "a\nb\0c"
    assert found.redactor.redact("x a\\nb\\u0000c x") == "x **** x"


def test_all_that_fails_is_told_at_once_each_in_its_place() -> None:
    places = {
        f"secret://safe/{key}": Problem(code="", message="", line=line) for line, key in enumerate(("denied", "ok", "sealed"))
    }
    problems = resolver().check(places)
    assert [(each.code, each.line) for each in problems] == [("secret", 0), ("secret", 2)]


def test_a_backend_that_hangs_holds_nobody_and_hides_no_other() -> None:
    began = time.monotonic()
    problems = resolver(seconds=0.3).check(
        {"secret://safe/hangs": None, "secret://safe/missing": None, "secret://safe/ok": None}
    )
    assert time.monotonic() - began < 3
    assert "gave no answer for 'secret://safe/hangs' within 0.3 s" in problems[0].message
    assert "does not exist" in problems[1].message
    assert len(problems) == 2


def test_each_access_is_told_with_backend_and_key() -> None:
    heard: list[tuple[str, str]] = []
    found = resolver(on_access=lambda backend, key: heard.append((backend, key)))
    found.check({"secret://safe/a#f": None, "secret://safe/missing": None})
    assert heard == [("safe", "a")]
