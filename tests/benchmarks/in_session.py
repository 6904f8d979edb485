"""Runs by ppf beside the same jobs by hand, in one Spark session and taking turns; prints the median seconds of each as JSON.

`python in_session.py shared|hooks|queries|headers FOLDER`
"""

import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from ppf_files.sources import CsvSource
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PipelineRunner
from ppf_core.testing import build, context

ROWS = 3_000_000
# So many that the ratio tells of the work: a run has a fixed cost of about 0.2 s (the file, a session, record, publish).
SHARED_ROWS = 30_000_000
QUERIES = 30
FILES = 1_000
LINES = 2_000
SMALL = 300


def session(more: Mapping[str, str] = MappingProxyType({})) -> SparkSession:
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for name, value in more.items():
        builder = builder.config(name, value)
    builder = builder.config("spark.scheduler.mode", "FAIR").config("spark.sql.shuffle.partitions", "4")
    return builder.config("spark.driver.memory", "4g").config("spark.ui.showConsoleProgress", "false").getOrCreate()


def by_ppf(spark: SparkSession, path: Path) -> Callable[[], None]:
    def run() -> None:
        result = PipelineRunner.from_file(path).run(spark=spark)
        if not result.ok:
            sys.exit(f"{path} failed: {result}")
        shutil.rmtree(path.parent / ".ppf")

    return run


def medians(folder: Path, runs: int, measures: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The measures take turns, so that a slow moment of the machine hits all of them. One round before does not count."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(runs + 1):
        for name, measure in measures.items():
            shutil.rmtree(folder / "out", ignore_errors=True)
            os.sync()  # so that nobody waits for what another one wrote
            start = time.perf_counter()
            measure()
            if number:
                taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


# ---- three sinks on one costly frame

_SUMS = "SELECT id % 5000 AS key, count(*) AS n, sum(id * 3 % 1000) AS total, max(sha2(string(id), 256)) AS hash"
_JOINED = "SELECT l.key, l.n, r.total, l.hash FROM sums l JOIN sums r ON l.key = r.key"
# On what was computed, so that Spark cannot filter the rows before it computes them.
_SINKS = {"tenth": "total % 10 = 1", "even": "total % 2 = 0", "odd": "total % 2 = 1"}


def shared(spark: SparkSession, folder: Path) -> dict[str, float]:
    sinks = "\n".join(
        f"""  {name} {{ transform = filter, inputs = [joined], options {{ where = "{where}" }} }}
  {name}_out {{ sink = parquet, inputs = [{name}], options {{ path = "out/{name}", mode = overwrite }} }}"""
        for name, where in _SINKS.items()
    )
    path = folder / "shared.conf"
    path.write_text(f"""name = shared
components {{
  numbers {{ source = range, options {{ end = {SHARED_ROWS} }} }}
  sums {{ transform = sql, inputs = [numbers], persist = never, options {{ query = "{_SUMS} FROM numbers GROUP BY 1" }} }}
  joined {{ transform = sql, inputs = [sums], options {{ query = "{_JOINED}" }} }}
{sinks}
}}
""")

    def joined() -> DataFrame:
        spark.range(SHARED_ROWS).createOrReplaceTempView("numbers")
        spark.sql(f"{_SUMS} FROM numbers GROUP BY 1").createOrReplaceTempView("sums")
        return spark.sql(_JOINED)

    def write(frame: DataFrame) -> None:
        for name, where in _SINKS.items():
            frame.filter(where).write.mode("overwrite").parquet(str(folder / "out" / name))

    def persisted() -> None:
        frame = joined().persist()
        write(frame)
        frame.unpersist(blocking=True)

    return medians(folder, 3, {"ppf": by_ppf(spark, path), "by hand": lambda: write(joined()), "by hand, persisted": persisted})


# ---- hooks


def hooks(spark: SparkSession, folder: Path) -> dict[str, float]:
    parts = "\n".join(
        f"""  s{n} {{ source = range, options {{ end = 100 }} }}
  t{n} {{ transform = filter, inputs = [s{n}], options {{ where = "id % 2 = 0" }} }}
  o{n} {{ sink = noop, inputs = [t{n}] }}"""
        for n in range(SMALL // 3)
    )
    on = "logging { path = log.jsonl, format = json }, audit { path = audit.jsonl }, prometheus { textfile = ppf.prom }"
    paths = {"none": "", "all": f"hooks {{ {on} }}"}
    for name, text in paths.items():
        (folder / f"{name}.conf").write_text(f"name = many\n{text}\ncomponents {{\n{parts}\n}}\n")
    return medians(folder, 5, {name: by_ppf(spark, folder / f"{name}.conf") for name in paths})


# ---- thirty queries on shared sources


def queries(spark: SparkSession, folder: Path) -> dict[str, float]:
    source = str(folder / "facts")
    frame = spark.range(ROWS).selectExpr("id", "id % 97 AS k", "id % 1013 AS m", "rand(7) AS x", "string(id % 31) AS s")
    frame.repartition(4).write.parquet(source)
    texts = [
        f"SELECT k, s, count(*) AS n, sum(x) AS x, avg(m) AS m FROM facts WHERE m % 30 <> {n} GROUP BY k, s"  # noqa: S608 -- ours
        for n in range(QUERIES)
    ]
    parts = "\n".join(
        f"""  q{n} {{ transform = sql, inputs = [facts], options {{ query = "{text}" }} }}
  o{n} {{ sink = parquet, inputs = [q{n}], options {{ path = "out/q{n}", mode = overwrite }} }}"""
        for n, text in enumerate(texts)
    )
    path = folder / "queries.conf"
    path.write_text(f"""name = queries
runtime.parallelism = 4
components {{
  facts {{ source = parquet, options {{ path = "{source}" }} }}
{parts}
}}
""")

    def by_hand() -> None:
        spark.read.parquet(source).createOrReplaceTempView("facts")
        for number, text in enumerate(texts):
            spark.sql(text).write.mode("overwrite").parquet(str(folder / "out" / f"q{number}"))

    return medians(folder, 3, {"ppf": by_ppf(spark, path), "by hand": by_hand})


# ---- the first lines of many files


def headers(spark: SparkSession, folder: Path) -> dict[str, float]:
    source = folder / "files"
    source.mkdir()
    text = "id,name,amount\n" + "".join(f"{number},name {number % 97},{number / 8}\n" for number in range(LINES))
    for number in range(FILES):
        (source / f"{number:04}.csv").write_text(text)

    def written(frame: DataFrame) -> None:
        frame.write.format("noop").mode("overwrite").save()

    def by_source() -> None:
        made = build(CsvSource, path=str(source))
        written(made.read(context(spark, pinned=made.pin(context(spark)))))

    def by_spark() -> None:
        written(spark.read.csv(str(source), header=True))

    return medians(folder, 7, {"ppf": by_source, "by hand": by_spark})


if __name__ == "__main__":
    jobs = {"shared": shared, "hooks": hooks, "queries": queries, "headers": headers}
    print(json.dumps(jobs[sys.argv[1]](session(), Path(sys.argv[2]))))
