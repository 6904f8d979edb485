"""Quarantined rows that are run again: what comes back, what never comes twice, and what is refused."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.errors import CheckpointRefused, ConfigError, PpfError, RunLocked
from ppf_core.quality.replay import Quarantined, SideInputs, merging
from ppf_core.runs.replay import chosen, find_quarantined, replayed_alone
from ppf_core.runs.runner import RunRequest
from ppf_core.state.cursors import Cursors
from ppf_core.validation.validate import validate_pipeline
from ppf_core.verbs.cleaning import find_old

WritePipeline = Callable[[str], Path]

BAD = """
    a {{ source = numbers, options {{ rows = 4 }},
         quality = [{{ check = picky, options {{ above = {above} }}, action = quarantine }}] }}
    b {{ transform = step, inputs = [a] }}
    out {{ sink = parquet, inputs = [b], options {{ path = out, mode = overwrite }} }}
    other {{ source = numbers, options {{ log = log }} }}
    elsewhere {{ sink = noop, inputs = [other] }}
"""


def first_run(path: Path, spark: SparkSession) -> PipelineResult:
    result = PipelineRunner.from_file(path).run(spark=spark, run_id="r1")
    assert result.ok
    return result


def replay(path: Path, spark: SparkSession, run_id: str = "r1", new: str | None = None, **more: object) -> PipelineResult:
    runner = PipelineRunner.from_file(path)
    rows = chosen(find_quarantined(runner.store, run_id), run_id, None)
    settings = merging(validate_pipeline(path, more), rows.component)
    return PipelineRunner.from_file(path, {**more, **settings}).replay(rows, RunRequest(spark=spark, run_id=new))


def ids(path: Path, spark: SparkSession) -> list[int]:
    spark.catalog.clearCache()
    frame = spark.read.parquet(f"file:{path.with_name('out')}")
    return sorted(row.id for row in frame.collect())


def lying(path: Path) -> list[tuple[str, str, int | None, str | None]]:
    found = find_quarantined(PipelineRunner.from_file(path).store)
    return [(each.run_id, each.component, each.rows, each.replayed_by) for each in found]


def test_what_lies_in_quarantine_is_found(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    assert lying(path) == [("r1", "a", 2, None)]


def test_what_is_good_now_is_added_and_the_rest_stays(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    assert ids(path, spark) == [2, 3]
    pipeline(BAD.format(above=0))
    result = replay(path, spark, new="r2")
    assert (result.ok, ids(path, spark)) == (True, [1, 2, 3])
    assert lying(path) == [("r1", "a", 2, "r2"), ("r2", "a", 1, None)]
    assert result["elsewhere"].status == "not_run"
    assert result["a"].quality[0].evaluated == 2


def test_rows_never_come_twice(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    pipeline(BAD.format(above=-1))
    replay(path, spark, new="r2")
    with pytest.raises(ConfigError, match="were replayed by 'r2'"):
        replay(path, spark, new="r3")
    assert ids(path, spark) == [0, 1, 2, 3]


def test_a_mark_that_moved_meanwhile_is_seen_by_the_run(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    runner = PipelineRunner.from_file(path, merging(validate_pipeline(path), "a"))
    (rows,) = find_quarantined(runner.store)  # before the other replay
    pipeline(BAD.format(above=-1))
    replay(path, spark, new="r2")
    result = runner.replay(rows, RunRequest(spark=spark, run_id="r3"))
    assert (result.status, result["a"].status, ids(path, spark)) == ("failed", "failed", [0, 1, 2, 3])


def test_a_replay_that_is_rejected_leaves_the_rows_where_they_are(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    pipeline(BAD.format(above=0).replace("quality = [", "quality = [{ check = total, options { max = 0 } }, "))
    result = replay(path, spark, new="r2")
    assert (result.exit_code, lying(path), ids(path, spark)) == (4, [("r1", "a", 2, None)], [2, 3])


def test_a_failed_replay_can_be_done_again(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    pipeline(BAD.format(above=-1).replace("transform = step", "transform = step, options { raises = oh }"))
    assert replay(path, spark, new="r2").status == "failed"
    pipeline(BAD.format(above=-1))
    assert replay(path, spark, new="r3").ok
    assert ids(path, spark) == [0, 1, 2, 3]


def test_two_do_not_replay_at_once(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    store = PipelineRunner.from_file(path).store
    (rows,) = find_quarantined(store)
    with replayed_alone(store, rows), pytest.raises(RunLocked), replayed_alone(store, rows):
        pass


def test_a_replay_is_not_resumed(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline("name = test\nhooks { checkpoint {} }\ncomponents {" + BAD.format(above=1) + "}")
    first_run(path, spark)
    replay(path, spark, new="r2")
    with pytest.raises(CheckpointRefused, match="replays quarantined rows"):
        PipelineRunner.from_file(path).run(spark=spark, resume="r2")


def test_evidence_of_a_rejected_run_can_be_replayed(pipeline: WritePipeline, spark: SparkSession) -> None:
    rejecting = BAD.format(above=1).replace("quality = [", "quality = [{ check = total, options { max = 0 } }, ")
    path = pipeline(rejecting)
    assert PipelineRunner.from_file(path).run(spark=spark, run_id="r1").exit_code == 4
    assert lying(path) == [("r1", "a", 2, None)]
    pipeline(BAD.format(above=-1))
    assert replay(path, spark, new="r2").ok
    assert ids(path, spark) == [0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            (
                "sink = parquet, inputs = [b], options { path = out, mode = overwrite }",
                "sink = folder, inputs = [b], options { path = out }",
            ),
            "cannot add rows",
        ),
        (("out { sink = parquet", "out { enabled = false, sink = parquet"), "Nothing is written of 'a'"),
        (("a { source", "z { source"), "no component 'a' any more"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    pipeline: WritePipeline, spark: SparkSession, change: tuple[str, str], message: str
) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    pipeline(
        BAD.format(above=1)
        .replace(*change)
        .replace("inputs = [a]", f"inputs = [{change[1][0] if 'z {' in change[1] else 'a'}]")
    )
    with pytest.raises(PpfError, match=message):
        replay(path, spark)


def test_clean_keeps_what_nobody_has_replayed(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(BAD.format(above=1))
    first_run(path, spark)
    store, later = PipelineRunner.from_file(path).store, datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    assert find_old(store, later) == []
    pipeline(BAD.format(above=-1))
    replay(path, spark, new="r2")
    assert [(each.run_id, each.what) for each in find_old(store, later)] == [
        ("r1", "frames"),
        ("r1", "record"),
        ("r2", "record"),
    ]


def test_an_unknown_component_is_refused_with_what_there_is(pipeline: WritePipeline) -> None:
    rows = [Quarantined("r1", "test", name, 1, None, "file:/x", "p.conf") for name in ("late", "early")]
    with pytest.raises(ConfigError, match=r"2 components.*late, early") as caught:
        chosen(rows, "r1", None)
    assert "--component" in str(caught.value)
    with pytest.raises(ConfigError, match="Did you mean 'late'"):
        chosen(rows, "r1", "laet")
    with pytest.raises(ConfigError, match="no rows in quarantine"):
        chosen([], "r1", None)


# ---- rows that meet others

MET = """
    a {{ source = numbers, options {{ rows = 4 }},
         quality = [{{ check = picky, options {{ above = {above} }}, action = quarantine }}] }}
    more {{ source = {more} }}
    both {{ transform = union, inputs = [a, more] }}
    out {{ sink = parquet, inputs = [both], options {{ path = out, mode = append }} }}
