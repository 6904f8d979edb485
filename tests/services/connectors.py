"""The jars with which Spark speaks to Delta, Kafka and Avro files, and the settings of a session that has them all."""

import re
from pathlib import Path

import pyspark
import pytest
from jars import SPARK_JARS, jars
from ppf_delta.names import DELTA_VERSION, requirements

DELTA = f"io.delta:delta-spark_4.1_2.13:{DELTA_VERSION}"
KAFKA = "org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.1"
AVRO = "org.apache.spark:spark-avro_2.13:4.1.1"
# Large, and in Spark under these or other names.
_EXCLUDED = (
    *("org.apache.hadoop:hadoop-client-runtime", "org.apache.hadoop:hadoop-client-api", "org.slf4j:slf4j-api"),
    *("at.yawk.lz4:lz4-java", "org.scala-lang:scala-library", "commons-logging:commons-logging", "org.roaringbitmap:shims"),
)


def fits_spark() -> bool:
    """Whether the jars are those of the Spark that is installed."""
    return pyspark.__version__.startswith("4.1.")


def connector_jars() -> list[Path]:
    """What Spark itself does not have. A test that needs them is skipped without a network; in CI it fails."""
    own = {_artifact(jar) for jar in SPARK_JARS.glob("*.jar")}
    found = jars(f"connectors-delta-{DELTA_VERSION}-spark-4.1.1", [DELTA, KAFKA, AVRO], _EXCLUDED)
    return sorted(jar for jar in found.glob("*.jar") if _artifact(jar) not in own)


def connector_settings() -> dict[str, str]:
    """What a session is made with, so that it has the jars, and Delta's commands and tables."""
    delta = requirements(None)
    return {
        "spark.jars": ",".join(map(str, connector_jars())),
        **{key: ",".join(values) for key, values in delta.extend.items()},
        **delta.conf,
        # The defaults of 50, and of 10,000 for VACUUM, are made for tables with millions of files.
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    }


def settings_if_there() -> dict[str, str]:
    """The same; nothing where they cannot be: tests that do not need them go on, and each that does says what is missing."""
    if not fits_spark():
        return {}
    try:
        return connector_settings()
    except pytest.skip.Exception:
        return {}


def _artifact(jar: Path) -> str:
    return re.sub(r"-\d[^-]*(-\d+)?\.jar$", "", jar.name)
