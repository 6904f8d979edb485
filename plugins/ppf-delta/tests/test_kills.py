"""kill -9 at each step of a write: the old version or the new one, never anything between, and nothing twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from delta_reader import Ids, commits, ids, polling, staged
from forking import fork
from killed import do, run, store
from ppf_delta import adding, matching
from ppf_delta.log import Transaction
from ppf_delta.stages import Stage
from pyspark.sql import SparkSession

HERE = Path(__file__).parent
PIPELINE = """
name = struck
components {{
  rows {{ source = range, options {{ start = 2, end = 6 }} }}
  out  {{ sink = delta, inputs = [rows], options {{ path = out, {options} }} }}
}}
"""
OLD: Ids = (0, 1, 2)
# Of each mode: its options, the new version, and the place of its commit.
MODES: dict[str, tuple[str, Ids, tuple[Any, str]]] = {
    "append": ("mode = append", (0, 1, 2, 2, 3, 4, 5), (Transaction, "commit")),
    "overwrite": ("mode = overwrite", (2, 3, 4, 5), (Transaction, "commit")),
    "merge": ("mode = merge, keys = [id]", (0, 1, 2, 3, 4, 5), (matching, "_merge")),
}


def strike(owner: Any, name: str, is_before: bool) -> None:
    """Makes this process die there."""
    original: Callable[..., Any] = getattr(owner, name)

    def struck(*arguments: Any, **named: Any) -> Any:
        if not is_before:
            original(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, struck)


@pytest.mark.parametrize("mode", MODES)
def test_a_kill_at_any_step_leaves_the_old_version_or_the_new_one(mode: str, spark: SparkSession, tmp_path: Path) -> None:
    options, new, commit = MODES[mode]
    stage = (matching, "stage") if mode == "merge" else (adding, "stage")
    points = [
        (*stage, True, OLD),
        (*stage, False, OLD),
        (*commit, True, new),
        (*commit, False, new),
        (Stage, "tidy", True, new),
    ]
    for number, (owner, name, is_before, expected) in enumerate(points):
        folder = tmp_path / str(number)
        folder.mkdir()
        path, table = folder / "pipeline.conf", folder / "out"
        path.write_text(PIPELINE.format(options=options))
        spark.range(3).coalesce(1).write.format("delta").save(str(table))

        def die(path: Path = path, owner: Any = owner, name: str = name, is_before: bool = is_before) -> int:
            strike(owner, name, is_before)
            return run(path, spark, "struck").exit_code

        with polling(table) as poll:
            assert fork(die).wait() == -signal.SIGKILL
            found = do(path, spark, "struck")
        told = (found.published, found.discarded)
        assert told == ((["out"], []) if expected == new else ([], ["out"])), (mode, name, is_before)
        assert (ids(table), commits(table), staged(table)) == (expected, 1 + (expected == new), [])
        assert poll.seen <= {OLD, new}
        assert run(path, spark, "next").status == "success"
        assert store(path).show("next")["status"] == "success"


def test_a_jvm_that_dies_while_it_writes_or_commits_leaves_the_old_version_or_the_new_one(
    spark: SparkSession, tmp_path: Path
) -> None:
    options, new, _ = MODES["overwrite"]
    for point, seconds in (("write", 0.05), ("commit", 0.02)):
        folder, run_id = tmp_path / point, f"{point}-{seconds}"
        folder.mkdir()
        path, table = folder / "pipeline.conf", folder / "out"
        path.write_text(PIPELINE.format(options=options))
        spark.range(3).coalesce(1).write.format("delta").save(str(table))
        command = [sys.executable, str(HERE / "struck_delta.py"), str(path), run_id, point, str(seconds)]
        places = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[1:])}
        with polling(table) as poll:
            done = subprocess.run(command, start_new_session=True, env=places, capture_output=True, text=True, check=False)
            assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
            found = do(path, spark, run_id)
        assert found.published == (["out"] if point == "commit" else []), (found, done.stderr[-3000:])
        assert (ids(table), staged(table)) == (new if found.published else OLD, [])
        assert commits(table) == 1 + len(found.published)
        assert poll.seen <= {OLD, new}
