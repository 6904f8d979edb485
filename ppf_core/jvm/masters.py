"""Whether a master or a Spark Connect server answers at all, asked before Spark tries for minutes."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ppf_core.errors import RunError

_SECONDS = 5
_DEFAULT_PORTS = {"sc": 15002, "https": 443, "http": 80}
# What Spark takes for a master at all; mesos until 3.5.
_KINDS = ("local", "spark://", "yarn", "k8s://", "mesos://", "sc://")
_HINT = 'Write "local[4]", "local[*]", "spark://host:7077", "yarn" or "k8s://https://host:6443".'
# How Spark refuses a master: while it is submitted, and when its context starts.
_REFUSAL = re.compile(
    r"Master must [^\n]*|Could not parse Master URL[^\n]*|When running with master [^\n]*|Asked to run locally with [^\n]*"
)


class MasterError(RunError):
    """The master, or the server of Spark Connect, is not one that Spark can use. key: of the block `spark` that names it."""

    def __init__(self, message: str, *, hint: str | None = None, key: str = "master") -> None:
        super().__init__(message, hint=hint)
        self.key = key


def refusal_of(master: str, words: str, log: Path | None) -> MasterError | None:
    """What Spark's words say against a master; None when they are about something else. log: where all of them are."""
    found = _REFUSAL.search(words)
    if found is None:
        return None
    hint = _HINT if log is None else f"{_HINT} All that Spark said: {log}."
    return MasterError(f"Spark refused the master {master!r}: {found[0].strip().rstrip('.')}.", hint=hint)


def require_reachable(url: str) -> None:
    """Raises MasterError for what is no master, and when nothing listens where a `spark://`, `k8s://` or `sc://` URL points."""
    if url and not url.startswith(_KINDS):
        raise MasterError(f"Spark knows no master {url!r}.", hint=_HINT)
    failures = []
    for host, port in _addresses(url):
        try:
            with socket.create_connection((host, port), timeout=_SECONDS):
                return
        except OSError as error:
            failures.append(f"{host}:{port}: {error.strerror or error}")
    if failures:
        is_server = url.startswith("sc://")
        what = "Spark Connect server" if is_server else "Spark master"
        raise MasterError(
            f"The {what} {without_parameters(url)!r} cannot be reached ({'; '.join(failures)}).",
            hint='Check that it runs and that the address is right. For Spark on this machine use master = "local[*]".',
            key="remote" if is_server else "master",
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
            key = "remote" if scheme == "sc" else "master"
            what = "Spark Connect server" if scheme == "sc" else "Spark master"
            hint = f"It looks like {example!r}."
            raise MasterError(f"{without_parameters(url)!r} is no address of a {what}.", hint=hint, key=key)
        yield host, port
