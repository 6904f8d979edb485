"""The performance budget: every number is compared with another one of the same run. `tox -e bench`, or with names: `-- list`.

Exits with 1 when a budget is broken.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
FLIGHTS = HERE.parents[1] / "docs" / "examples" / "flights"
PPF = Path(sys.executable).with_name("ppf")


@dataclass(frozen=True)
class Row:
    """One line of the table. `budget` is None where a number is only reported."""

    name: str
    measured: float
    budget: float | None
    unit: str
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.budget is None or self.measured <= self.budget


def seconds(command: Sequence[str | Path], **environment: str) -> float:
    """The wall time of a command, which must succeed."""
    start = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return elapsed


def alternately(runs: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure; they take turns, so that a slow moment of the machine hits all of them."""
    taken = [[measure() for measure in measures] for _ in range(runs)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def list_plugins(folder: Path) -> Iterator[Row]:
    """`ppf plugins list` among 300 distributions, none of which may be imported."""
    for number in range(300):
        _install(folder, f"ppf_bench_{number:03}")
    command: list[str | Path] = [PPF, "plugins", "list", "--json"]
    bare, listing = alternately(
        9,
        lambda: seconds([sys.executable, "-c", "pass"], PYTHONPATH=str(folder)),
        lambda: seconds(command, PYTHONPATH=str(folder)),
    )
    yield Row("plugins list, 300 distributions", (listing - bare) * 1000, 150, "ms", "above python -c pass")

    trace = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in trace.stderr.splitlines()}
    if "ppf_core" not in imported:
        sys.exit("The list of imported modules could not be read.")
    unwanted = [name for name in imported if name == "pyspark" or (name.startswith("ppf_") and name != "ppf_core")]
    yield Row("… modules of pyspark or plugins", len(unwanted), 0, "", ", ".join(sorted(unwanted)))


def _install(folder: Path, name: str) -> None:
    """Installs a distribution by hand, with a module that must not be imported."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: One of many.\nRequires-Dist: ppf-core>=0.1,<1\n"
    )
    metadata.joinpath("entry_points.txt").write_text(f"[ppf.sources]\n{name} = {name}:Source\n")
    metadata.joinpath("RECORD").write_text(f"{name}.py,,\n")
    folder.joinpath(f"{name}.py").write_text("raise ImportError('A plugin was imported.')\n")


def validate(folder: Path) -> Iterator[Row]:
    """`ppf validate` of a file of 10 KB."""
    file = folder / "ten_kilobytes.conf"
    file.write_text(_pipeline(115))
    (elapsed,) = alternately(5, lambda: seconds([PPF, "validate", file]))
    yield Row("validate", elapsed, 1.0, "s", f"a file of {file.stat().st_size / 1024:.1f} KB, whole process")


def _pipeline(components: int) -> str:
    """One source and many small transforms."""
    lines = "\n".join(
        f'  keep_{number:05} {{ transform = filter, inputs = [numbers], options {{ where = "id % 7 = {number % 7}" }} }}'
        for number in range(components - 1)
    )
    return f"name = many\n\ncomponents {{\n  numbers {{ source = range, options {{ end = 10 }} }}\n{lines}\n}}\n"


TINY = """
name = tiny
components {
  numbers { source = range, options { end = 1000 } }
  counted { transform = aggregate, inputs = [numbers],
            options { group_by = ["id % 10 AS digit"], metrics { n = "count(1)" } } }
  out     { sink = parquet, inputs = [counted], options { path = out, mode = overwrite } }
}
"""
TINY_BY_HAND = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[*]").appName("tiny").getOrCreate()
spark.range(1000).createOrReplaceTempView("numbers")
counted = spark.sql("SELECT id % 10 AS digit, count(1) AS n FROM numbers GROUP BY id % 10")
counted.write.mode("overwrite").parquet(sys.argv[1])
spark.stop()
"""
SHOWN_BY_HAND = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[*]").appName("tiny").getOrCreate()
spark.range(1000).createOrReplaceTempView("numbers")
spark.sql("SELECT id % 10 AS digit, count(1) AS n FROM numbers GROUP BY id % 10").show(5)
spark.stop()
"""


def start(folder: Path) -> Iterator[Row]:
    """A tiny run and a look at some rows, as whole processes, against the same as bare PySpark scripts."""
    seconds([PPF, "doctor", "--fix"])
    file = folder / "tiny.conf"
    file.write_text(TINY)
    by_hand, by_ppf = alternately(
        5,
        lambda: seconds([sys.executable, "-c", TINY_BY_HAND, folder / "by_hand"]),
        lambda: seconds([PPF, "run", file]),
    )
    yield Row("a tiny run, bare PySpark = 1", by_ppf / by_hand, 0.75, "times", f"{by_ppf:.1f} s, by hand {by_hand:.1f} s")
    by_hand, by_ppf = alternately(
        5,
        lambda: seconds([sys.executable, "-c", SHOWN_BY_HAND]),
        lambda: seconds([PPF, "show", file, "counted", "--limit", "5"]),
    )
    yield Row("ppf show, bare PySpark = 1", by_ppf / by_hand, 0.5, "times", f"{by_ppf:.1f} s, by hand {by_hand:.1f} s")


def many_components(folder: Path) -> Iterator[Row]:
    """What the kernel costs for each component of a large file, up to the plan, pyhocon's parsing apart."""
    cost = {}
    for count in (2_500, 5_000, 10_000):
        file = folder / f"{count}.conf"
        file.write_text(_pipeline(count))
        done = subprocess.run([sys.executable, HERE / "plan_cost.py", file], capture_output=True, text=True, check=True)
        measured = json.loads(done.stdout)
        cost[count] = measured["kernel"] / count * 1000
        note = f"pyhocon beside it: {measured['parsing'] / count * 1000:.2f} ms"
        yield Row(f"one of {count:,} components", cost[count], 1.0, "ms", note)
    yield Row("… ten thousand against 2,500", cost[10_000] / cost[2_500], 1.3, "times", "linear is 1")


