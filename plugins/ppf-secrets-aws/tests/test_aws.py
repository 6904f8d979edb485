"""Secrets from AWS: what is found, and that every failure is told in words that hold no value."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto_server import REGION, post
from ppf_secrets_aws.aws import AwsBackend
from scripted_http import Answer, Request, scripted

from ppf_core import PpfError
from ppf_core.errors import ConfigError

Make = Callable[..., AwsBackend]

CANARY = "hunter2-canary"


def test_a_key_is_the_name_of_a_secret(keeper: Any, backend: Make) -> None:
    keeper.create_secret(Name="prod/db", SecretString="s3cret")
    assert backend().fetch("prod/db", None) == "s3cret"


def test_a_field_is_taken_out_of_a_json_object(keeper: Any, backend: Make) -> None:
    keeper.create_secret(Name="db", SecretString=json.dumps({"user": "ada", "port": 5432}))
    assert [backend().fetch("db", field) for field in ("user", "port")] == ["ada", "5432"]


def test_an_arn_brings_its_region(keeper: Any, backend: Make) -> None:
    arn = keeper.create_secret(Name="db", SecretString="s3cret")["ARN"]
    assert backend(region=None).fetch(arn, None) == "s3cret"


def test_the_region_of_the_environment_is_taken(keeper: Any, backend: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper.create_secret(Name="db", SecretString="s3cret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    assert backend(region=None).fetch("db", None) == "s3cret"


def test_a_profile_brings_credentials_and_region(
    keeper: Any, backend: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keeper.create_secret(Name="db", SecretString="s3cret")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "config").write_text(f"[profile ops]\nregion = {REGION}\naws_access_key_id = A\naws_secret_access_key = B\n")
    assert backend(region=None, profile="ops").fetch("db", None) == "s3cret"


def test_a_binary_secret_is_base64_text(keeper: Any, backend: Make) -> None:
    keeper.create_secret(Name="key", SecretBinary=b"\x00\xff")
    assert base64.b64decode(backend().fetch("key", None)) == b"\x00\xff"


def test_a_binary_secret_has_no_fields(keeper: Any, backend: Make) -> None:
    keeper.create_secret(Name="key", SecretBinary=CANARY.encode())
    with pytest.raises(LookupError, match="binary, so it has no field 'user'") as caught:
        backend().fetch("key", "user")
    assert CANARY not in str(caught.value)


def test_after_a_rotation_both_stages_can_be_had(keeper: Any, backend: Make) -> None:
    keeper.create_secret(Name="db", SecretString="first")
    current, previous = backend(), backend(version_stage="AWSPREVIOUS")
    before = current.fetch("db", None)
    keeper.put_secret_value(SecretId="db", SecretString="second")
    assert (before, current.fetch("db", None), previous.fetch("db", None)) == ("first", "second", "first")


def test_threads_share_the_connections(keeper: Any, backend: Make) -> None:
    for number in range(20):
        keeper.create_secret(Name=f"s{number}", SecretString=f"v{number}")
    shared = backend()
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda number: shared.fetch(f"s{number}", None), range(20)))
    assert found == [f"v{number}" for number in range(20)]


@pytest.mark.parametrize(
    ("key", "stage", "told"),
    [
        ("nowhere", "AWSCURRENT", "no secret 'nowhere' with the stage 'AWSCURRENT'"),
        ("db", "AWSPENDING", "no secret 'db' with the stage 'AWSPENDING'"),
        ("gone", "AWSCURRENT", "'gone' is marked for deletion"),
    ],
)
def test_a_missing_secret_is_named(keeper: Any, backend: Make, key: str, stage: str, told: str) -> None:
    keeper.create_secret(Name="db", SecretString=CANARY)
    keeper.create_secret(Name="gone", SecretString=CANARY)
    keeper.delete_secret(SecretId="gone")
    with pytest.raises(LookupError, match=told) as caught:
        backend(version_stage=stage).fetch(key, None)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("text", [json.dumps({"user": CANARY}), CANARY])
def test_a_missing_field_is_named_and_the_value_is_not(keeper: Any, backend: Make, text: str) -> None:
    keeper.create_secret(Name="db", SecretString=text)
    with pytest.raises(LookupError, match="'password'") as caught:
        backend().fetch("db", "password")
    assert CANARY not in str(caught.value)


def test_denied_access_is_told(server: str, keeper: Any, backend: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper.create_secret(Name="db", SecretString=CANARY)
    users = boto3.client("iam", region_name=REGION, endpoint_url=server)
    users.create_user(UserName="nobody")
    key = users.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    post(f"{server}/moto-api/reset-auth", b"0")
    try:
        with pytest.raises(PermissionError, match="Allow secretsmanager:GetSecretValue") as caught:
            backend().fetch("db", None)
    finally:
        post(f"{server}/moto-api/reset-auth", b"inf")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDeniedException", "the identity may not read it"),
        ("ExpiredTokenException", "the credentials have expired"),
        ("UnrecognizedClientException", "the credentials are wrong"),
        ("DecryptionFailure", "allow kms:Decrypt"),
    ],
)
def test_what_aws_denies_is_told_in_our_own_words(backend: Make, code: str, told: str) -> None:
    with (
        scripted(lambda request, _: _failure(code, status=400)) as server,
        pytest.raises(PermissionError, match=told) as caught,
    ):
        backend(endpoint_url=server.url).fetch("db", None)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_throttling_is_tried_again(backend: Make) -> None:
    def throttled_twice(_request: Request, before: int) -> Answer:
        return _failure("ThrottlingException", status=400) if before < 2 else Answer(body=b'{"SecretString": "s3cret"}')

    with scripted(throttled_twice) as server:
        assert backend(endpoint_url=server.url).fetch("db", None) == "s3cret"
        assert len(server.requests) == 3


def test_throttling_without_end_is_told(backend: Make) -> None:
    with (
        scripted(lambda request, _: _failure("ThrottlingException", status=400)) as server,
        pytest.raises(PpfError, match="throttling") as caught,
    ):
        backend(endpoint_url=server.url).fetch("db", None)
    assert CANARY not in str(caught.value)


def test_a_server_that_hangs_holds_nobody_for_long(backend: Make) -> None:
    began = time.monotonic()
    with scripted(lambda request, _: Answer(hangs=True)) as server, pytest.raises(PpfError, match="did not answer within"):
        backend(endpoint_url=server.url, timeout=0.2).fetch("db", None)
    assert time.monotonic() - began < 20


def test_a_server_that_fails_is_told_by_its_code(backend: Make) -> None:
    with (
        scripted(lambda request, _: _failure("InternalServiceError", status=500)) as server,
        pytest.raises(PpfError, match=r"InternalServiceError \(HTTP 500\)") as caught,
    ):
        backend(endpoint_url=server.url).fetch("db", None)
    assert CANARY not in str(caught.value)


def test_a_server_that_is_not_there_is_told(backend: Make) -> None:
    with pytest.raises(PpfError, match="cannot be reached"):
        backend(endpoint_url="http://127.0.0.1:9").fetch("db", None)


def test_missing_credentials_are_told(backend: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(PpfError, match="no credentials"):
        backend().fetch("db", None)


def test_a_missing_region_is_told(backend: Make) -> None:
    with pytest.raises(PpfError, match="No region is known"):
        backend(region=None).fetch("db", None)


def test_an_unknown_profile_is_told(backend: Make) -> None:
    with pytest.raises(PpfError, match="no such profile"):
        backend(profile="nowhere").fetch("db", None)


@pytest.mark.parametrize("values", [{"timeout": 0}, {"endpoint_url": "localhost:4566"}])
def test_options_that_cannot_work_are_mistakes(backend: Make, values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        backend(**values)


def _failure(code: str, status: int) -> Answer:
    body = json.dumps({"__type": code, "message": f"The value is {CANARY}."}).encode()
    return Answer(status, body, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code})
