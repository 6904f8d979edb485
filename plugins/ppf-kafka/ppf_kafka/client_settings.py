"""Settings of Kafka's client that a file passes on, and those that it must not."""

from collections.abc import Iterator, Mapping
from typing import Any

_SECURITY = ("sasl.", "ssl.", "security.")
# Spark sets these itself, or its offsets would mean nothing.
_SPARKS_OWN = frozenset(
    {
        *("auto.offset.reset", "enable.auto.commit", "group.instance.id"),
        *("key.deserializer", "value.deserializer", "key.serializer", "value.serializer"),
    }
)
# What names a class is a program, which a file must not bring.
_CODE = (".class", ".classes", "config.providers", "metric.reporters", "partition.assignment.strategy")


def problems(block: str, extra: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with settings that are passed on: option path → what to do instead."""
    found = {}
    for name, value in _flat(extra):
        if (wrong := _wrong(block, name, value)) is not None:
            found[f"{block}.{name}"] = wrong
    return found


def client_settings(extra: Mapping[str, Any]) -> dict[str, str]:
    """The settings as text, as Kafka reads them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in _flat(extra)}


def _flat(extra: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Without quotes HOCON makes blocks of a name with dots."""
    for name, value in extra.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _wrong(block: str, name: str, value: Any) -> str | None:
    if name != name.lower():
        return f"must be written {name.lower()!r}: Spark passes names on in lower case."
    if name == "bootstrap.servers":
        return "is said by the option bootstrap_servers."
    if name == "isolation.level":
        return "is said by the option isolation_level."
    if name.startswith("kafka."):
        return f"is called {name.removeprefix('kafka.')!r} here."
    if name.startswith(_SECURITY):
        return "belongs to the block security, which keeps secrets secret."
    if name in _SPARKS_OWN:
        return "is set by Spark, and cannot be changed."
    if name.endswith(_CODE) or "interceptor" in name or "callback" in name:
        return "names a program, which a pipeline file cannot bring."
    if not isinstance(value, str | int | float | bool):
        return "must be text, a number or a boolean."
    return _less_than_promised(name, str(value).lower()) if block == "producer" else None


def _less_than_promised(name: str, value: str) -> str | None:
    """Delivery is at least once: what would lose records, or hide them."""
    if name == "transactional.id":
        return "cannot be set: nobody commits a transaction, so that its records would never be seen."
    if name == "acks" and value not in ("all", "-1"):
        return f"is {value}, but must be all: else records are lost when a broker fails."
    if name == "retries" and value == "0":
        return "is 0, which loses records when a broker is busy. Limit the time with delivery.timeout.ms."
    return None
