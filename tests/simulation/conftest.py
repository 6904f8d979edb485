"""Fixtures of the simulation. The simulated plugins are installed as a distribution, once."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from simulated_plugins import OFFERS
from wheels import build_wheel, install


@pytest.fixture
def os_threads() -> Callable[[], int]:
    """How many threads of the operating system this process has."""
    return threading.active_count


@pytest.fixture(scope="session")
def simulated_plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The distribution `ppf-simulated`, which has nothing but its metadata: its classes lie beside this file."""
    site = tmp_path_factory.mktemp("site")
    install(build_wheel(tmp_path_factory.mktemp("dist"), "ppf-simulated", offers=OFFERS, code=""), site)
    sys.path.insert(0, str(site))
    yield site
    sys.path.remove(str(site))
