"""The job whose classes are archived: what small runs do. A process of its own, since its JVM must end by itself."""

import json
import sys
from pathlib import Path
from typing import Any

_SECONDS_TO_END = 500


def run(conf: dict[str, str]) -> None:
    """Reads, joins, groups, counts while it writes; in the working directory. Then the JVM ends, and writes the archive."""
    from pyspark import SparkContext
    from pyspark.sql import Observation, SparkSession
    from pyspark.sql import functions as F

    builder = SparkSession.builder.master("local[2]").config("spark.scheduler.mode", "FAIR").config("spark.ui.port", "0")
    local = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "2"}
    spark = builder.config(map={**local, **conf}).getOrCreate().newSession()
    rows = spark.range(1000).select("id", (F.col("id") % 7).alias("key"), F.col("id").cast("string").alias("text"))
    rows.write.mode("overwrite").csv("rows.csv", header=True)
    rows.write.mode("overwrite").json("rows.json")
    read = spark.read.csv(str(Path.cwd() / "rows.csv"), header=True, schema="id BIGINT, key INT, text STRING")
    read.createOrReplaceTempView("rows")
    grouped = spark.sql("SELECT key, count(*) AS n, max(text) AS last FROM rows WHERE id > 3 GROUP BY key ORDER BY key")
    joined = spark.read.json("rows.json").join(grouped.cache(), "key").withColumn("upper", F.upper("text"))
    counted = joined.observe(Observation("rows"), F.count(F.lit(1)).alias("n"))
    counted.write.mode("overwrite").parquet("rows.parquet")
    spark.read.parquet("rows.parquet").orderBy("id").limit(3).collect()
    spark.createDataFrame([(1, "a")], "id INT, text STRING").write.mode("append").parquet("rows.parquet.more")
    spark.stop()
    gateway: Any = SparkContext._gateway
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(_SECONDS_TO_END)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
