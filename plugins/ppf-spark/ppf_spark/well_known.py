"""Which package brings a format that this Spark does not have."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Package:
    """Where a format comes from. plugin: the distribution of ppf that knows it better. further: what else it needs."""

    coordinates: str
    plugin: str | None = None
    further: str = ""

    @property
    def advice(self) -> str:
        """What to do about it."""
        version = " with a VERSION that fits this Spark" if "VERSION" in self.coordinates else ""
        return (
            f"{f'Use the plugin of {self.plugin} instead, or add' if self.plugin else 'Add'} "
            f'packages = ["{self.coordinates}"] to the options{version}{self.further}.'
        )


# From the documentation of each of them. Names are in lower case.
_AVRO = Package("org.apache.spark:spark-avro_{scala}:{spark}")
_BIGQUERY = Package("com.google.cloud.spark:spark-{spark_minor}-bigquery:VERSION")
_CASSANDRA = Package("com.datastax.spark:spark-cassandra-connector_{scala}:VERSION")
_ELASTIC = Package("org.elasticsearch:elasticsearch-spark-30_{scala}:VERSION")
_EXCEL = Package("dev.mauch:spark-excel_{scala}:VERSION")
_MONGODB = Package("org.mongodb.spark:mongo-spark-connector_{scala}:VERSION")
_SNOWFLAKE = Package("net.snowflake:spark-snowflake_{scala}:VERSION")
_XML = Package("com.databricks:spark-xml_{scala}:VERSION", further=": Spark has it by itself from 4.0 on")

PACKAGES: Mapping[str, Package] = MappingProxyType(
    {
        "avro": _AVRO,
        "bigquery": _BIGQUERY,
        "cassandra": _CASSANDRA,
        "com.databricks.spark.xml": _XML,
        "delta": Package(
            "io.delta:delta-spark_{spark_minor}_{scala}:VERSION",
            "ppf-delta",
            ', and spark.conf."spark.sql.extensions" = "io.delta.sql.DeltaSparkSessionExtension"',
        ),
        "es": _ELASTIC,
        "excel": _EXCEL,
        "hudi": Package("org.apache.hudi:hudi-spark{spark_minor}-bundle_{scala}:VERSION"),
        "iceberg": Package("org.apache.iceberg:iceberg-spark-runtime-{spark_minor}_{scala}:VERSION"),
        "kafka": Package("org.apache.spark:spark-sql-kafka-0-10_{scala}:{spark}", "ppf-kafka"),
        "mongo": _MONGODB,
        "mongodb": _MONGODB,
        "neo4j": Package("org.neo4j:neo4j-connector-apache-spark_{scala}:VERSION"),
        "net.snowflake.spark.snowflake": _SNOWFLAKE,
        "org.apache.spark.sql.cassandra": _CASSANDRA,
        "org.elasticsearch.spark.sql": _ELASTIC,
        "redshift": Package("io.github.spark-redshift-community:spark-redshift_{scala}:VERSION"),
        "snowflake": _SNOWFLAKE,
        "xml": _XML,
    }
)