def flights(folder: Path) -> Iterator[Row]:
    """The flights example against the same job written by hand, each in a fresh process."""
    for name in ("flights.conf", "fetch_data.py"):
        shutil.copy(FLIGHTS / name, folder / name)
    seconds([sys.executable, folder / "fetch_data.py"])
    by_hand, by_ppf = alternately(
        3,
        lambda: seconds([sys.executable, HERE / "flights_by_hand.py", folder]),
        lambda: seconds([PPF, "run", folder / "flights.conf"]),
    )
    note = f"by hand {by_hand:.1f} s; the budget is 1.03 times that + 1 s"
    yield Row("flights, whole process", by_ppf, 1.03 * by_hand + 1, "s", note)


def shared_frame(folder: Path) -> Iterator[Row]:
    """Three sinks on one costly frame: computed once, and as cheap as if it had been persisted by hand."""
    taken = _in_session("shared", folder)
    yield Row("three sinks, by hand = 1", taken["ppf"] / taken["by hand"], 0.6, "times", f"by hand {taken['by hand']:.1f} s")
    persisted = taken["by hand, persisted"]
    note = f"persisted by hand {persisted:.1f} s, by ppf {taken['ppf'] - persisted:+.2f} s"
    yield Row("… persisted by hand = 1", taken["ppf"] / persisted, 1.05, "times", note)


def hooks(folder: Path) -> Iterator[Row]:
    """A run of 300 small components with logging, audit and Prometheus, against one without hooks."""
    taken = _in_session("hooks", folder)
    yield Row("300 components, no hooks = 1", taken["all"] / taken["none"], 1.05, "times", f"without {taken['none']:.1f} s")


def queries(folder: Path) -> Iterator[Row]:
    """Thirty queries with thirty sinks on one source, four at a time, against the same one after the other by hand."""
    taken = _in_session("queries", folder)
    note = f"by hand {taken['by hand']:.1f} s; the goal is 0.95"
    yield Row("30 queries, by hand = 1", taken["ppf"] / taken["by hand"], None, "times", note)


