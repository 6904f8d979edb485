"""A topic into a Delta table beside the same query by hand, in one Spark session; seconds as JSON: `topics.py FOLDER`."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "services"))

from connectors import connector_settings  # noqa: E402 -- they are not installed
from in_session import session  # noqa: E402
from kafka_broker import Topics, kafka_broker  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402
from streams import in_turn, seconds  # noqa: E402

from ppf_core import PipelineRunner  # noqa: E402

RECORDS, BATCHES, ROUNDS = 2_000_000, 4, 3
SCHEMA = "id BIGINT, amount DOUBLE, name STRING, at TIMESTAMP"
PIPELINE = """
name = topics
mode = streaming
components {
  rows {
    source = kafka
    options {
      bootstrap_servers = "%s", topics = %s, value_schema = "%s", starting_offsets = earliest, max_offsets_per_trigger = %d
    }
  }
  out { sink = delta, inputs = [rows], trigger = available_now, options { path = out, mode = append } }
}
"""


def topic_to_table(spark: SparkSession, folder: Path, address: str, topic: str) -> dict[str, float]:
    """All records of a topic, in a few batches."""
    per_batch = RECORDS // BATCHES

    def by_ppf(home: Path) -> float:
        (home / "topics.conf").write_text(PIPELINE % (address, topic, SCHEMA, per_batch))
        return seconds(lambda: require(PipelineRunner.from_file(home / "topics.conf").run(spark=spark).ok))

    def by_hand(home: Path) -> float:
        reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", address).option("subscribe", topic)
        records = reader.options(startingOffsets="earliest", maxOffsetsPerTrigger=str(per_batch)).load()
        mode = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_corrupt_value"}
        parsed = F.from_json(F.col("value").cast("string"), f"{SCHEMA}, _corrupt_value STRING", mode)
        rows = records.select(parsed.alias("row")).select("row.*")

        def append(frame: DataFrame, number: int) -> None:
            once = {"txnAppId": "by hand", "txnVersion": str(number)}
            frame.write.format("delta").mode("append").options(**once).save(str(home / "out"))

        writer = rows.writeStream.foreachBatch(append).trigger(availableNow=True)
        return seconds(lambda: writer.option("checkpointLocation", str(home / "checkpoint")).start().awaitTermination())

    return in_turn(folder, ROUNDS, by_ppf, by_hand)


def fill(spark: SparkSession, address: str, topic: str) -> None:
    """Records of about 100 bytes."""
    row = "id", "rand(7) * 1000 AS amount", "concat('customer ', id % 1000) AS name", "timestamp_seconds(1.7e9 + id) AS at"
    records = spark.range(RECORDS).selectExpr(*row).selectExpr("to_json(struct(*)) AS value")
    records.write.format("kafka").option("kafka.bootstrap.servers", address).option("topic", topic).save()


def require(is_well: bool) -> None:
    """Ends the program unless it is."""
    if not is_well:
        sys.exit("The run failed.")


if __name__ == "__main__":
    home = Path(sys.argv[1])
    with kafka_broker(home / "broker") as broker:
        topics = Topics(broker.address)
        topic, spark = topics.create(4), session(connector_settings())
        fill(spark, broker.address, topic)
        print(json.dumps(topic_to_table(spark, home, broker.address, topic)))
