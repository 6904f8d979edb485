"""The metrics of one run in memory, in the form in which prometheus_client gives them away."""

import threading
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from ppf_prometheus.readings import FAMILIES, Family, Reading

_BY_NAME = {family.name: family for family in FAMILIES}


class Metrics:
    """What all readings so far amount to. A collector for prometheus_client, which may ask from another thread.

    Nothing here is shared: two hooks, and so two runs in one process, cannot collide.

        metrics = Metrics()
        metrics.note([Reading(RUNS, ("flights", "success"), 1)])
        generate_latest(metrics)
    """

    def __init__(self, foreign: Sequence[Metric] = ()) -> None:
        self._foreign = foreign
        self._series: dict[tuple[str, ...], Reading] = {}
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, text: str) -> "Metrics":
        """The metrics that a text in Prometheus' format shows; ValueError when it is not such a text.

        Metrics of ppf that this version does not know are kept; those of others are refused.
        """
        readings, foreign = [], []
        for metric in text_string_to_metric_families(text):
            if not metric.name.startswith("ppf_"):
                raise ValueError(f"it holds {metric.name!r}, which is no metric of ppf")
            known = [_BY_NAME.get(sample.name) for sample in metric.samples]
            if None in known:
                foreign.append(metric)
                continue
            readings += [
                Reading(family, tuple(sample.labels[label] for label in family.labels), sample.value)
                for family, sample in zip(known, metric.samples, strict=True)
                if family is not None
            ]
        metrics = cls(foreign)
        metrics.note(readings)
        return metrics

    def note(self, readings: Iterable[Reading]) -> None:
        """Adds to counters and sets gauges."""
        with self._lock:
            for reading in readings:
                self._series[reading.series] = reading.after(self._series.get(reading.series))

    def readings(self) -> list[Reading]:
        """One reading for each series; noting them elsewhere adds these metrics to those."""
        with self._lock:
            return list(self._series.values())

    def collect(self) -> Iterator[Metric]:
        """The metrics as prometheus_client wants them."""
        by_family: dict[Family, list[Reading]] = {}
        for reading in self.readings():
            by_family.setdefault(reading.family, []).append(reading)
        for family in FAMILIES:
            if family in by_family:
                yield _metric(family, by_family[family])
        yield from self._foreign


def _metric(family: Family, readings: Iterable[Reading]) -> Metric:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=family.labels)
    for reading in readings:
        metric.add_metric(reading.labels, reading.value)
    return metric
