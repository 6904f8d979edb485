"""Runs in which Spark does part of the work twice, in a process and a session of their own. Prints what was counted, as JSON.

`python again.py FOLDER SCENARIO`; a scenario is one of `lost`, `failed`.

lost: the files of a shuffle above the observed rows are deleted before they are read, so that their stage runs again.
failed: a task fails once after it has counted its rows.
"""

import json
import sys
import threading
import time
from pathlib import Path

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from ppf_core import PipelineRunner

ROWS = 100_000
BAD = 100
FILE = """
name = again
components {
  rows { source = range, options { end = 100000 } }
  kept { transform = %s, inputs = [rows], options { %s }
         quality = [ { check = in_range, options { column = id, min = 100 }, action = %s },
                     { check = row_count, options { min = 100000, max = 100000 } } ] }
  out { sink = parquet, inputs = [kept], options { path = "out-%s", mode = overwrite, repartition = 3 } }
}
"""


def session(folder: Path, master: str) -> SparkSession:
    builder = SparkSession.builder.master(master).config("spark.ui.enabled", "false")
    builder = builder.config("spark.local.dir", str(folder / "local")).config("spark.default.parallelism", "4")
    # Small results of a shuffle would stay in memory; its files are to be lost.
    return builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()


class Loss:
    """Deletes the first files of a shuffle that appear, once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._seen = folder / "local", set(self._files(folder / "local"))
        self.deleted = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Loss":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.join(60)

    def _watch(self) -> None:
        deadline = time.monotonic() + 60
        while not self.deleted and time.monotonic() < deadline:
            for path in self._files(self._folder):
                if path not in self._seen:
                    path.unlink(missing_ok=True)
                    self.deleted += 1
            time.sleep(0.002)

    @staticmethod
    def _files(folder: Path) -> list[Path]:
        return list(folder.glob("**/shuffle_*.data"))


def naive(frame: DataFrame, path: Path) -> int:
    """What an Observation says of a write."""
    observation = Observation()
    observed = frame.observe(observation, F.count(F.lit(1)).alias("n"))
    observed.repartition(3).write.mode("overwrite").parquet(str(path))
    return int(observation.get["n"])


def by_ppf(
    spark: SparkSession, folder: Path, action: str, transform: str = "filter", options: str = 'where = "id >= 0"'
) -> dict[str, object]:
    file = folder / f"{action}.conf"
    file.write_text(FILE % (transform, options, action, action))
    result = PipelineRunner.from_file(file).run(spark=spark)
    data = folder / ".ppf" / "data" / "quarantine" / "kept" / f"run_id={result.run_id}"
    return {
        "status": result.status,
        "told": [[each.status, each.failed, each.evaluated, each.value] for each in result["kept"].quality],
        "messages": [each.message for each in result["kept"].quality],
        "out": spark.read.parquet(f"file:{folder}/out-{action}").count() if result.ok else None,
        "quarantined": spark.read.parquet(f"file:{data}").count() if data.exists() else None,
    }


def lost(folder: Path) -> dict[str, object]:
    spark = session(folder, "local[1]")
    found: dict[str, object] = {}
    with Loss(folder) as loss:
        found["naive"] = naive(spark.range(0, ROWS, 1, 4), folder / "naive")
    found["deleted"] = [loss.deleted]
    for action in ("warn", "drop", "quarantine"):
        with Loss(folder) as loss:
            found[action] = by_ppf(spark, folder, action)
        found["deleted"] = [*found["deleted"], loss.deleted]  # type: ignore[misc]
    return found


def failed(folder: Path) -> dict[str, object]:
    """A task that fails is tried again, and what it had counted must not count."""
    spark = session(folder, "local[2,3]")
    (folder / "unsteady.py").write_text(UNSTEADY)
    return {
        action: by_ppf(spark, folder, action, "python", f'function = "unsteady:rows", args {{ mark = "{folder}/{action}" }}')
        for action in ("warn", "drop", "quarantine")
    }


UNSTEADY = '''
def rows(context, inputs, mark):
    """The rows, of which one task cannot read the last one the first time."""
    from pyspark.sql import functions as F

    def steady(number):
        import os

        if number == 99_999 and not os.path.exists(mark):
            open(mark, "w").close()
            raise OSError("the disk hiccups")
        return number

    (frame,) = inputs.values()
    return frame.select(F.udf(steady, "BIGINT")("id").alias("id"))
'''

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.stdout.write(json.dumps({"lost": lost, "failed": failed}[sys.argv[2]](folder)) + "\n")
