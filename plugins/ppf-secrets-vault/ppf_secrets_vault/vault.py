"""Secrets that HashiCorp Vault keeps."""

import json
from threading import Lock
from typing import Any, ClassVar

from ppf_core import SecretsBackend, json_field
from ppf_secrets_vault.failures import told
from ppf_secrets_vault.options import VaultOptions
from ppf_secrets_vault.session import VaultSession


class VaultBackend(SecretsBackend[VaultOptions]):
    """Fetches secrets from the key-value engine of a Vault, version 1 or 2: `secret://vault/prod/db#password`.

    Without a field it gives all fields as a JSON object. Its token is renewed as long as the run goes on.
    """

    examples: ClassVar = (
        'url = "https://vault.example.com:8200", token = "secret://env/VAULT_TOKEN"',
        'url = "https://vault.example.com:8200", auth = approle, role_id = ppf, secret_id = "secret://env/SECRET_ID"',
        'url = "https://vault.example.com:8200", auth = kubernetes, role = ppf, namespace = data, mount = kv, kv_version = 1',
    )

    _opened: VaultSession | None = None
    _version: int | None = None
    _lock: ClassVar = Lock()

    def fetch(self, key: str, field: str | None) -> str:
        """One field of the secret, or all of them as a JSON object."""
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise LookupError(f"{key!r} is no path of a secret. Write it without '.', '..' and empty parts.")
        session = self._session()
        token = session.client.token
        try:
            found = self._read(session, key)
        except PermissionError:
            if not session.renew_login(token):
                raise
            found = self._read(session, key)
        text = json.dumps(found)
        return text if field is None else json_field(text, field)

    def close(self) -> None:
        """Logs out."""
        session, self._opened = self._opened, None
        if session is not None:
            session.close()

    def _session(self) -> VaultSession:
        with self._lock:
            if self._opened is None:
                self._opened = VaultSession(self.options)
            return self._opened

    def _read(self, session: VaultSession, key: str) -> dict[str, Any]:
        mount, engines = self.options.mount.strip("/"), session.client.secrets.kv
        with told(self.options, lambda status: _refused(status, key, mount)):
            if self._engine_version(session, mount) == 1:
                found: dict[str, Any] = engines.v1.read_secret(key, mount_point=mount)["data"]
                return found
            answer = engines.v2.read_secret_version(key, mount_point=mount, raise_on_deleted_version=True)
            versioned: dict[str, Any] = answer["data"]["data"]
            return versioned

    def _engine_version(self, session: VaultSession, mount: str) -> int:
        if self._version is None:
            self._version = self.options.kv_version or _asked_version(session, mount)
        return self._version


def _asked_version(session: VaultSession, mount: str) -> int:
    """As the command line of Vault asks; who may read a secret may ask this."""
    found = session.client.adapter.get(url=f"/v1/sys/internal/ui/mounts/{mount}")["data"]
    return int((found.get("options") or {}).get("version", 1))


def _refused(status: int, key: str, mount: str) -> Exception | None:
    if status == 404:
        hint = "Check the key and 'mount'; it may also have been deleted."
        return LookupError(f"Vault has no secret {key!r} in the engine {mount!r}. {hint}")
    if status == 403:
        hint = f"Allow 'read' on {key!r} in a policy of the token, or set a token that has not expired; check 'mount'."
        return PermissionError(f"Vault lets this token not read from the engine {mount!r}. {hint}")
    return None
