"""The pipeline that is struck by faults: two folders that are replaced, one that grows, and a checkpointed frame.

Each run is one batch. Every row of it has a text that its transform draws anew each time it is computed, so rows of one batch
that were computed twice differ.
"""

import datetime
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forking import FAILED, REFUSED

from ppf_core import PipelineRunner, PpfError
from ppf_core.runs.recovery import recover
from ppf_core.spark.engines import engines
from ppf_core.state.store import RunRecords
from ppf_core.verbs.cleaning import find_old, remove

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = 8
REPLACED = ("left", "right")
ADDED = "added"
SINKS = (*REPLACED, ADDED)

STEPS = """
import time
import uuid

from pyspark.sql import functions as F


def label(context, inputs, batch, seconds):
    def draw(id):
        time.sleep(seconds)
        return str(uuid.uuid4())

    drawn = F.udf(draw, "string").asNondeterministic()
    return inputs["numbers"].select("id", F.lit(batch).alias("batch"), drawn("id").alias("draw"))
"""

PIPELINE = """
name = struck
components {
  numbers  { source = range, options { end = %d } }
  labelled { transform = python, inputs = [numbers], checkpoint = true
             options { function = "steps:label", args { batch = 0, seconds = 0.0 } } }
  left     { sink = parquet, inputs = [labelled], options { path = "out/left", mode = overwrite } }
  right    { sink = parquet, inputs = [labelled], options { path = "out/right", mode = overwrite } }
  added    { sink = parquet, inputs = [labelled], options { path = "out/added", mode = append } }
}
hooks   { checkpoint {} }
runtime { parallelism = 1 }
"""


@dataclass(frozen=True)
class Scene:
    """One folder with the pipeline, what it wrote, and its state. seconds: how slow each row is."""

    folder: Path
    seconds: float = 0.0

    @classmethod
    def new(cls, folder: Path, seconds: float = 0.0) -> "Scene":
        """Writes the pipeline."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "struck.conf").write_text(PIPELINE % ROWS)
        (folder / "steps.py").write_text(STEPS)
        return cls(folder, seconds)

    @property
    def store(self) -> RunRecords:
        """The records of its runs."""
        return RunRecords(self.folder / ".ppf")

    def attempt(self, kind: str, batch: int, spark: "SparkSession") -> int:
        """Runs a batch, resumes it, or finishes what earlier ones left: 0, or why not."""
        try:
            if kind == "recover":
                for run_id in self.store.dead():
                    recover(self.store, run_id, lambda _workspace: engines().engine(spark))
                return 0
            runner = PipelineRunner.from_file(self.folder / "struck.conf", self._values(batch))
            if kind == "resume":
                result = runner.run(spark=spark, resume=_run_id(batch))
            else:
                result = runner.run(spark=spark, run_id=_run_id(batch))
        except PpfError as error:
            print(f"{kind} {batch}: {error}", flush=True)  # noqa: T201 -- what a child tells
            return REFUSED
        for problem in (*result.problems, *(each.error for each in result.components if each.error)):
            print(f"{kind} {batch}: {problem}", flush=True)  # noqa: T201
        return 0 if result.ok else FAILED

    def clean(self) -> None:
        """Removes what all of its runs left, as `ppf runs clean` does."""
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        remove(self.store, find_old(self.store, later), lambda _log, _redact: nullcontext())

    def _values(self, batch: int) -> Mapping[str, object]:
        where = "components.labelled.options.args"
        return {f"{where}.batch": batch, f"{where}.seconds": self.seconds}


def _run_id(batch: int) -> str:
    return f"batch-{batch}"
