import pytest
from ppf_otel.endpoints import Protocol, collector_url


@pytest.mark.parametrize(
    ("endpoint", "protocol", "insecure", "url"),
    [
        ("http://collector:4317", "grpc", None, "http://collector:4317"),
        ("https://collector:4317/", "grpc", None, "https://collector:4317"),
        ("https://otlp.example.com/api/otlp/", "http", None, "https://otlp.example.com/api/otlp"),
        ("http://[::1]:4318", "http", None, "http://[::1]:4318"),
        ("collector:4317", "grpc", True, "http://collector:4317"),
        ("collector:4318", "http", False, "https://collector:4318"),
        ("http://collector:4317", "grpc", True, "http://collector:4317"),
    ],
)
def test_an_endpoint_becomes_a_url(endpoint: str, protocol: Protocol, insecure: bool | None, url: str) -> None:
    assert collector_url(endpoint, protocol, insecure) == url


@pytest.mark.parametrize(
    ("endpoint", "protocol", "insecure", "told"),
    [
        ("collector:4317", "grpc", None, "'collector:4317' has no scheme. Write 'http://collector:4317'"),
        ("grpc://collector:4317", "grpc", None, "begins with 'grpc://'. Write http://"),
        ("http://:4317", "grpc", None, "names no host"),
        ("http://collector:0", "grpc", None, "names no host, or port 0"),
        ("http://collector:many", "grpc", None, "is not a URL: Port could not be cast"),
        ("http://[::1", "grpc", None, "is not a URL: Invalid IPv6"),
        ("http://collector:4317", "grpc", False, "contradicts insecure = false"),
        ("https://collector:4317", "grpc", True, "contradicts insecure = true"),
        ("http://collector:4317/v1/traces", "grpc", None, "has the path '/v1/traces', which gRPC does not know"),
        ("http://collector:4318/v1/traces", "http", None, "ends with '/v1/traces', which is added"),
        ("http://collector:4318/otlp/v1/metrics/", "http", None, "ends with '/v1/metrics', which is added"),
        ("http://collector:4318?token=1", "http", None, "goes on after the path"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused(endpoint: str, protocol: Protocol, insecure: bool | None, told: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- its text is what is looked at
        collector_url(endpoint, protocol, insecure)
    assert told in str(caught.value)


def test_a_password_in_an_endpoint_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="headers") as caught:
        collector_url("https://me:s3cret@collector:4317", "grpc")
    assert "s3cret" not in str(caught.value)
