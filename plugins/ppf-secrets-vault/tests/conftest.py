"""A real Vault, and backends that ask it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ppf_secrets_vault.vault import VaultBackend
from vault_server import Vault, vault

from ppf_core.testing import build


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """A server with a policy `reader`, which may read below `secret/db` and `old/db`, and with AppRole."""
    with vault(tmp_path_factory.mktemp("vault")) as server:
        rules = 'path "secret/data/db*" { capabilities = ["read"] }\npath "old/db*" { capabilities = ["read"] }'
        server.root.sys.create_or_update_policy("reader", rules)
        server.root.sys.enable_auth_method("approle")
        server.root.auth.approle.create_or_update_approle("ppf", token_policies=["reader"], token_ttl="1h")
        yield server


@pytest.fixture
def backend(server: Vault) -> Iterator[Callable[..., VaultBackend]]:
    """Makes a backend for that server, which logs in with a token of `reader` unless told otherwise."""
    made: list[VaultBackend] = []

    def make(**values: Any) -> VaultBackend:
        if values.get("auth", "token") == "token":
            values.setdefault("token", server.token("reader"))
        made.append(build(VaultBackend, **{"url": server.url, **values}))
        return made[-1]

    yield make
    for each in made:
        each.close()
