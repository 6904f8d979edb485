"""Checks in a run: who carries them, what they decide, and where bad rows go."""

import datetime
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ppf_report.page import render
from pyspark.sql import SparkSession

from ppf_core import PipelineResult, PipelineRunner
from ppf_core.errors import ConfigError
from ppf_core.state.lines import SamplesTaken

WritePipeline = Callable[[str], Path]
EMPTY_BOX = "out { sink = folder, inputs = [a], options { path = out, log = log } }"


def run(path: Path, spark: SparkSession, **settings: object) -> PipelineResult:
    return PipelineRunner.from_file(path, settings).run(spark=spark)


def rows(path: Path, name: str = "out") -> list[int]:
    found: list[dict[str, int]] = json.loads(path.with_name(name).joinpath("rows.json").read_text())
    return [row["id"] for row in found]


def is_odd(text: object) -> bool:
    return zlib.crc32(str(text).encode()) % 2 == 1


def told(result: PipelineResult, name: str = "a") -> list[tuple[str, str, int | None, int | None]]:
    return [(each.name, each.status, each.failed, each.evaluated) for each in result[name].quality]


def kept(spark: SparkSession, path: Path, run_id: str, component: str = "a") -> list[tuple[object, ...]]:
    folder = path.with_name(".ppf") / "data" / "quarantine" / component / f"run_id={run_id}"
    frame = spark.read.parquet(f"file:{folder}")
    return sorted((row["id"], tuple(row["_ppf_failed_checks"]), row["_ppf_run_id"]) for row in frame.collect())


def left_in(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if each.name.startswith(".out"))


def source(*checks: str, options: str = "rows = 3", more: str = "") -> str:
    quality = ", ".join(checks)
    return f"a {{ source = numbers, options {{ {options} }}, {more} quality = [ {quality} ] }}\n"


BAD_ROWS = "{ check = picky }"  # of 0, 1, 2 one is not above 0


# ---- what they decide


def test_a_check_that_passes_is_in_the_result(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source("{ check = picky, options { above = -1 } }") + EMPTY_BOX)
    result = run(path, spark)
    assert (result.status, told(result), rows(path)) == ("success", [("picky", "passed", 0, 3)], [0, 1, 2])


def test_a_failed_check_forbids_to_publish(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source(BAD_ROWS) + EMPTY_BOX)
    result = run(path, spark)
    assert (result.status, result.exit_code) == ("failed", 4)
    assert told(result) == [("picky", "failed", 1, 3)]
    assert [(each.name, each.status, each.reason) for each in result.components] == [
        ("a", "failed", None),
        ("out", "skipped", "'a' failed."),
    ]
    assert result["a"].error is not None
    assert "picky: 1 of 3 rows is bad." in result["a"].error.message
    assert not path.with_name("out").exists()
    assert left_in(path) == []


def test_a_failed_check_is_a_problem_with_its_place(pipeline: WritePipeline, spark: SparkSession) -> None:
    result = run(pipeline(source(BAD_ROWS) + EMPTY_BOX), spark)
    (problem,) = result.problems
    assert (problem.code, problem.line) == ("check-failed", 3)
    assert problem.message == "The check 'picky' of 'a' did not pass: 1 of 3 rows is bad."


def test_old_rows_stay_when_new_ones_are_bad(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source("{ check = picky, options { above = -1 } }") + EMPTY_BOX)
    run(path, spark)
    result = run(path, spark, **{"components.a.quality": [{"check": "picky"}]})
    assert (result.exit_code, rows(path)) == (4, [0, 1, 2])


