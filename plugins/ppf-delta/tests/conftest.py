"""These tests need Delta's jars in the session."""

import pytest
from connectors import connector_jars


@pytest.fixture(scope="session", autouse=True)
def _jars() -> None:
    connector_jars()
