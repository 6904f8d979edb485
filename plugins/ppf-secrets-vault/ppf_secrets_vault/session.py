"""A login at a Vault, and the thread that keeps its token alive."""

from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any

from ppf_core import PpfError, local_path
from ppf_secrets_vault.failures import refused_login, told
from ppf_secrets_vault.options import VaultOptions

_RETRIED = (412, 429, 500, 502, 504)


class VaultSession:
    """One client that is logged in. Threads may share it; `close` ends its token, if the session has made it."""

    def __init__(self, options: VaultOptions) -> None:
        self._options = options
        self._over = Event()
        self._lock = Lock()
        self._renewing: Thread | None = None
        self.client = _new_client(options)
        self._login()

    def renew_login(self, refused: str) -> bool:
        """Whether there is another token than the refused one, which the server does not know any more."""
        with self._lock:
            if self.client.token == refused:
                if self._lives():
                    return False
                self._login()
            return bool(self.client.token != refused)

    def close(self) -> None:
        """Ends the token that was made for this session, and the thread that renews it."""
        self._over.set()
        if self._renewing is not None:
            self._renewing.join(timeout=self._options.timeout)
        try:
            if self._options.auth != "token":
                with (
                    told(self._options, lambda status: PermissionError() if status == 403 else None),
                    suppress(PermissionError),
                ):
                    self.client.auth.token.revoke_self()  # refused: it has ended already
        finally:
            self.client.session.close()

    def _login(self) -> None:
        options, auth = self._options, self._options.auth
        if auth == "token":
            self.client.token = options.token.reveal() if options.token is not None else ""
            self._renew_given_token()
            return
        mount, self.client.token = options.auth_mount or auth, ""
        with told(options, refused_login(options)):
            if auth == "approle":
                secret = options.secret_id.reveal() if options.secret_id is not None else ""
                given = self.client.auth.approle.login(options.role_id, secret, mount_point=mount)["auth"]
            else:
                given = self.client.auth.kubernetes.login(options.role, options.jwt, mount_point=mount)["auth"]
        self._keep_alive(given["lease_duration"], is_renewable=given["renewable"])

    def _renew_given_token(self) -> None:
        """A token that may not look at itself may still read secrets, and is not renewed."""
        with suppress(PermissionError), told(self._options, _denied):
            known = self.client.auth.token.lookup_self()["data"]
            self._keep_alive(known["ttl"], is_renewable=known.get("renewable", False))

    def _lives(self) -> bool:
        """Whether the server knows the token."""
        try:
            with told(self._options, _denied):
                self.client.auth.token.lookup_self()
        except PermissionError:
            return False
        return True

    def _keep_alive(self, seconds: float, *, is_renewable: bool) -> None:
        """A run may take longer than its token lives: it is renewed after two thirds of that time."""
        if self._renewing is None and is_renewable and seconds > 0:
            self._renewing = Thread(target=self._renew, args=(seconds,), name="ppf-vault-renewal", daemon=True)
            self._renewing.start()

    def _renew(self, seconds: float) -> None:
        while not self._over.wait(max(seconds * 2 / 3, 0.5)):
            try:
                with told(self._options, refused_login(self._options)):
                    seconds = self.client.auth.token.renew_self()["auth"]["lease_duration"]
            except (PpfError, PermissionError):  # nobody waits here: the next fetch tells what is wrong, or logs in again
                seconds = max(seconds / 3, 1)


def _denied(status: int) -> Exception | None:
    return PermissionError() if status == 403 else None


def _new_client(options: VaultOptions) -> Any:
    import hvac
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    # What hangs is not asked again, so that `timeout` bounds the wait; a server's wish to wait longer is not heard.
    again = Retry(
        total=3,
        connect=1,
        read=False,
        backoff_factor=0.2,
        status_forcelist=_RETRIED,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = Session()
    session.verify = str(local_path(options.ca_cert)) if options.ca_cert is not None else True
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=32, max_retries=again))
    # An empty token: without one the client would look for that of whoever is logged in on this machine.
    return hvac.Client(url=options.url, token="", namespace=options.namespace, timeout=options.timeout, session=session)