@pytest.mark.parametrize(
    ("thresholds", "status", "exit_code"),
    [
        ("action = warn", "warned", 0),
        ('warn_if = "> 0"', "warned", 0),
        ('warn_if = "> 1"', "passed", 0),
        ('error_if = "> 1"', "warned", 0),
        ('error_if = "> 0"', "failed", 4),
        ('error_if = ">= 33%"', "failed", 4),
        ('error_if = "> 34%"', "warned", 0),
        ('action = warn, error_if = "> 30%"', "failed", 4),
        ('warn_if = "> 0", error_if = "> 50%"', "warned", 0),
        ("action = drop", "warned", 0),
        ('action = drop, error_if = "> 0"', "failed", 4),
    ],
)
def test_thresholds_decide(pipeline: WritePipeline, spark: SparkSession, thresholds: str, status: str, exit_code: int) -> None:
    result = run(pipeline(source(f"{{ check = picky, {thresholds} }}") + EMPTY_BOX), spark)
    assert ([each.status for each in result["a"].quality], result.exit_code) == ([status], exit_code)


def test_aggregates_and_frames_are_judged(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = ("{ check = total, options { max = 3 } }", "{ check = same, options { rows = 4 }, action = warn }")
    result = run(pipeline(source(*checks) + EMPTY_BOX), spark)
    total, same = result["a"].quality
    assert (total.status, total.value, total.message) == ("passed", 3.0, "The sum is 3.")
    assert (same.status, same.value) == ("warned", 3.0)


def test_all_failures_of_a_run_are_told_together(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source(BAD_ROWS, "{ check = total, options { max = 1 } }")
    text += "b { transform = step, inputs = [a], quality = [{ check = same, options { rows = 9 } }] }\n"
    text += "c { source = numbers, quality = [{ check = picky, name=mine }] }\n"
    text += "one { sink = folder, inputs = [b], options { path = one } }\n"
    text += (
        "two { sink = folder, inputs = [c], options { path = two }, quality = [{ check = picky, options { above = 1 } }] }\n"
    )
    result = run(pipeline(text), spark)
    found = {(each.name, check.name, check.status) for each in result.components for check in each.quality}
    assert found == {
        ("a", "picky", "failed"),
        ("a", "total", "failed"),
        ("b", "same", "failed"),
        ("c", "mine", "failed"),
        ("two", "picky", "failed"),
    }
    assert len([problem for problem in result.problems if problem.code == "check-failed"]) == 5


def test_a_component_that_nobody_reads_is_checked(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source(BAD_ROWS) + "b { source = numbers }\nout { sink = folder, inputs = [b], options { path = out } }"
    path = pipeline(text)
    result = run(path, spark)
    assert (result.exit_code, told(result), path.with_name("out").exists()) == (4, [("picky", "failed", 1, 3)], False)


def test_on_continue_what_is_good_is_published(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source(BAD_ROWS) + "bad { sink = folder, inputs = [a], options { path = bad } }\n"
    text += "b { source = numbers }\nout { sink = folder, inputs = [b], options { path = out } }"
    path = pipeline(f"name = test\nruntime.on_failure = continue\ncomponents {{\n{text}\n}}")
    result = run(path, spark)
    assert (result.exit_code, rows(path), path.with_name("bad").exists()) == (4, [0, 1, 2], False)
    assert result["bad"].reason == "'a' failed."


def test_an_unstaged_sink_never_sees_rows_that_failed(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source(BAD_ROWS) + "out { sink = direct, inputs = [a], options { out = rows } }")
    result = run(path, spark)
    assert (result.exit_code, path.with_name("rows").exists()) == (4, False)


def test_checks_of_a_sink_are_evaluated_before_it_shows_anything(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = "a { source = numbers }\n"
    text += "out { sink = folder, inputs = [a], options { path = out }, quality = [{ check = picky }] }\n"
    text += (
        "other { sink = direct, inputs = [a], options { out = rows }, quality = [{ check = picky, options { above = 1 } }] }"
    )
    path = pipeline(text)
    result = run(path, spark)
    assert (told(result, "out"), told(result, "other")) == ([("picky", "failed", 1, 3)], [("picky", "failed", 2, 3)])
    assert (path.with_name("out").exists(), path.with_name("rows").exists()) == (False, False)


# ---- nothing is silently left out


def test_a_check_that_cannot_be_planned_is_an_error(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = (
        "{ check = picky, options { column = di }, action = warn }",
        "{ check = picky, name=fine, options { above = -1 } }",
    )
    result = run(pipeline(source(*checks) + EMPTY_BOX), spark)
    broken, fine = result["a"].quality
    assert (broken.status, fine.status, result.exit_code) == ("error", "passed", 4)
    assert "no column 'di'. There is: id." in broken.message


@pytest.mark.parametrize("action", ["fail", "warn", "drop", "quarantine"])
def test_a_check_that_raises_in_the_job_is_an_error_and_not_tried_again(
    pipeline: WritePipeline, spark: SparkSession, action: str
) -> None:
    check = f"{{ check = picky, options {{ raises = rows }}, action = {action} }}"
    text = source(check, "{ check = picky, name=fine, action = warn }")
    path = pipeline(text + EMPTY_BOX.replace("options", "retry { max_attempts = 3, initial_delay = 0 }, options"))
    result = run(path, spark)
    raised, fine = result["a"].quality
    assert (raised.status, fine.status, fine.failed, result.exit_code) == ("error", "warned", 1, 4)
    assert "bad luck" in raised.message
    assert result["out"].attempts == 1
    assert not path.with_name("out").exists()


def test_a_sink_that_fails_by_itself_is_no_fault_of_a_check(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source(BAD_ROWS) + EMPTY_BOX.replace("path = out", "path = out, fails = stage"))
    result = run(path, spark)
    assert (result.exit_code, result["out"].status, result["a"].status) == (1, "failed", "skipped")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("{ check = total, options { max = 9, forgets = true }, action = warn }", "sum of nothing"),
        ("{ check = same, options { rows = 3, gives = fine } }", "It gave str instead of a Verdict."),
        ("{ check = picky, options { raises = passes } }", "this check is broken"),
        ('{ check = total, options { max = 1 }, error_if = "> 1%" }', "percentage"),
    ],
)
def test_a_check_without_a_verdict_is_an_error(pipeline: WritePipeline, spark: SparkSession, check: str, message: str) -> None:
    result = run(pipeline(source(check) + EMPTY_BOX), spark)
    (found,) = result["a"].quality
    assert (found.status, result.exit_code) == ("error", 4)
    assert message in found.message


def test_a_sink_that_takes_only_some_rows_does_not_hide_bad_ones(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source("{ check = picky, options { above = 0 } }", options="rows = 100, from = -99, pin = x")
    result = run(pipeline(text + EMPTY_BOX.replace("path = out", "path = out, takes = 0")), spark)
    assert (result.exit_code, told(result)[0][1]) == (4, "error")


def test_a_sink_that_does_not_count_is_not_believed_and_its_stage_is_counted(
    pipeline: WritePipeline, spark: SparkSession
) -> None:
    text = source(BAD_ROWS) + EMPTY_BOX.replace("path = out", "path = out, counts = false, readable = true")
    assert told(run(pipeline(text), spark)) == [("picky", "failed", 1, 3)]


def test_rows_that_differ_each_time_are_judged_as_they_were_written(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source("{ check = picky, options { odd = true }, action = warn }", options="rows = 40, random = true")
    path = pipeline(text + EMPTY_BOX)
    (found,) = run(path, spark)["a"].quality
    assert (found.status, found.evaluated) == ("warned", 40)
    assert found.failed == len([text for text in rows(path) if not is_odd(text)])


@pytest.mark.parametrize("sink", ["folder", "direct"])
def test_an_empty_frame_is_counted(pipeline: WritePipeline, spark: SparkSession, sink: str) -> None:
    path = "path = out" if sink == "folder" else "out = rows"
    checks = ("{ check = picky }", "{ check = total, options { max = 0 } }")
    text = source(*checks, options="rows = 0") + f"out {{ sink = {sink}, inputs = [a], options {{ {path} }} }}"
    result = run(pipeline(text), spark)
    assert (result.status, told(result)[0]) == ("success", ("picky", "passed", 0, 0))


def test_an_aggregate_that_spark_cannot_observe_is_counted_afterwards(pipeline: WritePipeline, spark: SparkSession) -> None:
    result = run(pipeline(source("{ check = total, options { max = 3, distinct = true } }") + EMPTY_BOX), spark)
    assert (result["a"].quality[0].status, result["a"].quality[0].value) == ("passed", 3.0)


# ---- rows


def test_dropped_rows_are_gone_and_counted(pipeline: WritePipeline, spark: SparkSession) -> None:
    path = pipeline(source("{ check = picky, action = drop }") + EMPTY_BOX)
    result = run(path, spark)
    assert (result.status, told(result), rows(path)) == ("success", [("picky", "warned", 1, 3)], [1, 2])


@pytest.mark.parametrize("pinned", ["pin = x", "seed = 1"])
def test_quarantined_rows_lie_in_the_folder_of_the_run(pipeline: WritePipeline, spark: SparkSession, pinned: str) -> None:
    options = "rows = 3, pin = x" if pinned == "pin = x" else "rows = 3"
    path = pipeline(source("{ check = picky, action = quarantine }", options=options) + EMPTY_BOX)
    result = run(path, spark)
    assert (result.status, rows(path)) == ("success", [1, 2])
    assert kept(spark, path, result.run_id) == [(0, ("picky",), result.run_id)]


def test_a_row_is_in_exactly_one_place(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = [
        "{ check = picky, name=low, options { above = 3 }, action = drop }",
        "{ check = picky, name=one, options { above = 1 }, action = quarantine, quarantine_to = first }",
        "{ check = picky, name=two, options { above = 2 }, action = quarantine }",
        "{ check = picky, name=told, options { above = 4 }, action = warn }",
    ]
    text = source(*checks, options="rows = 6") + EMPTY_BOX + "\nfirst { sink = folder, options { path = first } }"
    path = pipeline(text)
    result = run(path, spark)
    assert (result.status, rows(path), rows(path, "first")) == ("success", [4, 5], [0, 1])
    assert kept(spark, path, result.run_id) == [(2, ("low", "two", "told"), result.run_id)]
    assert [each.failed for each in result["a"].quality] == [4, 2, 3, 5]


def test_a_shared_frame_is_split_once_for_all_readers(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source("{ check = picky, action = quarantine }", options="rows = 3, log = log")
    text += EMPTY_BOX + "\ntwo { sink = folder, inputs = [a], options { path = two } }"
    path = pipeline(text)
    result = run(path, spark)
    assert (rows(path), rows(path, "two")) == ([1, 2], [1, 2])
    assert kept(spark, path, result.run_id) == [(0, ("picky",), result.run_id)]


def test_a_sink_may_set_rows_apart(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = "a { source = numbers }\n"
    text += "out { sink = folder, inputs = [a], options { path = out }, quality = [{ check = picky, action = quarantine }] }\n"
    text += "b { sink = direct, inputs = [a], options { out = rows }, quality = [{ check = picky, action = drop }] }\n"
    path = pipeline(text)
    result = run(path, spark)
    assert (result.status, rows(path)) == ("success", [1, 2])
    assert json.loads(path.with_name("rows").read_text()) == [{"id": 1}, {"id": 2}]
    assert kept(spark, path, result.run_id, "out") == [(0, ("picky",), result.run_id)]


@pytest.mark.parametrize("action", ["drop", "quarantine"])
def test_rows_of_a_random_source_are_in_one_place_each(pipeline: WritePipeline, spark: SparkSession, action: str) -> None:
    text = "a { source = numbers, options { rows = 40, random = true } }\n"
    check = f"{{ check = picky, options {{ odd = true }}, action = {action} }}"
    text += f"b {{ transform = step, inputs = [a], quality = [{check}] }}\n"
    path = pipeline(text + EMPTY_BOX.replace("[a]", "[b]"))
    result = run(path, spark)
    (found,) = result["b"].quality
    bad = kept(spark, path, result.run_id, "b") if action == "quarantine" else [()] * (found.failed or 0)
    assert (len(rows(path)) + len(bad), found.failed) == (40, len(bad))
    assert all(is_odd(text) for text in rows(path))
    assert not any(is_odd(row[0]) for row in bad if row)


def test_a_rejected_run_keeps_its_bad_rows_and_nothing_else(pipeline: WritePipeline, spark: SparkSession) -> None:
    checks = (
        "{ check = picky, name=here, action = quarantine }",
        "{ check = picky, name=there, options { above = 1 }, action = quarantine, quarantine_to = bad }",
        "{ check = total, options { max = 1 } }",
    )
    path = pipeline(source(*checks) + EMPTY_BOX + "\nbad { sink = folder, options { path = bad } }")
    result = run(path, spark)
    assert (result.exit_code, path.with_name("out").exists(), path.with_name("bad").exists()) == (4, False, False)
    assert kept(spark, path, result.run_id) == [
        (0, ("here", "there"), result.run_id),
        (1, ("there",), result.run_id),
    ]


def test_a_failed_run_leaves_no_quarantined_rows(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source("{ check = picky, action = quarantine }") + EMPTY_BOX
    text += "\nother { sink = direct, inputs = [a], options { fails = true } }"
    path = pipeline(text)
    result = run(path, spark)
    folder = path.with_name(".ppf") / "data" / "quarantine" / "a"
    assert (result.exit_code, [each.name for each in folder.iterdir() if not each.name.endswith(".crc")]) == (1, [])


def test_a_checkpoint_holds_good_rows_and_only_of_a_component_that_passed(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source("{ check = picky, action = drop }", more="checkpoint = true,") + EMPTY_BOX
    path = pipeline(f"name = test\nhooks {{ }}\ncomponents {{\n{text}\n}}")
    assert (run(path, spark).status, rows(path)) == ("success", [1, 2])


# ---- who carries them


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        (source(BAD_ROWS) + EMPTY_BOX, "the write of out"),
        (source("{ check = picky, action = drop }") + EMPTY_BOX, "the write of out"),
        (source(BAD_ROWS), "one pass over the frame"),
        (
            source(BAD_ROWS) + "b { transform = step, inputs = [a] }\n" + EMPTY_BOX.replace("[a]", "[b]"),
            "one pass over the frame",
        ),
        (source(BAD_ROWS, more="persist = memory,") + EMPTY_BOX, "one materialisation"),
        (
            source("{ check = picky, action = drop }") + EMPTY_BOX + "\n" + EMPTY_BOX.replace("out", "more"),
            "one materialisation",
        ),
        (source(BAD_ROWS) + "out { sink = direct, inputs = [a] }", "one pass over the frame"),
    ],
)
def test_a_plan_says_what_carries_the_checks(pipeline: WritePipeline, text: str, carrier: str) -> None:
    assert PipelineRunner.from_file(pipeline(text)).plan["a"].carrier == carrier


def test_without_checks_there_is_no_carrier(pipeline: WritePipeline) -> None:
    plan = PipelineRunner.from_file(pipeline("a { source = numbers }\n" + EMPTY_BOX)).plan
    assert [each.carrier for each in plan.components] == [None, None]


# ---- hooks


def test_a_hook_may_evaluate_in_place_of_the_kernel(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source(BAD_ROWS, "{ check = picky, name=left }") + EMPTY_BOX
    path = pipeline(f"name = test\nhooks {{ judge {{ answers = [picky], path = heard }} }}\ncomponents {{\n{text}\n}}")
    result = run(path, spark)
    assert [(each.name, each.status) for each in result["a"].quality] == [("picky", "passed"), ("left", "error")]
    assert (result.exit_code, path.with_name("heard").read_text().splitlines()) == (
        4,
        ["asked a 2", "heard a picky passed", "heard a left error"],
    )


def test_a_hook_is_not_asked_where_rows_are_set_apart(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source("{ check = picky, action = drop }") + EMPTY_BOX
    path = pipeline(f"name = test\nhooks {{ judge {{ answers = [picky], path = heard }} }}\ncomponents {{\n{text}\n}}")
    assert (told(run(path, spark)), path.with_name("heard").read_text()) == (
        [("picky", "warned", 1, 3)],
        "heard a picky warned\n",
    )


def test_a_hook_that_raises_fails_the_run(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source(BAD_ROWS) + EMPTY_BOX
    path = pipeline(f"name = test\nhooks {{ judge {{ raises = true }} }}\ncomponents {{\n{text}\n}}")
    result = run(path, spark)
    assert (result.exit_code, path.with_name("out").exists()) == (1, False)


# ---- mistakes


def test_quarantine_to_wants_the_action_quarantine(pipeline: WritePipeline) -> None:
    text = source("{ check = picky, quarantine_to = bad }") + "bad { sink = folder, options { path = bad } }"
    with pytest.raises(ConfigError, match="quarantine_to"):
        PipelineRunner.from_file(pipeline(text))


def test_a_sink_of_bad_rows_has_no_inputs(pipeline: WritePipeline) -> None:
    text = source("{ check = picky, action = quarantine, quarantine_to = out }") + EMPTY_BOX
    with pytest.raises(ConfigError, match="bad rows"):
        PipelineRunner.from_file(pipeline(text))


# ---- reports


def test_a_report_shows_some_bad_rows_and_no_masked_values(pipeline: WritePipeline, spark: SparkSession) -> None:
    check = "{ check = picky, action = warn, samples = 2, options { above = 5 } }"
    path = pipeline(
        source(check, check.replace("samples = 2", "samples = 1, name=hidden, mask = [id]"), options="rows = 6, pin = x")
    )
    runner = PipelineRunner.from_file(path)
    result = runner.run(spark=spark)
    samples = runner.store.recorded(result.run_id).of(SamplesTaken)
    assert [(each.check, each.columns, each.rows) for each in samples] == [
        (0, ("id",), (("0",), ("1",))),
        (1, ("id",), (("****",),)),
    ]
    page = render(runner.store.report(result.run_id), datetime.datetime.now(datetime.UTC))
    assert "Bad rows of picky" in page
    assert "Bad rows of hidden" in page


def test_two_frame_checks_of_the_same_kind_and_options_look_once(pipeline: WritePipeline, spark: SparkSession) -> None:
    same = "{ check = same, options { rows = 3, log = log } }"
    path = pipeline(source(same, same.replace("same,", "same, name=again,"), same.replace("= 3", "= 4")) + EMPTY_BOX)
    assert [each.status for each in run(path, spark)["a"].quality] == ["passed", "passed", "failed"]
    assert path.with_name("log").read_text().splitlines().count("judge") == 2


def test_a_sink_that_fails_by_itself_costs_no_look_for_a_guilty_check(pipeline: WritePipeline, spark: SparkSession) -> None:
    text = source("{ check = picky, options { calls = true, log = calls }, action = warn }", options="rows = 3, pin = x")
    path = pipeline(text + EMPTY_BOX.replace("path = out", "path = out, fails = stage"))
    assert run(path, spark)["out"].status == "failed"
    assert path.with_name("calls").read_text() == "..."


@pytest.mark.parametrize("text", [EMPTY_BOX, "b { transform = step, inputs = [a] }\n" + EMPTY_BOX.replace("[a]", "[b]")])
def test_a_function_of_a_check_is_called_once_a_row_where_all_is_well(
    pipeline: WritePipeline, spark: SparkSession, text: str
) -> None:
    check = "{ check = picky, options { calls = true, log = calls, above = -1 } }"
    path = pipeline(source(check, options="rows = 3, pin = x") + text)
    assert run(path, spark).ok
    assert path.with_name("calls").read_text() == "..."


@pytest.mark.parametrize(
    "check", ["{ check = picky, action = quarantine }", "{ check = picky }, { check = picky, action = drop }"]
)
@pytest.mark.parametrize("sink", [EMPTY_BOX, EMPTY_BOX.replace("path = out", "path = out, fails = stage")])
def test_no_frame_stays_in_memory_after_a_run(pipeline: WritePipeline, spark: SparkSession, check: str, sink: str) -> None:
    before = set(spark.sparkContext._jsc.getPersistentRDDs())
    run(pipeline(source(check) + sink + "\ntwo { sink = folder, inputs = [a], options { path = two } }"), spark)
    assert set(spark.sparkContext._jsc.getPersistentRDDs()) <= before
