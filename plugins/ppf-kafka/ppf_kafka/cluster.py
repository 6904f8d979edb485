"""What the brokers know, asked with the JVM's own client, so with the very settings of the job."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError, suggestion
from ppf_kafka.failures import is_missing_topic, told
from ppf_kafka.offsets import Moment, Offsets, Partition, Place

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MILLISECONDS = 7_000
_PATIENCE = {
    "default.api.timeout.ms": str(_MILLISECONDS),
    "request.timeout.ms": str(_MILLISECONDS),
    "socket.connection.setup.timeout.ms": "5000",
    "client.id": "ppf",
}


class Cluster:
    """The brokers at one address. Close it.

    settings: of Kafka's client. committed: whether records of transactions that are not over do not count.
    """

    def __init__(self, spark: "SparkSession", settings: Mapping[str, str], *, committed: bool = False) -> None:
        jvm: Any = spark._jvm
        self._java = jvm
        self._address = settings["bootstrap.servers"]
        self._committed = committed
        properties = self._java.java.util.Properties()
        for name, value in {**_PATIENCE, **settings}.items():
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

    def matching(self, pattern: str) -> list[str]:
        """The topics whose whole name a regular expression of Java fits, as Spark subscribes to them."""
        compiled = self._java.java.util.regex.Pattern.compile(pattern)
        return sorted(topic for topic in self.topics() if compiled.matcher(topic).matches())

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        """All partitions of these topics; an error names those that are not there."""
        names = self._java.java.util.ArrayList()
        for topic in topics:
            names.add(topic)
        futures = self._admin.describeTopics(names).topicNameValues()
        return sorted((topic, number) for topic in futures for number in self._numbers(topic, futures[topic]))

    def offsets(self, places: Mapping[Partition, Place]) -> Offsets:
        """The offsets of places. A moment after the last record is the end of its partition."""
        found = {partition: place for partition, place in places.items() if isinstance(place, int)}
        asked = {partition: place for partition, place in places.items() if not isinstance(place, int)}
        found |= self._listed(asked)
        late: dict[Partition, Place] = {partition: "latest" for partition, offset in found.items() if offset < 0}
        return found | self._listed(late)

    def _listed(self, places: Mapping[Partition, Any]) -> Offsets:
        if not places:
            return {}
        kafka, specs = self._java.org.apache.kafka, self._java.java.util.HashMap()
        keys = {partition: kafka.common.TopicPartition(*partition) for partition in places}
        for partition, place in places.items():
            spec = kafka.clients.admin.OffsetSpec
            is_moment = isinstance(place, Moment)
            specs[keys[partition]] = spec.forTimestamp(place.milliseconds) if is_moment else getattr(spec, place)()
        level = kafka.common.IsolationLevel.READ_COMMITTED if self._committed else kafka.common.IsolationLevel.READ_UNCOMMITTED
        answered = self._await(self._admin.listOffsets(specs, kafka.clients.admin.ListOffsetsOptions(level)).all())
        return {partition: int(answered[key].offset()) for partition, key in keys.items()}

    def _numbers(self, topic: str, future: Any) -> list[int]:
        from py4j.protocol import Py4JJavaError

        try:
            return [int(each.partition()) for each in self._get(future).partitions()]
        except Py4JJavaError as error:
            if is_missing_topic(error):
                raise self._missing(topic) from None
            raise told(error, self._address) from error

    def _missing(self, topic: str) -> PpfError:
        return PpfError(
            f"The Kafka brokers {self._address} have no topic {topic!r}, or hide it from this user.",
            hint=f"Create it, or correct the name. {suggestion(topic, self.topics())}",
        )

    def _await(self, future: Any) -> Any:
        with self._telling():
            return self._get(future)

    def _get(self, future: Any) -> Any:
        return future.get(_MILLISECONDS + 1_000, self._java.java.util.concurrent.TimeUnit.MILLISECONDS)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        from py4j.protocol import Py4JJavaError

        try:
            yield
        except Py4JJavaError as error:
            raise told(error, self._address) from error
