"""The Spark session that the tests of all plugins share has the jars of the connectors."""

from collections.abc import Mapping

import pytest
from connectors import settings_if_there


@pytest.fixture(scope="session")
def spark_settings() -> Mapping[str, str]:
    """Settings of the session besides its own."""
    return settings_if_there()
