"""Streams by ppf beside the same queries started by hand, in one Spark session; prints seconds as JSON.

`python streams.py batches|growth|noop|files|start FOLDER`
"""

import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from in_session import session
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PipelineRunner
from ppf_core.runs.runner import RunRequest
from ppf_core.state.events import Event, StreamProgressed
from ppf_core.streams.handle import RunningStream

WARM = 5
"""Batches that do not count: the JVM has to get to know them."""
BATCHES = 40
LONG = 1000
ROUNDS = 3
ROWS = 20_000_000
"""Of a batch from `rate` that nobody writes."""
FILES, FILE_ROWS = 24, 2_000_000
QUERIES = 10

Write = Callable[[DataFrame, int], None]


def batches(spark: SparkSession, folder: Path) -> dict[str, float]:
    """A batch of a few rows into Parquet: what the kernel adds to it."""
    return in_turn(folder, ROUNDS, lambda home: _by_ppf(spark, home), lambda home: _by_hand(spark, home, _append(home)))


def growth(spark: SparkSession, folder: Path) -> dict[str, float]:
    """The same after many batches."""
    taken = _durations(spark, _written(folder, _ticks(100)), LONG)
    return {"first": statistics.median(taken[WARM : WARM + BATCHES]), "last": statistics.median(taken[-BATCHES:])}


def noop(spark: SparkSession, folder: Path) -> dict[str, float]:
    """Many rows that nobody writes."""

    def write(frame: DataFrame, _number: int) -> None:
        frame.write.format("noop").mode("overwrite").save()

    return in_turn(
        folder,
        ROUNDS,
        lambda home: statistics.median(_durations(spark, _written(home, _ticks(ROWS), "noop", ""), WARM)[1:]),
        lambda home: _by_hand(spark, home, write, rows=ROWS, count=WARM),
    )


def files(spark: SparkSession, folder: Path) -> dict[str, float]:
    """Files of some size into Parquet, a few for each batch, until there are no more."""
    given, schema = folder / "given", "id LONG, text STRING"
    wide = "id", "sha2(string(id), 256) AS text"
    spark.range(FILES * FILE_ROWS).repartition(FILES).selectExpr(*wide).write.parquet(str(given))
    options = f'path = "{given}", format = parquet, schema = "{schema}", max_files_per_trigger = 4'

    def by_ppf(home: Path) -> float:
        path = _written(home, f"{{ source = files, options {{ {options} }} }}", trigger="available_now")
        return seconds(lambda: PipelineRunner.from_file(path).run(spark=spark))

    def by_hand(home: Path) -> float:
        frame = spark.readStream.schema(schema).option("maxFilesPerTrigger", 4).parquet(str(given))
        writer = frame.writeStream.foreachBatch(_append(home)).trigger(availableNow=True)
        return seconds(lambda: writer.option("checkpointLocation", str(home / "checkpoint")).start().awaitTermination())

    return in_turn(folder, ROUNDS, by_ppf, by_hand)


def start(spark: SparkSession, folder: Path) -> dict[str, float]:
    """Ten queries, until each has had a batch."""
    sink = "sink = noop, trigger = 10 seconds"
    parts = "\n".join(f"  ticks{n} {_ticks(1)}\n  none{n} {{ {sink}, inputs = [ticks{n}] }}" for n in range(QUERIES))

    def by_ppf(home: Path) -> float:
        path = home / "many.conf"
        path.write_text(f"name = many\nmode = streaming\ncomponents {{\n{parts}\n}}\n")
        began = time.perf_counter()
        stream = PipelineRunner.from_file(path).start(spark=spark)
        while len(stream.progress()) < QUERIES:
            time.sleep(0.01)
        taken = time.perf_counter() - began
        stream.stop()
        stream.await_end()
        return taken

    def by_hand(home: Path) -> float:
        began = time.perf_counter()
        writers = [_rate(spark, 1).writeStream.foreachBatch(lambda frame, _: frame.foreach(str)) for _ in range(QUERIES)]
        queries = [
            writer.trigger(processingTime="10 seconds").option("checkpointLocation", str(home / f"checkpoint{n}")).start()
            for n, writer in enumerate(writers)
        ]
        while not all(query.lastProgress for query in queries):
            time.sleep(0.01)
        taken = time.perf_counter() - began
        for query in queries:
            query.stop()
        return taken

    return in_turn(folder, ROUNDS, by_ppf, by_hand)


# ---- a stream by ppf, and one by hand


def _by_ppf(spark: SparkSession, home: Path) -> float:
    return statistics.median(_durations(spark, _written(home, _ticks(100)), WARM + BATCHES)[WARM:])


def _durations(spark: SparkSession, path: Path, count: int) -> list[float]:
    """How long each of so many batches took, in seconds."""
    taken: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, StreamProgressed):
            taken.append(event.progress.duration)

    runner = PipelineRunner.from_file(path)
    stream = RunningStream(lambda hear: runner.execute(RunRequest(spark=spark, observers=(hear, note))))
    while stream.is_alive and len(taken) < count:
        time.sleep(0.05)
    stream.stop()
    result = stream.await_end()
    if result is None or not result.ok:
        sys.exit(f"{path} failed: {result}")
    return taken


def _by_hand(spark: SparkSession, home: Path, write: Write, rows: int = 100, count: int = WARM + BATCHES) -> float:
    writer = _rate(spark, rows).writeStream.foreachBatch(write)
    query = writer.option("checkpointLocation", str(home / "checkpoint")).start()
    while query.isActive and len(query.recentProgress) < count:
        time.sleep(0.05)
    query.stop()
    taken = [each["batchDuration"] / 1000 for each in query.recentProgress]
    return statistics.median(taken[min(WARM, count // 2) :])


def _rate(spark: SparkSession, rows: int) -> DataFrame:
    return spark.readStream.format("rate-micro-batch").option("rowsPerBatch", rows).option("numPartitions", 2).load()


def _append(home: Path) -> Write:
    return lambda frame, _number: frame.write.mode("append").parquet(str(home / "out"))


def _ticks(rows: int) -> str:
    return f"{{ source = rate, options {{ rows_per_batch = {rows}, partitions = 2 }} }}"


def _written(
    home: Path, source: str, sink: str = "parquet", options: str = "path = out", trigger: str = "0.001 seconds"
) -> Path:
    """A streaming file with one sink, which takes a batch as soon as the one before is done."""
    path = home / "stream.conf"
    rest = f"options {{ {options} }}" if options else ""
    out = f"{{ sink = {sink}, inputs = [rows], trigger = {trigger}, {rest} }}"
    path.write_text(f"name = stream\nmode = streaming\ncomponents {{\n  rows {source}\n  out {out}\n}}\n")
    return path


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def in_turn(folder: Path, rounds: int, by_ppf: Callable[[Path], float], by_hand: Callable[[Path], float]) -> dict[str, float]:
    """The medians of both, each time in a new folder; a round before does not count."""
    taken: dict[str, list[float]] = {"ppf": [], "by hand": []}
    for number in range(rounds + 1):
        for name, measure in (("ppf", by_ppf), ("by hand", by_hand)):
            home = folder / f"{number} {name}"
            home.mkdir()
            found = measure(home)
            if number:
                taken[name].append(found)
            shutil.rmtree(home)
    return {name: statistics.median(times) for name, times in taken.items()}


JOBS = {"batches": batches, "growth": growth, "noop": noop, "files": files, "start": start}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](session(), Path(sys.argv[2]))))
