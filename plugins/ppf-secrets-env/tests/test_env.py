import pytest
from ppf_secrets_env.env import EnvBackend

from ppf_core.testing import build


def test_a_key_is_the_name_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "s3cret")
    assert build(EnvBackend).fetch("DB_PASSWORD", None) == "s3cret"


def test_a_field_is_taken_out_of_a_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB", '{"user": "ada", "port": 5432}')
    assert [build(EnvBackend).fetch("DB", field) for field in ("user", "port")] == ["ada", "5432"]


def test_the_prefix_is_put_before_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIGHTS_DB", "s3cret")
    assert build(EnvBackend, prefix="FLIGHTS_").fetch("DB", None) == "s3cret"


def test_an_empty_variable_is_an_empty_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    assert build(EnvBackend).fetch("EMPTY", None) == ""


def test_a_missing_variable_is_named_with_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLIGHTS_DB", raising=False)
    with pytest.raises(LookupError, match="The environment variable 'FLIGHTS_DB' is not set"):
        build(EnvBackend, prefix="FLIGHTS_").fetch("DB", None)


def test_a_missing_field_is_named_and_the_value_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB", '{"user": "s3cret"}')
    with pytest.raises(LookupError, match="'password'") as caught:
        build(EnvBackend).fetch("DB", "password")
    assert "s3cret" not in str(caught.value)
