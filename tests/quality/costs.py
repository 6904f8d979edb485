"""What runs with checks cost, from Spark's own event log: Spark jobs, SQL actions, and rows read from files, as JSON by run.

`python costs.py FOLDER`
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from ppf_core import PipelineRunner

ROWS = 10_000
CLEAN = "{ check = in_range, options { column = id, min = 0 } }, { check = row_count, options { min = 1 } }"
BAD = "{ check = in_range, options { column = id, min = 10 }, action = warn }, { check = row_count, options { min = 1 } }"
SOURCE = "rows { source = parquet, options { path = rows } %s }"
OUT = "out { sink = parquet, inputs = [%s], options { path = out, mode = overwrite } }"
BETWEEN = 'kept { transform = filter, inputs = [rows], options { where = "id >= 0" } }\n'
DEAR = "dear { transform = deduplicate, inputs = [rows], options { keys = [id] }, quality = [%s] }\n"
TWO = OUT % "rows" + "\n" + (OUT % "rows").replace("out", "two")
OTHER = "other { source = parquet, options { path = rows } }"


def _unique(columns: str) -> str:
    return f"{{ check = unique, options {{ columns = [{columns}] }}, action = warn }}"


def _known(columns: str, there: str = "") -> str:
    options = f"columns = [{columns}], references = other, reference_columns = [{there or columns}]"
    return f"{{ check = foreign_key, options {{ {options} }}, action = warn }}"


PIPELINES = {
    "bare": SOURCE % "" + "\n" + OUT % "rows",
    "staged": SOURCE % f", quality = [{CLEAN}]" + "\n" + OUT % "rows",
    "staged-bad": SOURCE % f", quality = [{BAD}]" + "\n" + OUT % "rows",
    "sink": SOURCE % "" + "\n" + (OUT % "rows").replace("options", f"quality = [{CLEAN}], options"),
    "dropped": SOURCE % f", quality = [{BAD.replace('warn', 'drop')}]" + "\n" + OUT % "rows",
    "set-apart": SOURCE % f", quality = [{BAD.replace('warn', 'quarantine')}]" + "\n" + OUT % "rows",
    "dear-set-apart": SOURCE % "" + "\n" + DEAR % BAD.replace("warn", "quarantine") + OUT % "dear",
    "dear-dropped": SOURCE % "" + "\n" + DEAR % BAD.replace("warn", "drop") + OUT % "dear",
    "between-bare": SOURCE % "" + "\n" + BETWEEN + OUT % "kept",
    "between": SOURCE % f", quality = [{CLEAN}]" + "\n" + BETWEEN + OUT % "kept",
    "between-bad": SOURCE % f", quality = [{BAD}]" + "\n" + BETWEEN + OUT % "kept",
    "shared-bare": SOURCE % ", persist = memory" + "\n" + TWO,
    "shared": SOURCE % f", persist = memory, quality = [{CLEAN}]" + "\n" + TWO,
    "unread-bare": SOURCE % "" + "\n" + OUT % "rows" + "\nmore { source = parquet, options { path = rows } }",
    "unread": SOURCE % ""
    + "\n"
    + OUT % "rows"
    + f"\nmore {{ source = parquet, options {{ path = rows }}, quality = [{CLEAN}] }}",
    "keys": SOURCE % f", quality = [{_unique('id')}]" + "\n" + OUT % "rows",
    "same-keys": SOURCE % f", quality = [{_unique('id, twice')}, {_unique('twice, id')}]" + "\n" + OUT % "rows",
    "other-keys": SOURCE % f", quality = [{_unique('id, twice')}, {_unique('twice')}]" + "\n" + OUT % "rows",
    "references-bare": SOURCE % "" + "\n" + OUT % "rows" + "\n" + OTHER,
    "same-references": SOURCE % f", quality = [{_known('id, twice')}, {_known('twice, id')}]"
    + "\n"
    + OUT % "rows"
    + "\n"
    + OTHER,
    "other-references": SOURCE % f", quality = [{_known('id, twice')}, {_known('id, twice', 'twice, id')}]"
    + "\n"
    + OUT % "rows"
    + "\n"
    + OTHER,
}


def session(folder: Path) -> SparkSession:
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.eventLog.enabled", "true").config("spark.eventLog.dir", f"file:{folder}/events")
    builder = builder.config("spark.eventLog.compress", "false")
    return builder.config("spark.ui.showConsoleProgress", "false").config("spark.sql.shuffle.partitions", "2").getOrCreate()


def events(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted((folder / "events").rglob("events_*")):
        yield from map(json.loads, file.read_text().splitlines())


def costs(folder: Path) -> dict[str, dict[str, int]]:
    """By run: what its jobs were. A job carries the tags of its run."""
    found = {name: {"jobs": 0, "actions": 0, "read": 0} for name in PIPELINES}
    run_of_stage: dict[int, str] = {}
    actions: dict[str, set[str]] = {name: set() for name in PIPELINES}
    for event in events(folder):
        if event["Event"] == "SparkListenerJobStart":
            tags = event["Properties"].get("spark.job.tags", "").split(",")
            name = next((each for each in PIPELINES if f"ppf-{each}" in tags), None)
            if name is not None:
                found[name]["jobs"] += 1
                actions[name].add(event["Properties"].get("spark.sql.execution.id", ""))
                run_of_stage |= dict.fromkeys(event["Stage IDs"], name)
        elif event["Event"] == "SparkListenerTaskEnd" and event["Stage ID"] in run_of_stage:
            read = event["Task Metrics"]["Input Metrics"]["Records Read"]
            found[run_of_stage[event["Stage ID"]]]["read"] += read
    return {name: {**cost, "actions": len(actions[name])} for name, cost in found.items()}


def main(folder: Path) -> None:
    (folder / "events").mkdir()
    spark = session(folder)
    spark.range(0, ROWS, 1, 2).selectExpr("id", "id * 2 AS twice").write.parquet(f"file:{folder}/rows")
    for name, text in PIPELINES.items():
        (folder / f"{name}.conf").write_text(f"name = costs\ncomponents {{\n{text}\n}}\n")
        result = PipelineRunner.from_file(folder / f"{name}.conf").run(spark=spark, run_id=name)
        if not result.ok:
            sys.exit(f"{name}: {result}")
    spark.stop()
    sys.stdout.write(json.dumps(costs(folder)) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
