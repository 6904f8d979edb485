"""What an entry of a Vault in the pipeline file says."""

from typing import Literal
from urllib.parse import urlsplit

from ppf_core import OptionsError, Secret, local_path, option, options

_NEEDS = {"token": ("token",), "approle": ("role_id", "secret_id"), "kubernetes": ("role",)}
_JWT = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@options
class VaultOptions:
    """Which Vault, who asks, and where the secrets lie in it."""

    url: str = option("The address of the server, such as https://vault.example.com:8200.")
    auth: Literal["token", "approle", "kubernetes"] = option("How to log in.", default="token")
    token: Secret | None = option("The token, for `auth = token`.", default=None)
    role_id: str | None = option("The id of the role, for `auth = approle`.", default=None)
    secret_id: Secret | None = option("The secret of the role, for `auth = approle`.", default=None)
    role: str | None = option("The role, for `auth = kubernetes`.", default=None)
    mount: str = option("Where the engine with the secrets is mounted.", default="secret")
    kv_version: Literal[1, 2] | None = option("The version of that engine; unless given, the server is asked.", default=None)
    auth_mount: str | None = option("Where the login is mounted, if not under the name of `auth`.", default=None)
    jwt_path: str | None = option(
        f"The file with the token of the service account, for `auth = kubernetes`; `{_JWT}` unless given.",
        default=None,
        path=True,
    )
    namespace: str | None = option("The namespace, where the server has some.", default=None)
    ca_cert: str | None = option("A file with the certificates to trust.", default=None, path=True)
    timeout: float = option("Seconds that one request may take.", default=10)

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        problems = {name: f"is needed with auth = {self.auth}." for name in _NEEDS[self.auth] if getattr(self, name) is None}
        if not self.url.startswith(("https://", "http://")):
            problems["url"] = "must be a URL that begins with https:// or http://."
        if self.timeout <= 0:
            problems["timeout"] = f"must be above 0, not {self.timeout:g}."
        for name in ("jwt_path", "ca_cert"):
            try:
                local_path(getattr(self, name) or "")
            except ValueError as error:
                problems[name] = str(error)
        if problems:
            raise OptionsError(problems)

    @property
    def place(self) -> str:
        """The address of the server as messages show it: without a name and a password that may stand in it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def jwt(self) -> str:
        """The token of the service account, read anew each time: Kubernetes exchanges it."""
        path = local_path(self.jwt_path or _JWT)
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            raise LookupError(f"There is no file '{path}' with the token of a service account. Set 'jwt_path'.") from None
