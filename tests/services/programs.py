"""What tests need of a machine, and real servers: each listens on 127.0.0.1 and a free port, and is stopped by its id."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.error import URLError
from urllib.request import urlopen

import pytest


def program(name: str, package: str) -> str:
    """Where a program is. A test that needs it is skipped without it, naming the Debian package; in CI it fails."""
    found = shutil.which(name)
    if found is None:
        cannot(f"{name} is missing: install the Debian package {package}.")
    return str(found)


def require_mounting() -> None:
    """Skips a test that mounts where only others may, usually root; in CI it fails."""
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode != 0:
        cannot("This user may not mount: run the tests as root.")


def cannot(told: str) -> NoReturn:
    """Ends a test that needs what is not there: in CI it fails, elsewhere it is skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(command: Sequence[str], url: str, folder: Path, seconds: float = 30) -> Iterator[None]:
    """Runs a server, from the moment when the URL answers to the end of the block. What it says goes to `server.log`."""
    log = folder / "server.log"
    with log.open("wb") as output, subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT) as server:
        try:
            until = time.monotonic() + seconds
            while not _answers(url):
                assert server.poll() is None, f"{command[0]} ended:\n{log.read_text()}"
                assert time.monotonic() < until, f"{command[0]} did not answer:\n{log.read_text()}"
                time.sleep(0.05)
            yield
        finally:
            server.terminate()
            server.wait()


def get(url: str) -> str:
    """What a URL of a server of these tests answers."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310 -- our own server
        text: str = answer.read().decode()
        return text


def _answers(url: str) -> bool:
    try:
        get(url)
    except (URLError, ConnectionError):
        return False
    return True
