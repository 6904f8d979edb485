"""Secrets from a real Vault: every way to log in, and every failure in words that hold no value."""

import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hvac.exceptions import VaultError
from ppf_secrets_vault.vault import VaultBackend
from scripted_http import Answer, scripted
from vault_server import Vault, vault

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build

CANARY = "hunter2-canary"

Make = Callable[..., VaultBackend]


def keep(server: Vault, key: str = "db", **fields: Any) -> None:
    server.root.secrets.kv.v2.create_or_update_secret(key, fields)


def test_a_field_of_a_secret_is_found(server: Vault, backend: Make) -> None:
    keep(server, "db/main", user="ada", port=5432)
    assert [backend().fetch("db/main", field) for field in ("user", "port")] == ["ada", "5432"]


def test_without_a_field_all_of_them_are_a_json_object(server: Vault, backend: Make) -> None:
    keep(server, user="ada", password="s3cret")
    assert json.loads(backend().fetch("db", None)) == {"user": "ada", "password": "s3cret"}


@pytest.mark.parametrize("version", [None, 1])
def test_the_first_version_of_the_engine_is_read_too(server: Vault, backend: Make, version: int | None) -> None:
    server.root.secrets.kv.v1.create_or_update_secret("db", {"password": "s3cret"}, mount_point="old")
    assert backend(mount="old", kv_version=version).fetch("db", "password") == "s3cret"


def test_a_new_value_is_seen(server: Vault, backend: Make) -> None:
    keep(server, password="first")
    reader = backend()
    before = reader.fetch("db", "password")
    keep(server, password="second")
    assert (before, reader.fetch("db", "password")) == ("first", "second")


def test_a_key_may_hold_what_an_address_may_not(server: Vault, backend: Make) -> None:
    keep(server, "db/a?b=ü%2e", password="s3cret")
    assert backend().fetch("db/a?b=ü%2e", "password") == "s3cret"


@pytest.mark.parametrize("key", ["../../sys/mounts", "db/../other", "db//main", "./db"])
def test_no_key_leads_to_another_part_of_the_server(backend: Make, key: str) -> None:
    with pytest.raises(LookupError, match="no path of a secret"):
        backend().fetch(key, None)


