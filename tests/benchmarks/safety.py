"""What it costs to lose nothing, in one Spark session; prints seconds as JSON.

`python safety.py overwrite|records|recovery FOLDER`
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from in_session import medians, session
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner
from ppf_core.execution.steps import Steps
from ppf_core.plugins.hooks import HookCaller
from ppf_core.runs.recovery import recover
from ppf_core.spark.engines import engines
from ppf_core.state.record import RunRecord

# 16 bytes a row that nothing compresses: 1 GB of Parquet.
LARGE_ROWS = 64_000_000
COMPONENTS = 300


def overwrite(spark: SparkSession, folder: Path) -> dict[str, float]:
    """A staged overwrite of 1 GB of Parquet, and Spark's own."""
    path = folder / "large.conf"
    query = "SELECT rand(1) AS x, rand(2) AS y FROM numbers"
    path.write_text(f"""name = large
components {{
  numbers {{ source = range, options {{ end = {LARGE_ROWS} }} }}
  rows    {{ transform = sql, inputs = [numbers], options {{ query = "{query}" }} }}
  out     {{ sink = parquet, inputs = [rows], options {{ path = staged, mode = overwrite }} }}
}}
""")

    def by_ppf() -> None:
        result = PipelineRunner.from_file(path).run(spark=spark)
        if not result.ok:
            sys.exit(f"{path} failed: {result}")

    def by_hand() -> None:
        spark.range(LARGE_ROWS).createOrReplaceTempView("numbers")
        spark.sql(query).write.mode("overwrite").parquet(str(folder / "plain"))

    taken = medians(folder, 4, {"ppf": by_ppf, "by hand": by_hand})
    return {**taken, "bytes": float(sum(each.stat().st_size for each in (folder / "staged").iterdir()))}


def records(spark: SparkSession, folder: Path) -> dict[str, float]:
    """How long a run of 300 components, a third of them staged sinks, waits for its record and its checkpoint."""
    parts = "\n".join(
        f"""  s{n} {{ source = range, options {{ end = 10 }} }}
  t{n} {{ transform = filter, inputs = [s{n}], options {{ where = "id % 2 = 0" }} }}
  o{n} {{ sink = parquet, inputs = [t{n}], options {{ path = "out/{n}", mode = overwrite }} }}"""
        for n in range(COMPONENTS // 3)
    )
    path = folder / "many.conf"
    path.write_text(f"name = many\nhooks {{ checkpoint {{}} }}\ncomponents {{\n{parts}\n}}\n")
    waited: list[float] = []

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*arguments, **named)
            finally:
                waited.append(time.perf_counter() - start)

        return wait

    for owner, name in ((RunRecord, "_append"), (RunRecord, "_sync"), (HookCaller, "ask")):
        setattr(owner, name, timed(getattr(owner, name)))
    start = time.perf_counter()
    assert PipelineRunner.from_file(path).run(spark=spark).ok
    return {"waited": sum(waited), "whole": time.perf_counter() - start}


def recovery(spark: SparkSession, folder: Path) -> dict[str, float]:
    """How long it takes to finish a run that ended between its decision and its first publish."""
    path = folder / "two.conf"
    path.write_text("""name = two
components {
  numbers { source = range, options { end = 1000000 } }
  one { sink = parquet, inputs = [numbers], options { path = one, mode = overwrite } }
  two { sink = parquet, inputs = [numbers], options { path = two, mode = overwrite } }
}
""")
    runner = PipelineRunner.from_file(path)
    assert runner.run(spark=spark).ok
    publish = Steps.publish
    Steps.publish = _fail  # type: ignore[method-assign, assignment]
    failed = runner.run(spark=spark)
    Steps.publish = publish  # type: ignore[method-assign]
    assert runner.store.show(failed.run_id)["status"] == "publishing"
    start = time.perf_counter()
    finished = recover(runner.store, failed.run_id, lambda _workspace: engines().engine(spark))
    assert finished.published == ["one", "two"]
    return {"recovery": time.perf_counter() - start}


def _fail(*_arguments: object) -> None:
    raise OSError("the disk went away")


if __name__ == "__main__":
    jobs = {"overwrite": overwrite, "records": records, "recovery": recovery}
    home = Path(sys.argv[2])
    print(json.dumps(jobs[sys.argv[1]](session(), home)))
    shutil.rmtree(home)
