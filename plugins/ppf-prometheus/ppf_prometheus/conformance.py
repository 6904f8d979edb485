"""Cases for `ppf plugins test`."""

import socket
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from ppf_prometheus.prometheus import PrometheusHooks


class OnThisMachine:
    """A port, and a file that is renewed with each reading."""

    plugin = PrometheusHooks
    refused: ClassVar = [{"port": 0}, {"pushgateway": "ftp://gateway"}, {"timeout": 0}, {"textfile": "s3a://metrics/ppf.prom"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        """A file in a folder that is not there yet."""
        return {"textfile": str(folder / "metrics" / "ppf.prom"), "interval": 0, "port": _free_port()}


@cache
def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
