"""Metrics of a run for Prometheus."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property, partial
from typing import ClassVar
from urllib.parse import urlsplit

from ppf_core import (
    ComponentInfo,
    ComponentResult,
    Hooks,
    OptionsError,
    PipelineResult,
    QualityResult,
    RunInfo,
    StreamProgress,
    hookimpl,
    local_path,
    option,
    options,
)
from ppf_prometheus.gateway import push
from ppf_prometheus.metrics import Metrics
from ppf_prometheus.port import Port
from ppf_prometheus.readings import Reading, of_batch, of_check, of_circuit, of_component, of_run
from ppf_prometheus.textfile import Textfile


@options
class PrometheusOptions:
    """Where Prometheus finds the metrics: at least one of `textfile`, `port` and `pushgateway`."""

    textfile: str | None = option(
        "A file for the node exporter, which reads names that end in .prom. Counters add up over runs.", default=None, path=True
    )
    port: int | None = option("A port that answers Prometheus while the run goes on; for streams and long runs.", default=None)
    pushgateway: str | None = option("URL of a Pushgateway, to which the metrics are pushed when the run ended.", default=None)
    address: str = option("Where the port listens; 0.0.0.0 lets other machines in.", default="127.0.0.1")
    job: str = option("The label `job` of what is pushed.", default="ppf")
    timeout: timedelta = option("How long the Pushgateway may take.", default=timedelta(seconds=5))
    interval: timedelta = option("How often the textfile is renewed while the run goes on.", default=timedelta(seconds=10))

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        problems = {}
        if self.textfile is None and self.port is None and self.pushgateway is None:
            problems[""] = "At least one of textfile, port and pushgateway must be set, or nobody sees the metrics."
        if self.port is not None and not 1 <= self.port <= 65535:
            problems["port"] = f"must be between 1 and 65535, not {self.port}."
        if self.pushgateway is not None and not _is_gateway(self.pushgateway):
            problems["pushgateway"] = "must be a URL such as http://localhost:9091."
        if self.timeout <= timedelta(0):
            problems["timeout"] = "must be above 0."
        try:
            local_path(self.textfile or "")
        except ValueError as error:
            problems["textfile"] = str(error)
        if problems:
            raise OptionsError(problems)


class PrometheusHooks(Hooks[PrometheusOptions]):
    """Gives the metrics of runs to Prometheus: in a textfile, on a port, or through a Pushgateway. Only observes."""

    examples: ClassVar = (
        'textfile = "/var/lib/prometheus/node-exporter/flights.prom"',
        'port = 9400, address = "0.0.0.0"',
        'pushgateway = "http://localhost:9091"',
    )

    _port: Port | None = None

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        """A run begins: from now on the port answers."""
        if self.options.port is not None:
            self._port = Port(self.options.address, self.options.port, self._metrics)

    @hookimpl
    def ppf_component_end(self, run: RunInfo, component: ComponentInfo, result: ComponentResult) -> None:
        """A component's outcome is final."""
        self._note(of_component(run, component, result))

    @hookimpl
    def ppf_circuit_change(self, run: RunInfo, component: ComponentInfo, new: str) -> None:
        """A circuit breaker opened or closed."""
        self._note(of_circuit(run, component, new))

    @hookimpl
    def ppf_quality_result(self, run: RunInfo, component: ComponentInfo, result: QualityResult) -> None:
        """A check was evaluated."""
        self._note(of_check(run, component, result))

    @hookimpl
    def ppf_stream_progress(self, run: RunInfo, component: ComponentInfo, progress: StreamProgress) -> None:
        """A streaming query finished a batch."""
        self._note(of_batch(run, component, progress))

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        """A run ended: the textfile is renewed, and the metrics are pushed. One that fails does not prevent the other."""
        self._note(of_run(run, result), renew=False)
        failures: list[Exception] = []
        for give in (self._renew, partial(self._push, run.pipeline)):
            try:
                give()
            except (OSError, ValueError) as error:
                failures.append(error)
        if failures:
            raise OSError(" ".join(map(str, failures))) from ExceptionGroup("Some could not be told.", failures)

    def close(self) -> None:
        """Gives the port back."""
        if self._port is not None:
            self._port.close()
            self._port = None

    @cached_property
    def _metrics(self) -> Metrics:
        return Metrics()

    @cached_property
    def _textfile(self) -> Textfile | None:
        path, interval = self.options.textfile, self.options.interval
        return Textfile(local_path(path), interval.total_seconds()) if path is not None else None

    def _note(self, readings: Iterable[Reading], *, renew: bool = True) -> None:
        told = list(readings)
        self._metrics.note(told)
        if self._textfile is not None:
            self._textfile.note(told)
            if renew and self._textfile.is_due():
                self._textfile.renew()

    def _renew(self) -> None:
        if self._textfile is not None:
            self._textfile.renew()

    def _push(self, pipeline: str) -> None:
        gateway, timeout = self.options.pushgateway, self.options.timeout.total_seconds()
        if gateway is not None:
            push(gateway, self._metrics, job=self.options.job, pipeline=pipeline, timeout=timeout)


def _is_gateway(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
