"""A frame that several sinks read, on a cluster of two workers: `local[*]` hides that two cold readers compute it twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset as ds
from spark_cluster import spark_cluster

PPF = Path(sys.executable).with_name("ppf")
ROWS = 100_000

PIPELINE = """
name = shared
spark { master = "MASTER", conf { "spark.ui.enabled" = false, "spark.executor.memory" = 512m } }
components {
  numbers { source = range, options { end = ROWS } }
  marked { transform = python, inputs = [numbers], options { function = "marking:marked" } }
  one { sink = parquet, inputs = [marked], options { path = one } }
  two { sink = parquet, inputs = [marked], options { path = two } }
  three { sink = parquet, inputs = [marked], options { path = three } }
}
"""
CODE = """
def marked(context, inputs):
    def mark(batches):
        import pathlib, uuid
        for batch in batches:
            pathlib.Path(FOLDER, uuid.uuid4().hex).write_text(str(len(batch)))
            yield batch.assign(mark=[str(uuid.uuid4()) for _ in range(len(batch))])
    return inputs["numbers"].repartition(4).mapInPandas(mark, "id BIGINT, mark STRING")
"""


def test_a_frame_with_three_sinks_is_computed_once_and_the_same_for_all(tmp_path: Path) -> None:
    computed = tmp_path / "computed"
    computed.mkdir()
    (tmp_path / "marking.py").write_text(f"FOLDER = {str(computed)!r}\n{CODE}")
    with spark_cluster(tmp_path) as url:
        (tmp_path / "pipeline.conf").write_text(PIPELINE.replace("MASTER", url).replace("ROWS", str(ROWS)))
        command = [PPF, "run", "pipeline.conf", "--json"]
        # The workers run the Python of the test, which has pandas.
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    written = {each["name"]: each["rows_written"] for each in json.loads(done.stdout)["components"] if each["kind"] == "sink"}
    assert written == {"one": ROWS, "two": ROWS, "three": ROWS}
    assert sum(int(path.read_text()) for path in computed.iterdir()) == ROWS
    marks = [set(ds.dataset(tmp_path / name, format="parquet").to_table()["mark"].to_pylist()) for name in written]
    assert len(marks[0]) == ROWS
    assert marks[0] == marks[1] == marks[2]
