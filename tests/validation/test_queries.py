"""The queries of a streaming file: where streams end, which sinks belong together, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ppf_core.planning.plan import make_plan
from ppf_core.validation.queries import Query
from ppf_core.validation.validate import validate_pipeline
from ppf_core.validation.validated import ValidatedPipeline

Check = Callable[[str], ValidatedPipeline]
SOURCE = "events { source = rate }\n"


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def validated(components: str) -> ValidatedPipeline:
        path = tmp_path / "p.conf"
        path.write_text(f"name = p\nmode = streaming\ncomponents {{\n{components}\n}}\n")
        return validate_pipeline(path)

    return validated


def sink(name: str, above: str, more: str = "", plugin: str = "json") -> str:
    return f'{name} {{ sink = {plugin}, inputs = [{above}], {more} options {{ path = "{name}" }} }}\n'


def sql(name: str, *above: str, more: str = "") -> str:
    return f'{name} {{ transform = sql, inputs = [{", ".join(above)}], {more} options {{ query = "SELECT 1" }} }}\n'


def quality(action: str, check: str = "not_null", more: str = "") -> str:
    options = "options { columns = [value] }" if check in ("not_null", "unique") else "options { min = 1 }"
    return f"quality = [ {{ check = {check}, {options}, action = {action} {more} }} ],"


def queries(check: Check, components: str) -> dict[str, Query]:
    validated = check(components)
    assert not validated.problems, [str(problem) for problem in validated.problems]
    return {query.name: query for query in validated.queries}


def problem(check: Check, components: str) -> tuple[str, str]:
    (found,) = check(components).problems
    return found.code, str(found)


def test_sinks_with_one_input_are_one_query_and_are_published_together(check: Check) -> None:
    found = queries(check, SOURCE + sql("some", "events") + sink("a", "some") + sink("b", "some") + sink("c", "events"))
    assert {name: query.sinks for name, query in found.items()} == {"some": ("a", "b"), "events": ("c",)}
    assert found["some"].above == {"events", "some"}
    assert found["some"].below == {"a", "b"}


def test_a_component_that_is_kept_is_a_cut_and_all_below_it_works_on_the_batch(check: Check) -> None:
    found = queries(check, SOURCE + sql("kept", "events", more="persist = memory,") + sql("more", "kept") + sink("a", "more"))
    assert found["kept"].below == {"more", "a"}


@pytest.mark.parametrize(
    ("checks", "is_cut"),
    [
        (quality("drop"), False),
        (quality("warn"), False),
        (quality("warn", more=', error_if = "> 5"'), True),
        (quality("fail"), True),
        (quality("quarantine"), True),
        (quality("warn", "row_count"), True),
        (quality("warn", "unique"), True),
    ],
)
def test_what_a_check_has_to_do_decides_whether_the_stream_ends_there(check: Check, checks: str, is_cut: bool) -> None:
    found = queries(check, SOURCE + sql("good", "events", more=checks) + sql("below", "good") + sink("a", "below"))
    (query,) = found.values()
    assert query.input == ("good" if is_cut else "below")
    assert query.filters == (frozenset() if is_cut else {"good"})


def test_checks_that_a_batch_passes_by_are_asked_there(check: Check) -> None:
    found = queries(check, SOURCE + sql("good", "events", more=quality("drop")) + sink("a", "good"))
    assert (found["good"].input, found["good"].filters) == ("good", frozenset())


def test_bad_rows_go_with_the_good_ones(check: Check) -> None:
    takes = quality("quarantine", more=", quarantine_to = bad")
    bad = 'bad { sink = json, options { path = "bad" } }\n'
    found = queries(check, bad + SOURCE + sql("good", "events", more=takes) + sink("a", "good", "trigger = available_now,"))
    assert found["good"].sinks == ("bad", "a")
    assert found["good"].trigger == "available_now"


def test_what_is_read_once_and_what_again_for_each_batch(check: Check) -> None:
    side = 'names { source = json, batch = true, %s options { path = x, schema = "a INT" } }\n'
    rest = SOURCE + sql("kept", "events", more="persist = memory,") + sql("both", "kept", "names") + sink("a", "both")
    once, anew = queries(check, side % "" + rest), queries(check, side % "refresh = per_batch," + rest)
    assert ("names" in once["kept"].above, "names" in anew["kept"].below) == (True, True)
    code, text = problem(check, side % "refresh = per_batch," + SOURCE + sql("both", "events", "names") + sink("a", "both"))
    assert code == "refresh"
    assert "'both' joins it with the whole stream" in text


@pytest.mark.parametrize(
    ("components", "code", "text"),
    [
        (
            SOURCE + sink("a", "events") + sink("b", "events", "trigger = 5 s,"),
            "query-twice",
            "The sinks 'a' and 'b' need a query each, and both would be called 'events'.",
        ),
        (
            SOURCE + sql("x", "events", more="persist = disk,") + sql("y", "x", "events") + sink("a", "y"),
            "two-streams",
            "batches of 'x' and rows of another stream",
        ),
        (
            SOURCE
            + sql("x", "events", more=quality("quarantine"))
            + sink("a", "x")
            + sink("b", "x", "trigger = 5 s, query = other,"),
            "query-twice",
            "The bad rows of 'x' would be kept by each of the queries 'x', 'other'.",
        ),
        (
            SOURCE + "still { source = json, batch = true, options { path = x } }\n" + sink("a", "events") + sink("b", "still"),
            "no-stream",
            "The sink 'b' gets no rows of a stream",
        ),
        (
            SOURCE + sql("x", "events", more=quality("fail")) + "m { sink = memory, inputs = [x], options { table = t } }\n",
            "native-sink",
            "The checks of 'x' cannot hold a batch back: the sink 'm' is Spark's own streaming writer.",
        ),
        (
            SOURCE
            + sql("x", "events", more="persist = memory,")
            + sql("y", "x")
            + "m { sink = memory, inputs = [y], options { table = t } }\n",
            "native-sink",
            "'x' above it ends the stream",
        ),
        (
            SOURCE
            + f"still {{ source = json, batch = true, {quality('fail')} options {{ path = x }} }}\n"
            + sql("y", "events", "still")
            + sink("a", "y"),
            "unasked-checks",
            "The checks of 'still' would never be asked",
        ),
        (SOURCE + sink("a", "events", "options { mode = error },"), "wrong-mode", "mode = error"),
        (SOURCE + sink("a", "events", "options { mode = overwrite },"), "wrong-mode", "each batch would replace"),
        (SOURCE + sink("a", "events", "output_mode = complete,"), "wrong-mode", "would add the whole result again"),
        (SOURCE + sql("x", "events", more="checkpoint = true,") + sink("a", "x"), "wrong-mode", "checkpoint = true"),
        (SOURCE + sql("x", "events", more="query = q,") + sink("a", "x"), "bad-value", "Key 'query' belongs to sinks"),
        (SOURCE + sql("x", "events", more="refresh = once,") + sink("a", "x"), "bad-value", "belongs to side inputs"),
        (SOURCE + sink("a", "events", 'query = "../x",'), "bad-value", "cannot be the name of a query"),
        (SOURCE + sink("a", "events", "after = [events],"), "wrong-mode", "never end"),
        (SOURCE + sink("a", "events", "trigger = 5 parsecs,"), "bad-value", "available_now or a duration"),
        ('events { source = inline, options { rows = [{a = 1}], schema = "a INT" } }\n', "wrong-mode", "streaming"),
    ],
)
def test_what_a_stream_cannot_do_is_told_with_its_place(check: Check, components: str, code: str, text: str) -> None:
    found = check(components).problems
    assert [each.code for each in found] == [code], [str(each) for each in found]
    assert text in str(found[0])
    assert found[0].line is not None


def test_a_plan_says_what_each_sink_guarantees_and_why(check: Check) -> None:
    components = SOURCE + sql("x", "events") + sink("a", "x") + "c { sink = console, inputs = [x] }\n"
    (query,) = make_plan(check(components)).queries
    assert {each.name: each.guarantee for each in query.sinks} == {"a": "exactly once", "c": "at least once"}
    assert not query.atomic


def test_a_stream_is_refused_on_spark_connect(tmp_path: Path) -> None:
    path = tmp_path / "p.conf"
    path.write_text(
        'name = p\nmode = streaming\nspark { remote = "sc://127.0.0.1" }\ncomponents {\n' + SOURCE + sink("a", "events") + "}\n"
    )
    assert ":2:8: A stream needs a classic session" in "\n".join(map(str, validate_pipeline(path).problems))
