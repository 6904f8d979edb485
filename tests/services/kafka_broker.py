"""One Kafka broker on 127.0.0.1, which is its own controller, and a client that fills and reads topics.

It listens four times: without any security, behind a login (PLAIN and SCRAM), behind TLS, and behind TLS that asks for the
certificate of the client. Its jars come from Maven, once.
"""

import base64
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic
from jars import SPARK_JARS, jars
from programs import free_port

VERSION = "4.3.1"
USER, PASSWORD = "ada", "se\"cr\\et; 'of' ada"
SCRAM_USER, SCRAM_PASSWORD = "grace", "canary-of-grace"
STORE_PASSWORD = "canary-of-store"
MOST_BYTES = 2_000_000
"""The longest record that the broker takes."""

# Kafka's POM names no binding of slf4j; without one a broker that cannot start says nothing.
_LOGGING = ("slf4j-api-2*.jar", "log4j-slf4j2-impl-*.jar", "log4j-api-*.jar", "log4j-core-*.jar")
_SECONDS = 60
_STARTED = "Kafka Server started"
_MODULES = "org.apache.kafka.common.security"
_LOG4J = """
rootLogger.level=warn
rootLogger.appenderRef.c.ref=c
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
appender.c.type=Console
appender.c.name=c
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c{1} %m%n
"""
_SERVER = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,MUTUAL:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config={plain}
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config={scram}
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config={scram}
ssl.keystore.location={folder}/broker.p12
ssl.keystore.type=PKCS12
ssl.keystore.password={store_password}
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.truststore.location={folder}/clients.p12
listener.name.mutual.ssl.truststore.type=PKCS12
listener.name.mutual.ssl.truststore.password={store_password}
log.dirs={folder}/data
message.max.bytes={most_bytes}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=4194304
"""


@dataclass
class KafkaBroker:
    """A broker that can be stopped and started again, in the same folder and on the same ports."""

    folder: Path
    ports: Mapping[str, int] = field(default_factory=lambda: {name: free_port() for name in (*_PROTOCOLS, "CONTROLLER")})
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens without any security."""
        return self.address_of("PLAINTEXT")

    def address_of(self, protocol: str) -> str:
        """Where it listens with PLAINTEXT, SASL_PLAINTEXT, SSL or, for clients that show a certificate, MUTUAL."""
        return f"127.0.0.1:{self.ports[protocol]}"

    @property
    def certificate(self) -> Path:
        """The certificate of the listener with TLS, which signs itself."""
        return self.folder / "broker.pem"

    @property
    def client_store(self) -> Path:
        """A key store with a certificate that the broker trusts, and its key."""
        return self.folder / "client.p12"

    def start(self) -> None:
        """Starts it, and waits until it serves."""
        log = self.folder / "broker.log"
        begin = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            command = [*self._java(), "kafka.Kafka", str(self.folder / "server.properties")]
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + _SECONDS
        while _STARTED not in (told := log.read_text()[begin:]):
            assert self._process.poll() is None, f"The broker ended:\n{told[-4000:]}"
            assert time.monotonic() < end, f"The broker does not serve after {_SECONDS} seconds:\n{told[-4000:]}"
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it in good order, or at once where it does not go."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def remove(self) -> None:
        """Ends it if it runs, and removes all that it keeps."""
        try:
            if self._process is not None and self._process.poll() is None:
                self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self) -> None:
        """Writes what it needs for its first start: settings, users, a certificate, a formatted folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log4j2.properties").write_text(_LOG4J)
        self._make_certificates()
        settings = _SERVER.format(
            controller=self.ports["CONTROLLER"],
            listeners=",".join(f"{name}://{self.address_of(name)}" for name in _PROTOCOLS),
            plain=_in_properties(f"{_MODULES}.plain.PlainLoginModule required user_{USER}={_quoted(PASSWORD)};"),
            scram=f"{_MODULES}.scram.ScramLoginModule required;",
            folder=self.folder,
            store_password=STORE_PASSWORD,
            most_bytes=MOST_BYTES,
        )
        (self.folder / "server.properties").write_text(settings)
        users = [f"{each}=[name={SCRAM_USER},password={SCRAM_PASSWORD}]" for each in ("SCRAM-SHA-256", "SCRAM-SHA-512")]
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ["format", f"--cluster-id={cluster}", "-c", str(self.folder / "server.properties")]
        for user in users:
            arguments += ["--add-scram", user]
        _run([*self._java(), "kafka.tools.StorageTool", *arguments])

    def _make_certificates(self) -> None:
        self.make_certificate(self.folder / "broker.p12", self.certificate)
        self.make_certificate(self.client_store, self.folder / "client.pem")
        known = ["-alias", "client", "-file", str(self.folder / "client.pem"), "-keystore", str(self.folder / "clients.p12")]
        _run(["keytool", "-importcert", "-noprompt", *known, "-storetype", "PKCS12", "-storepass", STORE_PASSWORD])

    def make_certificate(self, store: Path, pem: Path) -> None:
        """A key store with a key and a certificate that signs itself, and a file with that certificate."""
        own = ["-keystore", str(store), "-storetype", "PKCS12", "-storepass", STORE_PASSWORD]
        named = ["-alias", "own", "-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1", "-validity", "30"]
        _run(["keytool", "-genkeypair", "-keyalg", "EC", *named, *own])
        _run(["keytool", "-exportcert", "-rfc", "-alias", "own", "-file", str(pem), *own])

    def _java(self) -> Sequence[str]:
        logging = [str(next(SPARK_JARS.glob(each))) for each in _LOGGING]
        libraries = jars(f"kafka-{VERSION}", [f"org.apache.kafka:kafka_2.13:{VERSION}"])
        return (
            "java",
            *("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            *("-cp", ":".join([*logging, f"{libraries}/*"])),
        )


_PROTOCOLS = ("PLAINTEXT", "SASL_PLAINTEXT", "SSL", "MUTUAL")


@contextmanager
def kafka_broker(folder: Path) -> Iterator[KafkaBroker]:
    """Runs a broker to the end of the block. All that it keeps lies in the folder, which is removed."""
    broker = KafkaBroker(folder)
    try:
        broker.prepare()
        broker.start()
        yield broker
    finally:
        broker.remove()


@dataclass(frozen=True)
class Topics:
    """Makes, fills and reads topics of a broker."""

    address: str

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient(self._settings)

    @cached_property
    def _producer(self) -> Producer:
        return Producer({**self._settings, "linger.ms": 5, "message.max.bytes": 2 * MOST_BYTES})

    @property
    def _settings(self) -> dict[str, Any]:
        return {"bootstrap.servers": self.address, "log_level": 0}

    def create(self, partitions: int = 1, name: str | None = None, **config: str) -> str:
        """A new topic, under a name that no other has."""
        topic = name or f"t-{uuid.uuid4().hex[:12]}"
        made = self._admin.create_topics([NewTopic(topic, partitions, 1, config=config)])
        made[topic].result(60)
        while name is not None and len(self._producer.list_topics(topic, 60).topics[topic].partitions) < partitions:
            time.sleep(0.05)  # the producer may still know another topic of that name
        return topic

    def send(self, topic: str, values: Iterable[bytes | str | None], **more: Any) -> None:
        """Adds records, and waits until the broker has them. more: key, partition, headers, timestamp."""
        failures: list[Any] = []

        def delivered(error: Any, _message: Message) -> None:
            failures.extend([error] if error is not None else [])

        for value in values:
            self._queue(topic, value, on_delivery=delivered, **more)
        self._producer.flush()
        assert failures == []

    def send_in_transactions(self, topic: str, values: Mapping[str, bool]) -> None:
        """Adds each record in a transaction of its own, which is committed or given up."""
        producer = Producer({**self._settings, "transactional.id": uuid.uuid4().hex})
        producer.init_transactions(60)
        for value, is_kept in values.items():
            producer.begin_transaction()
            producer.produce(topic, value)
            producer.flush()
            (producer.commit_transaction if is_kept else producer.abort_transaction)(60)

    def _queue(self, topic: str, value: bytes | str | None, **more: Any) -> None:
        try:
            self._producer.produce(topic, value, **more)
        except BufferError:  # it holds 100,000
            self._producer.flush()
            self._producer.produce(topic, value, **more)
        self._producer.poll(0)

    def records(self, topic: str) -> list[Message]:
        """All records, partition by partition."""
        consumer = Consumer({**self._settings, "group.id": uuid.uuid4().hex, "enable.auto.commit": False})
        found: list[Message] = []
        try:
            for partition in consumer.list_topics(topic, 60).topics[topic].partitions:
                found += self._of_partition(consumer, topic, partition)
        finally:
            consumer.close()
        return found

    def grow(self, topic: str, partitions: int) -> None:
        """Gives a topic more partitions."""
        self._admin.create_partitions([NewPartitions(topic, partitions)])[topic].result(60)
        while len(self._producer.list_topics(topic, 60).topics[topic].partitions) < partitions:
            time.sleep(0.05)

    def delete(self, topic: str) -> None:
        """Removes a topic, and waits until the broker has forgotten it."""
        self._admin.delete_topics([topic])[topic].result(60)
        end = time.monotonic() + _SECONDS
        while topic in self._admin.list_topics(timeout=60).topics:
            assert time.monotonic() < end, f"The topic {topic} is still there."
            time.sleep(0.05)

    def delete_before(self, topic: str, offset: int, partition: int = 0) -> None:
        """Removes the records before an offset, as retention does."""
        for future in self._admin.delete_records([TopicPartition(topic, partition, offset)]).values():
            future.result(60)

    def _of_partition(self, consumer: Consumer, topic: str, partition: int) -> Iterator[Message]:
        first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=60)
        consumer.assign([TopicPartition(topic, partition, first)])
        while first < end:
            message = consumer.poll(1)
            if message is not None:
                assert message.error() is None, message.error()
                first = message.offset() + 1
                yield message


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}{done.stderr}"


def _quoted(text: str) -> str:
    """As a text between quotes in JAAS."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_properties(text: str) -> str:
    return text.replace("\\", "\\\\")
