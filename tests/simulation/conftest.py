"""Fixtures of the simulation."""

import threading
from collections.abc import Callable

import pytest


@pytest.fixture
def os_threads() -> Callable[[], int]:
    """How many threads of the operating system this process has."""
    return threading.active_count
