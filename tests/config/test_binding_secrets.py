"""Secrets in options: where they stand, when they are resolved, and that nothing ever prints them."""

from pathlib import Path
from typing import Any

import pytest
from option_classes import Connection, Every

from ppf_core import Secret, SecretNotResolved, option, options
from ppf_core.config.binding import Bound, bind
from ppf_core.secrets.references import SecretReference, find_secrets, is_malformed, parse_secret

CANARY = "hunter2-canary"


def bound(cls: type[Any] = Connection, *, resolved: str | None = None, **values: Any) -> Bound:
    resolve = None if resolved is None else lambda reference: resolved
    return bind(cls, values, folder=Path("/work"), resolve=resolve)


def test_a_secret_option_stays_unresolved_until_the_run() -> None:
    found = bound(url="u", password="secret://env/PASSWORD")

    assert not found.pending
    assert found.options.password.reference == "secret://env/PASSWORD"
    with pytest.raises(SecretNotResolved):
        found.options.password.reveal()


def test_a_template_in_a_secret_option_is_its_reference() -> None:
    text = "user:{{ secret://env/A }}:{{secret://env/B#f}}"
    found = bound(url="u", password=text)

    assert found.options.password.reference == text
    assert found.secrets == ((("password",), "secret://env/A"), (("password",), "secret://env/B#f"))


@pytest.mark.parametrize(
    "values",
    [
        {"url": "secret://env/U"},
        {"url": "u", "port": "secret://env/P"},
        {"url": "u", "extra": {"a": ["{{ secret://env/E }}!"]}},
    ],
)
def test_other_options_that_need_a_secret_are_pending(values: dict[str, Any]) -> None:
    found = bound(**values)

    assert (found.options, found.faults, found.pending) == (None, (), True)
    assert len(found.secrets) == 1


def test_what_is_pending_does_not_hide_other_mistakes() -> None:
    found = bound(url="secret://env/U", port="x", prot=1)

    assert [fault.path for fault in found.faults] == [("prot",), ("port",)]
    assert not found.pending


def test_a_resolved_value_is_filled_in_and_converted() -> None:
    found = bound(resolved="5432", url="jdbc:{{ secret://env/H }}/db", port="secret://env/P", extra={"a": "secret://env/A"})

    assert found.options == Connection(url="jdbc:5432/db", port=5432, extra={"a": "5432"})


def test_a_resolved_secret_keeps_its_reference() -> None:
    password = bound(resolved=CANARY, url="u", password="secret://env/P").options.password

    assert (password.reveal(), password.reference) == (CANARY, "secret://env/P")


def test_a_value_that_looks_like_a_reference_is_not_resolved_again() -> None:
    assert bound(resolved="secret://env/OTHER", url="secret://env/U").options.url == "secret://env/OTHER"


@pytest.mark.parametrize(
    "text",
    [
        "secret://env",
        "secret:///key",
        "secret://env/",
        "secret://env/a b",
        "secret://env/key#",
        "{{ secret://env/key",
        "{{ secret://env }}",
        "password=secret://env/key",
        "secret:/env/key",
        "Secret://env/key",
    ],
)
def test_a_malformed_reference_is_a_mistake(text: str) -> None:
    (fault,) = bound(url=text).faults

    assert (fault.path, fault.code) == (("url",), "bad-value")
    assert repr(text) in fault.message


@pytest.mark.parametrize(
    "values",
    [
        {"password": [CANARY]},
        {"password": f"secret://{CANARY}"},
        {"password": f"{{{{ secret://{CANARY}"},
        {"pasword": CANARY},
        {"password": {"a": CANARY}},
    ],
)
def test_what_was_written_for_a_secret_is_never_shown(values: dict[str, Any]) -> None:
    found = bound(url="u", **values)

    assert found.faults
    assert CANARY not in repr(found)


@pytest.mark.parametrize("values", [{"login": CANARY}, {"login": [CANARY]}, {"logins": CANARY}, {"logins": [CANARY]}])
def test_what_was_written_for_a_block_with_a_secret_is_never_shown(values: dict[str, Any]) -> None:
    found = bound(Every, **values)

    assert found.faults
    assert CANARY not in repr(found)


@pytest.mark.parametrize("name", ["whole", "flag", "mode", "wait", "exact", "literal", "plain", "texts"])
def test_a_resolved_value_that_does_not_fit_is_never_shown(name: str) -> None:
    values = {"texts": [{"a": "secret://env/X"}]} if name == "texts" else {name: "secret://env/X"}
    found = bound(Every, resolved=CANARY, **values)

    assert found.faults
    assert CANARY not in repr(found.faults)


def test_a_class_that_repeats_a_resolved_value_is_masked() -> None:
    @options
    class Talkative:
        url: str = option("The address.")

        def __post_init__(self) -> None:
            raise ValueError(f"cannot use {self.url}")

    (fault,) = bound(Talkative, resolved=CANARY, url="secret://env/U").faults
    assert fault.message == "The options do not fit: cannot use ****."


def test_an_author_who_reveals_too_early_is_told() -> None:
    @options
    class Hasty:
        password: Secret = option("The password.")

        def __post_init__(self) -> None:
            self.password.reveal()

    (fault,) = bound(Hasty, password="secret://env/P").faults
    assert "not resolved yet" in fault.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no secret", ()),
        ("{{ ds }} and {{ params.x }}", ()),
        (" secret://env/A ", ("secret://env/A",)),
        ("secret://vault_eu/db/main#password", ("secret://vault_eu/db/main#password",)),
        (
            "secret://aws/arn:aws:secretsmanager:eu:1:secret:db#user",
            ("secret://aws/arn:aws:secretsmanager:eu:1:secret:db#user",),
        ),
        ("a{{secret://env/A}}b{{ secret://env/B }}", ("secret://env/A", "secret://env/B")),
    ],
)
def test_references_are_found(text: str, found: tuple[str, ...]) -> None:
    assert find_secrets(text) == found
    assert not is_malformed(text)


def test_a_reference_has_backend_key_and_field() -> None:
    assert parse_secret("secret://vault/db/main#password") == SecretReference("vault", "db/main", "password")
    assert parse_secret("secret://env/HOME") == SecretReference("env", "HOME", None)
    with pytest.raises(ValueError, match="not a secret reference"):
        parse_secret("env/HOME")