def test_threads_share_one_login(server: Vault, backend: Make) -> None:
    keep(server, password="s3cret")
    role = approle(server)
    shared = backend(auth="approle", **role)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: shared.fetch("db", "password"), range(24))) == {"s3cret"}


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that only those trust who have it, and its key."""
    certificate, key = folder / "ca.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    return certificate, key


def approle(server: Vault, name: str = "ppf") -> dict[str, str]:
    of = server.root.auth.approle
    return {
        "role_id": of.read_role_id(name)["data"]["role_id"],
        "secret_id": of.generate_secret_id(name)["data"]["secret_id"],
    }


def test_a_role_of_an_application_logs_in_and_out(server: Vault, backend: Make) -> None:
    keep(server, password="s3cret")
    reader = backend(auth="approle", **approle(server))
    found = reader.fetch("db", "password")
    token = reader._opened.client.token  # type: ignore[union-attr]
    reader.close()
    assert found == "s3cret"
    with pytest.raises(VaultError):
        server.root.auth.token.lookup(token)


def test_a_role_whose_token_was_taken_away_logs_in_again(server: Vault, backend: Make) -> None:
    keep(server, password="s3cret")
    reader = backend(auth="approle", **approle(server))
    reader.fetch("db", "password")
    server.root.auth.token.revoke(reader._opened.client.token)  # type: ignore[union-attr]
    assert reader.fetch("db", "password") == "s3cret"


def test_a_wrong_secret_id_is_told(server: Vault, backend: Make) -> None:
    with pytest.raises(PermissionError, match="does not take 'role_id' and 'secret_id'") as caught:
        backend(auth="approle", **{**approle(server), "secret_id": CANARY}).fetch("db", None)
    assert CANARY not in str(caught.value)


def test_a_pod_logs_in_with_its_service_account(server: Vault, backend: Make, tmp_path: Path) -> None:
    keep(server, password="s3cret")
    (tmp_path / "jwt").write_text(f"{_service_account_token()}\n")
    with scripted(lambda request, _: _review()) as cluster:
        _trust(server, cluster.url, tmp_path)
        reader = backend(auth="kubernetes", role="pod", auth_mount="k8s", jwt_path=str(tmp_path / "jwt"))
        assert reader.fetch("db", "password") == "s3cret"


def test_a_service_account_that_the_role_does_not_know_is_told(server: Vault, backend: Make, tmp_path: Path) -> None:
    (tmp_path / "jwt").write_text(_service_account_token())
    with scripted(lambda request, _: _review("other")) as cluster:
        _trust(server, cluster.url, tmp_path)
        with pytest.raises(PermissionError, match="does not take the service account"):
            backend(auth="kubernetes", role="pod", auth_mount="k8s", jwt_path=str(tmp_path / "jwt")).fetch("db", None)


def test_a_missing_service_account_is_told(backend: Make, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="Set 'jwt_path'"):
        backend(auth="kubernetes", role="pod", jwt_path=str(tmp_path / "nothing")).fetch("db", None)


def _trust(server: Vault, cluster: str, folder: Path) -> None:
    if "k8s/" not in server.root.sys.list_auth_methods()["data"]:
        server.root.sys.enable_auth_method("kubernetes", path="k8s")
    server.root.write_data(
        "auth/k8s/config",
        data={
            "kubernetes_host": cluster,
            "token_reviewer_jwt": _service_account_token(),
            "disable_local_ca_jwt": True,
            "kubernetes_ca_cert": own_certificate(folder)[0].read_text(),
            "disable_iss_validation": True,
        },
    )
    server.root.auth.kubernetes.create_role(
        "pod",
        bound_service_account_names=["ppf"],
        bound_service_account_namespaces=["data"],
        policies=["reader"],
        mount_point="k8s",
    )


def _service_account_token() -> str:
    """A token whose text is read; whether it is a true one, the cluster says."""
    import base64

    claims = {
        "sub": "system:serviceaccount:data:ppf",
        "kubernetes.io": {"namespace": "data", "serviceaccount": {"name": "ppf", "uid": "u"}},
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.c2ln"


def _review(name: str = "ppf") -> Answer:
    user = {"username": f"system:serviceaccount:data:{name}", "uid": "u", "groups": ["system:serviceaccounts"]}
    status = {"authenticated": True, "user": user}
    kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    return Answer(201, json.dumps({**kind, "status": status}).encode(), {"Content-Type": "application/json"})


def test_a_token_is_renewed_as_long_as_the_run_goes_on(server: Vault, backend: Make) -> None:
    keep(server, password="s3cret")
    token = server.token("reader", ttl="2s", explicit_max_ttl="1h")
    reader = backend(token=token)
    reader.fetch("db", "password")
    time.sleep(4.5)
    assert reader.fetch("db", "password") == "s3cret"


def test_a_token_that_expires_in_the_middle_of_a_run_is_told(server: Vault, backend: Make) -> None:
    keep(server, password=CANARY)
    token = server.token("reader", ttl="1s", renewable=False)
    reader = backend(token=token)
    reader.fetch("db", "password")
    time.sleep(2)
    with pytest.raises(PermissionError, match="set a token that has not expired") as caught:
        reader.fetch("db", "password")
    assert CANARY not in str(caught.value)
    assert token not in str(caught.value)


def test_a_wrong_token_is_told_and_not_shown(server: Vault, backend: Make) -> None:
    keep(server, password=CANARY)
    with pytest.raises(PermissionError, match="set a token that has not expired") as caught:
        backend(token="hvs.wrong").fetch("db", "password")
    assert "hvs.wrong" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_no_policy_allows_is_denied(server: Vault, backend: Make) -> None:
    keep(server, "other", password=CANARY)
    with pytest.raises(PermissionError, match="Allow 'read' on 'other' in a policy") as caught:
        backend().fetch("other", "password")
    assert CANARY not in str(caught.value)


def test_a_missing_secret_is_named(backend: Make) -> None:
    with pytest.raises(LookupError, match="no secret 'db-nowhere' in the engine 'secret'"):
        backend().fetch("db-nowhere", None)


def test_a_deleted_secret_is_missing(server: Vault, backend: Make) -> None:
    keep(server, "db-gone", password=CANARY)
    server.root.secrets.kv.v2.delete_latest_version_of_secret("db-gone")
    with pytest.raises(LookupError, match="may also have been deleted"):
        backend().fetch("db-gone", "password")


def test_a_missing_field_is_named_and_the_value_is_not(server: Vault, backend: Make) -> None:
    keep(server, user=CANARY)
    with pytest.raises(LookupError, match="no field 'password'") as caught:
        backend().fetch("db", "password")
    assert CANARY not in str(caught.value)


def test_an_engine_that_is_not_there_is_told(backend: Make) -> None:
    with pytest.raises((PermissionError, LookupError), match="engine 'nowhere'"):
        backend(mount="nowhere").fetch("db", None)


def test_a_sealed_server_is_told(tmp_path: Path) -> None:
    with vault(tmp_path) as server:
        keep(server, password="s3cret")
        reader = build(VaultBackend, url=server.url, token=server.root.token)
        before = reader.fetch("db", "password")
        server.seal()
        with pytest.raises(PpfError, match="is sealed"):
            reader.fetch("db", "password")
        server.unseal()
        assert reader.fetch("db", "password") == before
        reader.close()


def test_an_own_certificate_is_trusted_where_it_is_named(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path)
    with vault(tmp_path, certificate=(certificate, key)) as server:
        keep(server, password="s3cret")
        given = {"url": server.url, "token": server.root.token}
        assert build(VaultBackend, **given, ca_cert=str(certificate)).fetch("db", "password") == "s3cret"
        with pytest.raises(PpfError, match="is not trusted"):
            build(VaultBackend, **given).fetch("db", "password")


def test_the_namespace_is_named_to_the_server(backend: Make) -> None:
    found = {"data": {"ttl": 0, "data": {"password": "s3cret"}}}
    with scripted(lambda request, _: Answer(body=json.dumps(found).encode())) as server:
        assert backend(url=server.url, namespace="team", kv_version=2).fetch("db", "password") == "s3cret"
    assert {request.headers.get("X-Vault-Namespace") for request in server.requests} == {"team"}


@pytest.mark.parametrize(("status", "told"), [(429, "too many requests"), (500, "HTTP 500"), (501, "not initialised")])
def test_a_server_in_trouble_is_told_without_its_words(backend: Make, status: int, told: str) -> None:
    body = json.dumps({"errors": [CANARY]}).encode()
    with scripted(lambda request, _: Answer(status, body)) as server, pytest.raises(PpfError, match=told) as caught:
        backend(url=server.url).fetch("db", None)
    assert CANARY not in str(caught.value)


def test_throttling_is_tried_again(backend: Make) -> None:
    found = json.dumps({"data": {"ttl": 0, "data": {"password": "s3cret"}}}).encode()
    with scripted(lambda request, before: Answer(429) if before in (1, 2) else Answer(body=found)) as server:
        assert backend(url=server.url, kv_version=2).fetch("db", "password") == "s3cret"


def test_a_server_that_hangs_holds_nobody_for_long(backend: Make) -> None:
    began = time.monotonic()
    with scripted(lambda request, _: Answer(hangs=True)) as server, pytest.raises(PpfError, match="did not answer within"):
        backend(url=server.url, timeout=0.3).fetch("db", None)
    assert time.monotonic() - began < 10


def test_a_server_that_is_not_there_is_told_without_its_password(backend: Make) -> None:
    with pytest.raises(PpfError, match="cannot be reached") as caught:
        backend(url=f"http://me:{CANARY}@127.0.0.1:9").fetch("db", None)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"url": "localhost:8200", "token": "t"}, "url"),
        ({"auth": "token"}, "token"),
        ({"auth": "approle", "role_id": "r"}, "secret_id"),
        ({"auth": "kubernetes"}, "role"),
        ({"token": "t", "timeout": 0}, "timeout"),
        ({"token": "t", "kv_version": 3}, "kv_version"),
        ({"token": "t", "ca_cert": "s3a://bucket/ca.pem"}, "ca_cert"),
    ],
)
def test_options_that_cannot_work_are_mistakes(values: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError, match=path):
        build(VaultBackend, **{"url": "http://127.0.0.1:8200", **values})
