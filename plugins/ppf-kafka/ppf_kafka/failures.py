"""What Kafka's client says, in words that tell what to do."""

from collections.abc import Iterator
from typing import Any

from ppf_core import PpfError

_DEEPEST = 20


def told(error: Any, address: str) -> PpfError:
    """A failure that reached us from the JVM. address: of whom it was asked."""
    found = dict(_links(error.java_exception))
    if "SaslAuthenticationException" in found:
        said = found["SaslAuthenticationException"]
        return PpfError(
            f"The Kafka brokers {address} refuse the login: {said.rstrip('.')}.",
            hint="Check username, password and mechanism under 'security'.",
        )
    if "SslAuthenticationException" in found or "SSLHandshakeException" in found:
        return PpfError(
            f"There is no trust between ppf and the Kafka brokers {address}: {_last(found)}.",
            hint="Check security.protocol, the certificates to trust ('ca_certificate' or 'truststore'), and the client's own.",
        )
    authorization = next((name for name in found if name.endswith("AuthorizationException")), None)
    if authorization is not None:
        return PpfError(
            f"The Kafka brokers {address} do not allow it: {found[authorization].rstrip('.')}.",
            hint="Ask for the rights to describe, read or write the topic, or use another user.",
        )
    if "UnknownTopicOrPartitionException" in found:
        return PpfError(
            f"The Kafka brokers {address} have a topic or a partition no more that was there a moment ago.",
            hint="It was deleted, or the rights of this user have changed. Run again to be told which one.",
        )
    if "TimeoutException" in found:
        return PpfError(
            f"The Kafka brokers {address} do not answer.",
            hint="Check 'bootstrap_servers', the network, and whether security.protocol is that of this port.",
        )
    if "ConfigException" in found:
        return PpfError(
            f"Kafka's client cannot be set up for {address}: {found['ConfigException'].rstrip('.')}.",
            hint="Check 'bootstrap_servers' and 'security'.",
        )
    return PpfError(f"Kafka's client failed for {address}: {_last(found)}.", hint="Check 'bootstrap_servers' and 'security'.")


def is_missing_topic(error: Any) -> bool:
    """Whether the brokers know no such topic."""
    return any(name == "UnknownTopicOrPartitionException" for name, _ in _links(error.java_exception))


def too_large(error: BaseException) -> PpfError | None:
    """What to do where a record was longer than the client or the broker lets it be; None for any other failure."""
    java = getattr(error, "java_exception", None)
    words = next((text for name, text in _links(java) if name == "RecordTooLargeException"), None) if java is not None else None
    if words is None and "RecordTooLargeException: " in str(error):
        words = str(error).partition("RecordTooLargeException: ")[2].splitlines()[0]
    if words is None:
        return None
    if "max.request.size" in words:
        hint = 'Raise it with producer { "max.request.size" = … }; the topic\'s max.message.bytes must allow it too.'
        return PpfError(f"A record is too large for Kafka's producer: {words.rstrip('.')}.", hint=hint)
    hint = "Raise max.message.bytes of the topic, or message.max.bytes of the brokers; or write smaller records."
    return PpfError(f"A record is larger than the brokers take: {words.rstrip('.')}.", hint=hint)


def _links(java: Any) -> Iterator[tuple[str, str]]:
    for _ in range(_DEEPEST):
        if java is None:
            return
        yield str(java.getClass().getSimpleName()), str(java.getMessage() or "")
        java = java.getCause()


def _last(found: dict[str, str]) -> str:
    name, words = list(found.items())[-1]
    return words.rstrip(".") or name
