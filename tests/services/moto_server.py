"""AWS on 127.0.0.1, as moto speaks it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from programs import free_port, serving

REGION = "eu-central-1"


@contextmanager
def moto_server(folder: Path) -> Iterator[str]:
    """Runs a server to the end of the block, and gives its URL. What it says goes into the folder."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with serving(command, f"{url}/moto-api/data.json", folder):
        yield url


def post(url: str, body: bytes = b"") -> None:
    """Tells a server something about itself."""
    request = Request(url, data=body, headers={"Content-Type": "text/plain"}, method="POST")  # noqa: S310 -- our own server
    with urlopen(request, timeout=10):  # noqa: S310 -- our own server
        pass
