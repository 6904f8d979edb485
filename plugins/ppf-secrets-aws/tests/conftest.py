"""Secrets Manager as moto speaks it, over HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto_server import REGION, moto_server, post
from ppf_secrets_aws.aws import AwsBackend

from ppf_core.testing import build


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Credentials of nobody, and no file of whoever runs the tests."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server."""
    with moto_server(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def server(moto: str) -> str:
    """A server that knows no secret yet and asks nobody for permission."""
    post(f"{moto}/moto-api/reset")
    return moto


@pytest.fixture
def keeper(server: str, credentials: None) -> Any:
    """A client of AWS that keeps secrets on the server."""
    return boto3.client("secretsmanager", region_name=REGION, endpoint_url=server)


@pytest.fixture
def backend(server: str) -> Iterator[Callable[..., AwsBackend]]:
    """Makes a backend for that server; what was made is closed."""
    made: list[AwsBackend] = []

    def make(**values: Any) -> AwsBackend:
        made.append(build(AwsBackend, **{"region": REGION, "endpoint_url": server, **values}))
        return made[-1]

    yield make
    for each in made:
        each.close()