def headers(folder: Path) -> Iterator[Row]:
    """A CSV source over 1,000 files, whose first lines are compared, against Spark's own reader, which looks into one."""
    taken = _in_session("headers", folder)
    note = f"{taken['ppf']:.2f} s, by hand {taken['by hand']:.2f} s"
    yield Row("CSV headers of 1,000 files, by hand = 1", taken["ppf"] / taken["by hand"], 1.1, "times", note)


def overwrite(folder: Path) -> Iterator[Row]:
    """A staged overwrite of 1 GB of Parquet against Spark's own."""
    taken = _in_session("overwrite", folder / "data", "safety.py")
    budget = 1.03 * taken["by hand"] + 0.3
    note = f"{taken['bytes'] / 1e9:.2f} GB; Spark's own {taken['by hand']:.1f} s; the budget is 1.03 times that + 0.3 s"
    yield Row("staged overwrite", taken["ppf"], budget, "s", note)


def records(folder: Path) -> Iterator[Row]:
    """What a run of 300 components waits for its record and its checkpoint."""
    taken = _in_session("records", folder / "data", "safety.py")
    yield Row("record and checkpoint, 300 components", taken["waited"], 2.0, "s", f"the whole run {taken['whole']:.1f} s")


def recovery(folder: Path) -> Iterator[Row]:
    """Finishing a run that was stopped before its first publish; the session is there."""
    yield Row("recovery", _in_session("recovery", folder / "data", "safety.py")["recovery"], 1.0, "s", "two sinks")


def delta(folder: Path) -> Iterator[Row]:
    """Staged writes of 1 GB into Delta tables against Delta's own, and a merge against one write of its rows and a MERGE."""
    for job in ("append", "overwrite", "merge"):
        taken = _in_session(job, folder / job, "delta_tables.py")
        ratio = taken["ppf"] / taken["by hand"]
        yield Row(f"Delta, staged {job}, Delta's own = 1", ratio, 1.10, "times", f"by hand {taken['by hand']:.1f} s")


def _in_session(job: str, folder: Path, script: str = "in_session.py") -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, HERE / script, job, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{job} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    medians: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return medians


def checks(folder: Path) -> Iterator[Row]:
    """20 row checks on a copy of 3 M rows, against the same predicates in a plain filter and against the bare copy."""
    taken = _in_session("checks", folder, script="quality.py")
    copy, plain = taken["copy"], taken["filter"]
    note = f"copy {copy:.2f} s, with a filter {plain:.2f} s, by ppf without checks {taken['ppf without checks']:.2f} s"
    yield Row("20 row checks, filter = 1", taken["clean"] / plain, 1.15, "times", note)
    yield Row("… 1 % bad rows, copy = 1", taken["hundredth"] / copy, 1.9, "times", f"{taken['hundredth']:.2f} s")
    more = (taken["aggregates"] - taken["clean"]) / copy
    yield Row("… 5 aggregates more, of a copy", more, 0.2, "times", f"{taken['aggregates']:.2f} s")
    yield Row("… after a shuffle, filter = 1", taken["shuffled"] / taken["shuffled copy"], 1.1, "times", "")
    yield Row("drop 5 % of the rows, copy = 1", taken["drop"] / copy, 1.7, "times", f"{taken['drop']:.2f} s")
    yield Row("quarantine 5 %, copy = 1", taken["quarantine"] / copy, 1.7, "times", f"{taken['quarantine']:.2f} s")


def other_checks(folder: Path) -> Iterator[Row]:
    """The same 20 rules by other libraries, which are installed for this alone."""
    taken = _in_session("others", folder, script="quality.py")
    for name in ("cuallee", "DQX"):
        note = f"{name} {taken[name]:.2f} s, ppf {taken['ppf']:.2f} s"
        yield Row(f"20 row checks, {name} = 1", taken["ppf"] / taken[name], 1.0, "times", note)


