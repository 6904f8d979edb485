"""What the tests of all plugins share: a Spark session with the jars of the connectors, and a Kafka broker."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest
from connectors import settings_if_there

if TYPE_CHECKING:
    from kafka_broker import KafkaBroker, Topics


@pytest.fixture(scope="session")
def spark_settings() -> Mapping[str, str]:
    """Settings of the session besides its own."""
    return settings_if_there()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[KafkaBroker]":
    """One broker for all tests. Each makes topics of its own."""
    from kafka_broker import kafka_broker

    with kafka_broker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


@pytest.fixture(scope="session")
def topics(kafka: "KafkaBroker") -> "Topics":
    """Makes, fills and reads topics of the broker."""
    from kafka_broker import Topics

    return Topics(kafka.address)
