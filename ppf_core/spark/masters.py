"""Whether a master or a Spark Connect server answers at all, asked before Spark tries for minutes."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from ppf_core.errors import RunError

_SECONDS = 5
_DEFAULT_PORTS = {"sc": 15002, "https": 443, "http": 80}


def require_reachable(url: str) -> None:
    """Raises RunError when nothing listens where a `spark://`, `k8s://` or `sc://` URL points; other masters pass."""
    failures = []
    for host, port in _addresses(url):
        try:
            with socket.create_connection((host, port), timeout=_SECONDS):
                return
        except OSError as error:
            failures.append(f"{host}:{port}: {error.strerror or error}")
    if failures:
        what = "Spark Connect server" if url.startswith("sc://") else "Spark master"
        raise RunError(
            f"The {what} {without_parameters(url)!r} cannot be reached ({'; '.join(failures)}).",
            hint='Check that it runs and that the address is right. For Spark on this machine use master = "local[*]".',
        )


def without_parameters(url: str) -> str:
    """The URL without what follows its address: a Spark Connect URL may carry a token there."""
    return url.partition(";")[0]


def _addresses(url: str) -> Iterator[tuple[str, int]]:
    """The addresses behind a URL; several for `spark://a:7077,b:7077`, of which one is enough."""
    scheme, _, rest = url.partition("://")
    if scheme == "k8s":
        yield from _addresses(rest if "://" in rest else f"https://{rest}")
    if scheme not in ("spark", *_DEFAULT_PORTS):
        return
    for address in without_parameters(rest).split(","):
        try:
            parts = urlsplit(f"//{address}")
            host, port = parts.hostname, parts.port or _DEFAULT_PORTS.get(scheme)
        except ValueError:
            host = port = None
        if host is None or port is None:
            example = "spark://host:7077" if scheme == "spark" else f"{scheme}://host:{_DEFAULT_PORTS[scheme]}"
            raise RunError(f"{without_parameters(url)!r} is no address of a Spark master.", hint=f"It looks like {example!r}.")
        yield host, port
