"""Logins and certificates, and what `ping` says before anything starts."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from kafka_broker import PASSWORD, SCRAM_PASSWORD, SCRAM_USER, STORE_PASSWORD, USER, KafkaBroker, Topics
from ppf_kafka.connection import cluster_of
from ppf_kafka.security import SecurityOptions
from ppf_kafka.sink import KafkaSink
from ppf_kafka.source import KafkaSource
from ppf_kafka.stream_source import KafkaStreamSource
from programs import free_port
from pyspark.sql import DataFrame, Row, SparkSession

from ppf_core import PipelineRunner, PpfError
from ppf_core.testing import build, context

SASL = {"protocol": "SASL_PLAINTEXT"}
PLAIN = {**SASL, "mechanism": "PLAIN", "username": USER, "password": PASSWORD}
SCRAM = {**SASL, "mechanism": "SCRAM-SHA-512", "username": SCRAM_USER, "password": SCRAM_PASSWORD}
WRONG = "canary-of-nobody"
JAAS = str.maketrans({"\\": r"\\", '"': r"\""})


@pytest.mark.parametrize("security", [PLAIN, SCRAM], ids=["plain", "scram"])
def test_a_login_reads_and_writes(security: dict[str, str], spark: SparkSession, kafka: KafkaBroker, topics: Topics) -> None:
    topic = topics.create()
    secured = {"bootstrap_servers": kafka.address_of("SASL_PLAINTEXT"), "security": security, "value_format": "string"}
    sink = build(KafkaSink, topic=topic, **secured)
    sink.ping(context(spark))
    sink.write(context(spark), spark.createDataFrame([("a",)], "value STRING"))
    frame = build(KafkaSource, topics=topic, **secured).read(context(spark))
    assert frame.collect() == [Row(value="a")]
    assert security["password"].translate(JAAS) not in shown(spark, frame)


def test_a_private_key_is_not_shown(spark: SparkSession, kafka: KafkaBroker) -> None:
    key = "-----BEGIN PRIVATE KEY-----canary-of-key-----END PRIVATE KEY-----"
    security = {"protocol": "SSL", "certificate": str(kafka.certificate), "private_key": key}
    options = {"bootstrap_servers": kafka.address_of("SSL"), "topic": "t", "security": security, "value_format": "string"}
    with pytest.raises(Exception, match="PEM") as caught:
        build(KafkaSink, **options).write(context(spark), spark.createDataFrame([("a",)], "value STRING"))
    assert "canary" not in f"{caught.value} {shown(spark)}"


def shown(spark: SparkSession, *frames: DataFrame) -> str:
    """What Spark shows of frames, and on its pages of all queries so far."""
    java: Any = spark._jsparkSession
    store = java.sharedState().statusStore()
    queries = [str(store.executionsList().apply(each).physicalPlanDescription()) for each in range(store.executionsCount())]
    plans = [str(frame._jdf.queryExecution().toString()) for frame in frames]
    assert any("SaveIntoDataSourceCommand" in each for each in queries)
    return "\n".join([*queries, *plans])


def test_tls_reads_with_a_pem_file_and_with_a_key_store(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic, store = topics.create(), tmp_path / "trusted.p12"
    topics.send(topic, ["a"])
    trust = ["-importcert", "-noprompt", "-alias", "broker", "-file", str(kafka.certificate), "-keystore", str(store)]
    subprocess.run(["keytool", *trust, "-storepass", "changeit"], check=True, capture_output=True)
    for security in (
        {"ca_certificate": str(kafka.certificate)},
        {"truststore": str(store), "truststore_password": "changeit"},
    ):
        options = {"bootstrap_servers": kafka.address_of("SSL"), "security": {"protocol": "SSL", **security}}
        source = build(KafkaSource, topics=topic, value_format="string", **options)
        source.ping(context(spark))
        assert source.read(context(spark)).collect() == [Row(value="a")]


@pytest.fixture(scope="module")
def private_key(kafka: KafkaBroker) -> str:
    """The key of the client, as PEM."""
    export = ["openssl", "pkcs12", "-in", str(kafka.client_store), "-nocerts", "-nodes", "-passin", f"pass:{STORE_PASSWORD}"]
    text = subprocess.run(export, check=True, capture_output=True, text=True).stdout
    return text[text.index("-----BEGIN") :]


def test_a_client_shows_its_certificate_out_of_a_key_store_or_as_pem(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path, private_key: str
) -> None:
    topic = topics.create()
    trust = {"protocol": "SSL", "ca_certificate": str(kafka.certificate)}
    of_store = {**trust, "keystore": str(kafka.client_store), "keystore_password": STORE_PASSWORD}
    of_pem = {**trust, "certificate": str(kafka.folder / "client.pem"), "private_key": private_key}
    strange = (tmp_path / "strange.p12", tmp_path / "strange.pem")
    kafka.make_certificate(*strange)
    address = {"bootstrap_servers": kafka.address_of("MUTUAL"), "value_format": "string"}
    frames = []
    for number, security in enumerate((of_store, of_pem), 1):
        given = {**address, "security": security}
        sink = build(KafkaSink, topic=topic, **given)
        sink.ping(context(spark))
        sink.write(context(spark), spark.createDataFrame([(str(number),)], "value STRING"))
        source = build(KafkaSource, topics=topic, **given)
        source.ping(context(spark))
        frames.append(source.read(context(spark)))
        assert sorted(row.value for row in frames[-1].collect()) == ["1", "2"][:number]
    told = shown(spark, *frames)
    assert STORE_PASSWORD not in told
    assert private_key.splitlines()[1] not in told
    for security in (trust, {**of_store, "keystore": str(strange[0])}):
        with pytest.raises(PpfError, match=r"There is no trust .*the client's own"):
            build(KafkaSource, topics=topic, **address, security=security).ping(context(spark))


def test_ping_says_what_is_wrong_within_ten_seconds(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic = topics.create(name="orders-of-today")
    sasl, tls = kafka.address_of("SASL_PLAINTEXT"), kafka.address_of("SSL")
    for address, security, more, said in (
        (sasl, {**PLAIN, "password": WRONG}, {}, "refuse the login: Authentication failed"),
        (sasl, {**SCRAM, "password": WRONG}, {}, "refuse the login: Authentication failed"),
        (tls, {"protocol": "SSL"}, {}, "There is no trust between ppf and the Kafka brokers"),
        (tls, {"protocol": "SSL", "ca_certificate": "/none.pem"}, {}, "There is no file '/none.pem'"),
        (kafka.address, None, {"topics": "orders-of-todya"}, "have no topic 'orders-of-todya'.*Did you mean 'orders-of-today'"),
        (kafka.address, None, {"topics": None, "topic_pattern": "nothing.*"}, "No topic of .* fits the pattern"),
        (f"127.0.0.1:{free_port()}", None, {}, "do not answer. Check 'bootstrap_servers'"),
        ("no.such.host.invalid:9092", None, {}, "No resolvable bootstrap urls"),
    ):
        options = {"bootstrap_servers": address, "security": security, "topics": topic, "value_format": "string", **more}
        source = build(KafkaSource, **options)
        begin = time.monotonic()
        with pytest.raises(PpfError, match=said) as caught:
            source.ping(context(spark))
        assert time.monotonic() - begin < 30  # 7 s by our own limit; this machine may be busy
        assert WRONG not in f"{caught.value} {caught.value.__cause__}"
    with pytest.raises(PpfError, match="have no topic 'nowhere'"):
        build(KafkaSink, bootstrap_servers=kafka.address, topic="nowhere").ping(context(spark))
    given = {"bootstrap_servers": kafka.address, "value_format": "string"}
    build(KafkaStreamSource, topic_pattern="nothing.*", **given).ping(context(spark))
    for kind in (KafkaSource, KafkaStreamSource):
        broken: Any = build(kind, topic_pattern="orders.(", **given)
        with pytest.raises(
            PpfError, match=r"topic_pattern is no regular expression of Java: 'orders\.\(': Unclosed group near"
        ):
            broken.ping(context(spark))
    # One limit for all that a ping asks, not for each question.
    silent = {**given, "bootstrap_servers": f"127.0.0.1:{free_port()}"}
    begin = time.monotonic()
    with cluster_of(spark, build(KafkaSource, topics=topic, **silent).options, seconds=1) as cluster:
        for _ in range(3):
            with pytest.raises(PpfError, match="do not answer"):
                cluster.answers()
    assert time.monotonic() - begin < 7  # as long as one question has


def test_a_password_is_quoted_and_never_shown() -> None:
    odd = 'a"b\\c\nd;e'
    options = build(
        KafkaSource, bootstrap_servers="h:1", topics="t", value_format="string", security={**PLAIN, "password": odd}
    )
    security = options.options.security
    assert isinstance(security, SecurityOptions)
    assert security.settings()["sasl.jaas.config"].endswith(' password="a\\"b\\\\c\\nd;e";')
    assert odd not in repr(options)
    assert security.warnings()["protocol"].startswith("sends the password as it is")


def test_a_run_with_a_wrong_password_never_shows_it(
    spark: SparkSession, kafka: KafkaBroker, topics: Topics, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    topic = topics.create()
    address = kafka.address_of("SASL_PLAINTEXT")
    security = f'protocol = SASL_PLAINTEXT, mechanism = PLAIN, username = "{USER}", password = "{WRONG}"'
    options = f'bootstrap_servers = "{address}", topics = {topic}, value_format = string, security {{ {security} }}'
    components = f"read {{ source = kafka, options {{ {options} }} }}, out {{ sink = noop, inputs = [read] }}"
    (tmp_path / "secured.conf").write_text(f"name = secured, components {{ {components} }}")
    result = PipelineRunner.from_file(tmp_path / "secured.conf").run(spark=spark)
    (problem,) = result.problems
    assert (result.exit_code, "refuse the login" in problem.message) == (1, True)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secured.conf"]
    assert files
    assert WRONG not in f"{result} {capfd.readouterr()} {[path.read_text(errors='replace') for path in files]}"
