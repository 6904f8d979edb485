"""What the brokers know, asked with the JVM's own client, so with the very settings of the job."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError, suggestion
from ppf_kafka.failures import is_missing_topic, told
from ppf_kafka.offsets import Edge, Moment, Offsets, Partition

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_REQUEST_SECONDS = 7
_PATIENCE = {
    "request.timeout.ms": str(_REQUEST_SECONDS * 1000),
    "socket.connection.setup.timeout.ms": "5000",
    "client.id": "ppf",
}
# What brokers say that give topics no ids yet.
_NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Topic:
    """What the brokers tell of a topic. id: another one when the topic is deleted and made anew, and in another cluster."""

    id: str | None
    numbers: tuple[int, ...]


def ids_of(topics: Mapping[str, Topic]) -> dict[str, str]:
    """The ids of those topics that have one."""
    return {name: topic.id for name, topic in topics.items() if topic.id is not None}


def partitions_of(topics: Mapping[str, Topic]) -> list[Partition]:
    """All partitions of some topics."""
    return sorted((name, number) for name, topic in topics.items() for number in topic.numbers)


class Cluster:
    """The brokers at one address. Close it.

    settings: of Kafka's client. committed: whether records of transactions that are not over do not count.
    seconds: how long all questions together may take; else each has its own limit, of so many seconds: patience.
    """

    def __init__(
        self,
        spark: "SparkSession",
        settings: Mapping[str, str],
        *,
        committed: bool = False,
        seconds: float | None = None,
        patience: int = 7,
    ) -> None:
        jvm: Any = spark._jvm
        self._java = jvm
        self._address = settings["bootstrap.servers"]
        self._committed = committed
        self._end = time.monotonic() + seconds if seconds is not None else None
        self._patience = patience
        properties = self._java.java.util.Properties()
        limit = {"default.api.timeout.ms": str(patience * 1000)}
        for name, value in {**_PATIENCE, **limit, **settings}.items():
            properties.setProperty(name, value)
        with self._telling():
            self._admin = self._java.org.apache.kafka.clients.admin.AdminClient.create(properties)

    def close(self) -> None:
        """Lets go of the connections."""
        self._admin.close(self._java.java.time.Duration.ZERO)

    def answers(self) -> None:
        """Raises unless the brokers are there and take us for whom we are."""
        self._await(self._admin.describeCluster().clusterId())

    def topics(self) -> list[str]:
        """All topics that we may see."""
        return [str(name) for name in self._await(self._admin.listTopics().names())]

    def fitting(self, pattern: str, topics: Iterable[str]) -> list[str]:
        """Those topics whose whole name a regular expression of Java fits, as Spark subscribes to them."""
        from pyspark.errors import IllegalArgumentException

        try:
            compiled = self._java.java.util.regex.Pattern.compile(pattern)
        except IllegalArgumentException as error:
            said = f"topic_pattern is no regular expression of Java: {pattern!r}: {str(error).splitlines()[0]}."
            raise PpfError(said, hint="Correct topic_pattern. In quotes, HOCON wants each backslash twice.") from error
        return sorted(topic for topic in topics if compiled.matcher(topic).matches())

    def there(self, topics: Iterable[str]) -> dict[str, Topic]:
        """These topics, without those that are not there; an error names the first of them."""
        names = self._java.java.util.ArrayList()
        for topic in topics:
            names.add(topic)
        futures = self._admin.describeTopics(names).topicNameValues()
        return {str(name): self._described(str(name), futures[name]) for name in futures}

    def edges(self, partitions: Iterable[Partition], edge: Edge) -> Offsets:
        """The first offset of each partition, or the one after its last."""
        spec = getattr(self._java.org.apache.kafka.clients.admin.OffsetSpec, edge)()
        return self._listed(dict.fromkeys(partitions, spec))

    def first_since(self, moments: Mapping[Partition, Moment]) -> Offsets:
        """The offset of the first record of each partition that is not older; partitions without one are left out."""
        spec = self._java.org.apache.kafka.clients.admin.OffsetSpec
        found = self._listed({each: spec.forTimestamp(moment.milliseconds) for each, moment in moments.items()})
        return {each: offset for each, offset in found.items() if offset >= 0}

    def _listed(self, specs: Mapping[Partition, Any]) -> Offsets:
        if not specs:
            return {}
        kafka, asked = self._java.org.apache.kafka, self._java.java.util.HashMap()
        keys = {partition: kafka.common.TopicPartition(*partition) for partition in specs}
        for partition, spec in specs.items():
            asked[keys[partition]] = spec
        level = kafka.common.IsolationLevel.READ_COMMITTED if self._committed else kafka.common.IsolationLevel.READ_UNCOMMITTED
        answered = self._await(self._admin.listOffsets(asked, kafka.clients.admin.ListOffsetsOptions(level)).all())
        return {partition: int(answered[key].offset()) for partition, key in keys.items()}

    def _described(self, topic: str, future: Any) -> Topic:
        from py4j.protocol import Py4JJavaError

        try:
            found = self._get(future)
        except Py4JJavaError as error:
            if is_missing_topic(error):
                raise self._missing(topic) from None
            raise told(error, self._address) from error
        name = str(found.topicId().toString())
        return Topic(name if name != _NO_ID else None, tuple(int(each.partition()) for each in found.partitions()))

    def _missing(self, topic: str) -> PpfError:
        return PpfError(
            f"The Kafka brokers {self._address} have no topic {topic!r}, or hide it from this user.",
            hint=f"Create it, or correct the name. {suggestion(topic, self.topics())}",
        )

    def _await(self, future: Any) -> Any:
        with self._telling():
            return self._get(future)

    def _get(self, future: Any) -> Any:
        wait = (self._patience + 1) * 1000
        if self._end is not None:
            wait = max(0, min(wait, int((self._end - time.monotonic()) * 1000)))
        return future.get(wait, self._java.java.util.concurrent.TimeUnit.MILLISECONDS)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        from py4j.protocol import Py4JJavaError

        try:
            yield
        except Py4JJavaError as error:
            raise told(error, self._address) from error
