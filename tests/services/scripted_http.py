"""A web server on 127.0.0.1 that answers as a test tells it to: with failures that a real service gives only on bad days."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What it gets. hangs: it waits until the server ends."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


@dataclass
class ScriptedServer:
    """A server at work. `requests` holds what it was asked, in order."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)


@contextmanager
def scripted(answer: Callable[[Request, int], Answer]) -> Iterator[ScriptedServer]:
    """Runs a server to the end of the block. answer: gets each request, and how many came before it."""
    told, over = ScriptedServer(), Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, dict(self.headers), body)
            told.requests.append(request)
            given = answer(request, len(told.requests) - 1)
            if given.hangs:
                over.wait(60)
                self.close_connection = True
                return
            self.send_response(given.status)
            for name, value in {"Content-Length": str(len(given.body)), **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.body)

        do_GET = do_POST = do_PUT = do_LIST = _answer  # noqa: N815 -- what the base class looks for

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- the name of the base class
            """A test's output stays clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        over.set()
        server.shutdown()
        server.server_close()
