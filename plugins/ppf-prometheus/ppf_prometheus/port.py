"""A port on which Prometheus fetches the metrics of a run while it goes on."""

from prometheus_client import start_http_server

from ppf_prometheus.metrics import Metrics


class Port:
    """Answers with the metrics until it is closed; OSError when the port cannot be had."""

    def __init__(self, address: str, port: int, metrics: Metrics) -> None:
        try:
            self._server, self._thread = start_http_server(port, addr=address, registry=metrics)
        except OSError as error:
            reason = error.strerror or error
            hint = "Set 'port' to a free one, and 'address' to one of this machine."
            raise OSError(f"The metrics cannot be offered on {address!r}, port {port}: {reason}. {hint}") from error

    def close(self) -> None:
        """Stops answering, and gives the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