"""
MORE = "numbers, options { rows = 3, from = 100 }"


def met(path: Path, spark: SparkSession, side: SideInputs, **settings: object) -> PipelineResult:
    runner = PipelineRunner.from_file(path, settings)
    return runner.replay(chosen(find_quarantined(runner.store, "r1"), "r1", None), RunRequest(spark=spark), side)


def test_rows_that_meet_others_are_not_replayed_until_somebody_says_what_those_give(
    pipeline: WritePipeline, spark: SparkSession
) -> None:
    path = pipeline(MET.format(above=1, more=MORE))
    first_run(path, spark)
    with pytest.raises(ConfigError, match="'both' brings the rows of 'a' together with those of 'more'") as raised:
        met(path, spark, SideInputs())
    assert raised.value.problems[0].hint is not None
    assert "--empty more" in raised.value.problems[0].hint
    with pytest.raises(ConfigError, match="'mroe' does not meet the rows of 'a'"):
        met(path, spark, SideInputs(empty=frozenset({"more", "mroe"})))
    assert ids(path, spark) == [2, 3, 100, 101, 102]


def test_an_empty_input_beside_replayed_rows_adds_nothing(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(MET.format(above=1, more=MORE))
    first_run(path, spark)
    loose = pipeline(MET.format(above=0, more=MORE))
    assert met(loose, spark, SideInputs(empty=frozenset({"more"}))).ok
    assert ids(path, spark) == [1, 2, 3, 100, 101, 102]


def test_an_input_that_is_read_beside_replayed_rows_gives_all_of_its_own(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(MET.format(above=1, more=MORE))
    first_run(path, spark)
    loose = pipeline(MET.format(above=0, more=MORE))
    assert met(loose, spark, SideInputs(read=frozenset({"more"}))).ok
    assert ids(path, spark) == [1, 2, 3, 100, 100, 101, 101, 102, 102]


@pytest.mark.parametrize("side", ["empty", "read"])
def test_a_replay_moves_no_cursor_of_what_meets_the_rows(pipeline: WritePipeline, spark: SparkSession, side: str) -> None:
    path = pipeline(MET.format(above=1, more="growing, options { end = 2 }"))
    first_run(path, spark)
    loose = pipeline(MET.format(above=0, more="growing, options { end = 5 }"))
    result = met(loose, spark, SideInputs(**{side: frozenset({"more"})}))
    cursors = Cursors(path.with_name(".ppf"), "test").read()
    assert cursors["more"] == {"end": "2"}
    if side == "empty":
        assert result.ok
        assert ids(path, spark) == [0, 1, 1, 2, 3]
    else:
        assert result["more"].error is not None
        assert "a replay needs all of them" in result["more"].error.message
        assert ids(path, spark) == [0, 1, 2, 3]
