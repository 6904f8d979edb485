"""A real Vault on 127.0.0.1: HashiCorp's own server, built once a machine from the module in `vault/`."""

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import hvac
from programs import program

_SOURCE = Path(__file__).with_name("vault")
_CACHE = Path.home() / ".cache" / "ppf-tests"


@dataclass
class Vault:
    """A server that is unsealed. root: a client that may do everything."""

    url: str
    root: Any
    _key: str

    def seal(self) -> None:
        """From now on it answers nothing."""
        self.root.sys.seal()

    def unseal(self) -> None:
        """It answers again."""
        self.root.sys.submit_unseal_key(self._key)

    def token(self, *policies: str, **more: Any) -> str:
        """A new token."""
        made: str = self.root.auth.token.create(policies=list(policies), **more)["auth"]["client_token"]
        return made


@contextmanager
def vault(folder: Path, *, certificate: tuple[Path, Path] | None = None) -> Iterator[Vault]:
    """Runs a server to the end of the block. certificate: it speaks TLS with this certificate and its key."""
    log = folder / "vault.log"
    tls = [] if certificate is None else ["-tls-cert", str(certificate[0]), "-tls-key", str(certificate[1])]
    with (
        log.open("wb") as output,
        subprocess.Popen([vault_program(), "-listen", "127.0.0.1:0", *tls], stdout=output, stderr=subprocess.STDOUT) as server,
    ):
        try:
            url = f"{'http' if certificate is None else 'https'}://{_address(log, server)}"
            root = hvac.Client(url=url, token="", verify=True if certificate is None else str(certificate[0]))
            made = root.sys.initialize(secret_shares=1, secret_threshold=1)
            ready = Vault(url, root, made["keys"][0])
            ready.unseal()
            root.token = made["root_token"]
            root.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
            root.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
            yield ready
        finally:
            server.terminate()
            server.wait()


def _address(log: Path, server: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + 30
    while (found := re.search(r"listening on (\S+)", log.read_text())) is None:
        assert server.poll() is None, f"Vault ended:\n{log.read_text()}"
        assert time.monotonic() < until, f"Vault did not start:\n{log.read_text()}"
        time.sleep(0.02)
    return found[1]


def vault_program() -> Path:
    """Where the server is. It is built when it is missing, which takes minutes; a test is skipped where there is no Go."""
    made_of = b"".join((_SOURCE / name).read_bytes() for name in ("go.sum", "main.go"))
    built = _CACHE / f"vault-{hashlib.sha256(made_of).hexdigest()[:16]}" / "vault"
    if built.exists():
        return built
    go = program("go", "golang-go (1.20 or newer)")
    built.parent.mkdir(parents=True, exist_ok=True)
    with (built.parent / "lock").open("w") as lock:
        flock(lock, LOCK_EX)  # another test process may be building it
        if not built.exists():
            _build(go, built)
    return built


def _build(go: str, target: Path) -> None:
    fresh = target.with_name("vault.new")
    settings = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(fresh), "."],
        cwd=_SOURCE,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"Vault could not be built:\n{done.stderr[-4000:]}"
    fresh.replace(target)