def masking(folder: Path) -> Iterator[Row]:
    """A log of 10 MB with 100 secrets to look for, against the same log without."""
    taken = _in_session("masking", folder / "data", "secret_costs.py")
    note = f"{taken['bytes'] / 1e6:.0f} MB with 100 secrets: {taken['logged']:.2f} s, without {taken['logged without']:.2f} s"
    yield Row("masked log, unmasked = 1", taken["logged"] / taken["logged without"], 1.5, "times", note)
    note = f"{taken['piped']:.2f} s, without {taken['piped without']:.2f} s: as fast as `cat` gives it, which no program does"
    yield Row("… from a pipe", taken["piped"] - taken["piped without"], None, "s more", note)


def fetching(folder: Path) -> Iterator[Row]:
    """100 references to a backend that takes 50 ms for each."""
    yield Row("100 secrets", _in_session("fetching", folder / "data", "secret_costs.py")["fetched"], 1.0, "s", "50 ms each")


def batches(folder: Path) -> Iterator[Row]:
    """What the kernel adds to a micro-batch, and whether that grows with their number."""
    taken = _in_session("batches", folder / "data", "streams.py")
    added, note = taken["ppf"] - taken["by hand"], f"{taken['ppf'] * 1000:.0f} ms, by hand {taken['by hand'] * 1000:.0f} ms"
    yield Row("a micro-batch into Parquet", added * 1000, 150, "ms", f"above foreachBatch by hand; {note}")
    taken = _in_session("growth", folder / "data", "streams.py")
    note = f"{taken['last'] * 1000:.0f} ms, the first ones {taken['first'] * 1000:.0f} ms"
    yield Row("… after 1,000 batches", taken["last"] / taken["first"], 1.1, "times", note)


def throughput(folder: Path) -> Iterator[Row]:
    """Rows of a stream, against the same query by hand: at least 0.97 of its throughput."""
    for job, name in (("noop", "rate → noop"), ("files", "files → Parquet")):
        taken = _in_session(job, folder / job, "streams.py")
        note = f"{taken['ppf']:.2f} s, by hand {taken['by hand']:.2f} s"
        yield Row(f"stream {name}, by hand = 1", taken["ppf"] / taken["by hand"], 1 / 0.97, "times", note)


def topics(folder: Path) -> Iterator[Row]:
    """A topic into a Delta table, against the same query by hand: at least 0.95 of its throughput."""
    taken = _in_session(str(folder / "data"), folder, "topics.py")
    note = f"{taken['ppf']:.2f} s, by hand {taken['by hand']:.2f} s"
    yield Row("stream Kafka → Delta, by hand = 1", taken["ppf"] / taken["by hand"], 1 / 0.95, "times", note)


def ten_queries(folder: Path) -> Iterator[Row]:
    """The start of a stream of ten queries, until each has had a batch."""
    taken = _in_session("start", folder / "data", "streams.py")
    note = f"{taken['ppf']:.2f} s, by hand {taken['by hand']:.2f} s"
    yield Row("start of 10 queries", taken["ppf"] - taken["by hand"], 1.0, "s more", note)


BENCHMARKS = {
    "list": list_plugins,
    "validate": validate,
    "start": start,
    "components": many_components,
    "flights": flights,
    "shared": shared_frame,
    "hooks": hooks,
    "queries": queries,
    "headers": headers,
    "overwrite": overwrite,
    "delta": delta,
    "records": records,
    "recovery": recovery,
    "checks": checks,
    "other_checks": other_checks,
    "masking": masking,
    "fetching": fetching,
    "batches": batches,
    "throughput": throughput,
    "topics": topics,
    "ten_queries": ten_queries,
}


def main(names: Sequence[str]) -> int:
    """Measures, prints the table, and gives the exit code."""
    table = Table("what", "measured", "budget", "", "note", title="Performance budget")
    rows = []
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            for row in BENCHMARKS[name](Path(folder)):
                budget = "" if row.budget is None else f"{row.budget:.2f} {row.unit}"
                table.add_row(row.name, f"{row.measured:.2f} {row.unit}", budget, "" if row.holds else "broken", row.note)
                rows.append(row)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
