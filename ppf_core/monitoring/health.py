"""Whether a stream lives, over HTTP: for the probes of Kubernetes, and for people who have no shell where it runs.

    /live      200 while the run is looked after
    /ready     200 while every query that has not ended is at work
    /progress  the last batch of each query

Everything else is 404. All answers are JSON.
"""

import json
import socket
import socketserver
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ppf_core import __version__
from ppf_core.config.model import HealthConfig
from ppf_core.contracts.results import RunInfo, StreamProgress
from ppf_core.errors import RunError
from ppf_core.state.documents import to_document
from ppf_core.state.events import Event, StreamProgressed
from ppf_core.threads import threads

_PATIENCE_SECONDS = 60.0
"""How long a run that is looked after twice a second may seem to hang: a machine can be busy, a disk slow."""


class Health:
    """What is told of one run. `hear` observes it; whoever looks after it calls `beat`."""

    def __init__(self, run: RunInfo) -> None:
        self._run = run
        self._batches: dict[str, StreamProgress] = {}
        self._unready: str | None = "Spark is not ready yet."
        self._beat: float | None = None

    def hear(self, event: Event) -> None:
        """Observes the run."""
        if isinstance(event, StreamProgressed):
            self._batches = {**self._batches, event.progress.query: event.progress}

    def beat(self, unready: str | None) -> None:
        """The run is looked after. unready: what is not as it should be."""
        self._beat, self._unready = threads().monotonic(), unready

    def answer(self, path: str) -> tuple[int, Mapping[str, Any]]:
        """The status and the document for one path."""
        match path.partition("?")[0].rstrip("/"):
            case "/live":
                hangs = self._hangs
                return (503 if hangs else 200), {"live": hangs is None, "reason": hangs}
            case "/ready":
                reason = self._hangs or self._unready
                return (503 if reason else 200), {"ready": reason is None, "reason": reason}
            case "/progress":
                return 200, {"queries": list(self._batches.values())}
        return 404, {"paths": ["/live", "/ready", "/progress"]}

    def document(self, path: str) -> tuple[int, bytes]:
        """The same, as it goes to whoever asks."""
        status, found = self.answer(path)
        head = {"ppf": __version__, "ok": status == 200, "run_id": self._run.run_id, "pipeline": self._run.pipeline}
        return status, json.dumps({**head, **to_document(found)}).encode() + b"\n"

    @property
    def _hangs(self) -> str | None:
        silence = threads().monotonic() - self._beat if self._beat is not None else 0.0
        return f"Nobody has looked after the stream for {silence:.0f} s." if silence > _PATIENCE_SECONDS else None


@contextmanager
def served(health: Health, config: HealthConfig) -> Iterator[str]:
    """Answers until the block ends; gives the address. RunError when the port cannot be had."""
    try:
        server = _server(health, config)
    except OSError as error:
        where = f"{config.host!r}, port {config.port}"
        message = f"The health of the stream cannot be served on {where}: {error.strerror or error}."
        hint = "Set runtime.health.port to a free one, or to 0 for any, and runtime.health.host to an address of this machine."
        raise RunError(message, hint=hint) from error
    with server:
        threads().start(server.serve_forever, "ppf-health")
        try:
            host = f"[{config.host}]" if ":" in config.host else config.host
            yield f"http://{host}:{server.server_address[1]}"
        finally:
            server.shutdown()


def _server(health: Health, config: HealthConfig) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version, timeout = f"ppf/{__version__}", "", 10

        def do_GET(self) -> None:
            status, body = health.document(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Probes come every few seconds, and are no news."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in config.host else socket.AF_INET

        def server_bind(self) -> None:
            socketserver.TCPServer.server_bind(self)  # that of http.server asks DNS for a name, which may take long

        def handle_error(self, *_: Any) -> None:
            """Whoever asked went away before the answer."""

    return Server((config.host, config.port), Handler)
