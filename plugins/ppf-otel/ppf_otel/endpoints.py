"""Where a collector listens, as it stands in the file."""

from typing import Literal, TypeAlias
from urllib.parse import SplitResult, urlsplit

Protocol: TypeAlias = Literal["grpc", "http"]

_SIGNALS = ("/v1/traces", "/v1/metrics")


def collector_url(endpoint: str, protocol: Protocol, insecure: bool | None = None) -> str:
    """The endpoint with its scheme, and without a slash at the end; ValueError says what is wrong with it.

    collector_url("collector:4317", "grpc", insecure=True) == "http://collector:4317"
    """
    if "://" not in endpoint:
        if insecure is None:
            raise ValueError(f"{endpoint!r} has no scheme. Write 'http://{endpoint}', or 'https://{endpoint}' for TLS.")
        endpoint = f"{'http' if insecure else 'https'}://{endpoint}"
    mistake = _mistake_in(endpoint, protocol, insecure)
    if mistake is not None:
        raise ValueError(mistake)
    return endpoint.rstrip("/")


def _mistake_in(url: str, protocol: Protocol, insecure: bool | None) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"{url!r} is not a URL: {error}. Write it as 'http://collector:4317'."
    if "@" in parts.netloc:
        return "The URL holds a user name or a password. Put them into headers, where they are kept secret."
    if parts.scheme not in ("http", "https"):
        return f"{url!r} begins with '{parts.scheme}://'. Write http://, or https:// for TLS."
    if not parts.hostname or port == 0:
        return f"{url!r} names no host, or port 0. Write it as 'http://collector:4317'."
    if insecure is not None and insecure != (parts.scheme == "http"):
        return f"{url!r} contradicts insecure = {str(insecure).lower()}. Leave insecure out: the scheme says it."
    return _mistake_in_path(url, parts, protocol)


def _mistake_in_path(url: str, parts: SplitResult, protocol: Protocol) -> str | None:
    path = parts.path.rstrip("/")
    if parts.query or parts.fragment:
        return f"{url!r} goes on after the path. Leave out what stands behind '?' or '#'."
    if protocol == "grpc" and path:
        return f"{url!r} has the path {path!r}, which gRPC does not know. Leave it out, or set protocol = http."
    for signal in _SIGNALS:
        if path.endswith(signal):
            return f"{url!r} ends with {signal!r}, which is added to it. Leave it out."
    return None
