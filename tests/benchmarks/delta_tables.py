"""Staged writes of Delta tables beside Delta's own, in one Spark session and taking turns; prints seconds as JSON.

`python delta_tables.py append|overwrite|merge FOLDER [MILLIONS OF ROWS]`
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from in_session import medians
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PipelineRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "services"))
# 16 bytes a row that nothing compresses: 1 GB of Parquet.
LARGE = 64
COLUMNS = "rand(1) AS x, rand(2) AS y"


def session() -> SparkSession:
    from connectors import connector_settings

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.scheduler.mode", "FAIR").config("spark.sql.shuffle.partitions", "4")
    builder = builder.config("spark.driver.memory", "4g").config("spark.ui.showConsoleProgress", "false")
    return builder.config(map={**connector_settings()}).getOrCreate()


def _by_ppf(spark: SparkSession, folder: Path, query: str, end: int, options: str) -> Callable[[], None]:
    path = folder / "large.conf"
    path.write_text(f"""name = large
components {{
  numbers {{ source = range, options {{ end = {end} }} }}
  rows    {{ transform = sql, inputs = [numbers], options {{ query = "{query}" }} }}
  out     {{ sink = delta, inputs = [rows], options {{ path = staged, {options} }} }}
}}
""")

    def run() -> None:
        result = PipelineRunner.from_file(path).run(spark=spark)
        if not result.ok:
            sys.exit(f"{path} failed: {result}")

    return run


def _rows(spark: SparkSession, query: str, end: int) -> DataFrame:
    spark.range(end).createOrReplaceTempView("numbers")
    return spark.sql(query)


def written(spark: SparkSession, folder: Path, mode: str, millions: int) -> dict[str, float]:
    """A staged append or overwrite, and Delta's own; each to a table that is there."""
    end, query = millions * 1_000_000, f"SELECT {COLUMNS} FROM numbers"  # noqa: S608 -- ours
    for name in ("staged", "plain"):
        spark.range(0).selectExpr("rand(1) AS x", "rand(2) AS y").write.format("delta").save(str(folder / name))

    def by_hand() -> None:
        _rows(spark, query, end).write.format("delta").mode(mode).save(str(folder / "plain"))

    return medians(folder, 3, {"ppf": _by_ppf(spark, folder, query, end, f"mode = {mode}"), "by hand": by_hand})


def merged(spark: SparkSession, folder: Path, millions: int) -> dict[str, float]:
    """A staged merge into ten times as many rows, half of them new; by hand: the rows are written, then merged from there."""
    end = millions * 1_000_000
    query = f"SELECT id * 2 AS id, {COLUMNS} FROM numbers"  # noqa: S608 -- ours
    for name in ("staged", "plain"):
        spark.range(end).selectExpr("id", "rand(1) AS x", "rand(2) AS y").write.format("delta").save(str(folder / name))

    def by_hand() -> None:
        shutil.rmtree(folder / "source", ignore_errors=True)
        _rows(spark, query, end).write.parquet(str(folder / "source"))
        spark.read.parquet(str(folder / "source")).createOrReplaceTempView("source")
        spark.sql(
            f"MERGE INTO delta.`{folder}/plain` AS t USING source AS s ON t.id = s.id "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    by_ppf = _by_ppf(spark, folder, query, end, "mode = merge, keys = [id]")
    return medians(folder, 3, {"ppf": by_ppf, "by hand": by_hand})


if __name__ == "__main__":
    job, where = sys.argv[1], Path(sys.argv[2])
    millions = int(sys.argv[3]) if len(sys.argv) > 3 else LARGE
    spark = session()
    print(json.dumps(merged(spark, where, millions // 8) if job == "merge" else written(spark, where, job, millions)))
