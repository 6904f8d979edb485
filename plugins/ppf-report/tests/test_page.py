"""The page of a run: it stands alone, nothing in it can run, and it says all that happened."""

import datetime
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ppf_report.page import render
from records import (
    FLIGHTS,
    HOSTILE,
    LATE,
    NOW,
    OUT,
    begun,
    ended,
    failed_run,
    large_run,
    planned,
    result,
)

from ppf_core.contracts.context import WriteId
from ppf_core.state import lines
from ppf_core.state.store import RunRecords

VOID = {"meta", "rect", "path", "br"}


class Page(HTMLParser):
    """What a reader and what a browser would take from a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """All that is shown, with simple spaces."""
        return " ".join(" ".join(self.words).split())

    def every(self, attribute: str) -> list[str]:
        """The values of one attribute."""
        return [value for name, value in self.attributes if name == attribute]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


Look = Callable[..., Page]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """The page of the run `r1`, as `write` recorded it."""

    def at(write: Callable[[Path], Any]) -> Page:
        write(tmp_path)
        return page_of(RunRecords(tmp_path).report("r1"))

    return at


def page_of(report: dict[str, Any]) -> Page:
    page = Page(render(report, NOW))
    assert page.open == []
    return page


def test_the_page_loads_nothing(look: Look) -> None:
    page = look(failed_run)
    assert page.every("src") == []
    assert {href[0] for href in page.every("href")} == {"#"}
    assert not page.tags & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert "default-src 'none'; style-src 'unsafe-inline'" in page.every("content")


def test_every_link_leads_somewhere(look: Look) -> None:
    page = look(failed_run)
    assert {href[1:] for href in page.every("href")} <= set(page.every("id"))


def test_it_says_what_happened_first(look: Look) -> None:
    text = look(failed_run).text
    assert "The run failed after 10.0 s. What failed: late. Of 3 components: 1 succeeded, 1 failed, 1 skipped." in text
    assert "Nothing was published: the targets of its staged sinks are as they were before." in text


def test_it_shows_the_facts_of_the_run(look: Look) -> None:
    text = look(failed_run).text
    for fact in (
        "Pipeline flights 1.0",
        "Run r1",
        "Environment prod",
        "Tags team = ops",
        "Started 2026-01-31 23:59:50 UTC",
        "Ended 2026-02-01 00:00:00 UTC",
        "Exit code 1: a component, or something that the run needs, failed",
        "Spark 4.1.1",
        "Master local[2]",
        "ANSI mode on",
        "Time zone UTC",
    ):
        assert fact in text


def test_it_shows_each_component_with_its_plugin_its_attempts_and_its_reason(look: Look) -> None:
    text = look(failed_run).text
    assert "flights source csv ppf-files 0.1.0 ✓ success 1" in text
    assert "late transform sql ppf-files 0.1.0 ✗ failed 2" in text
    assert "out sink parquet ppf-files 0.1.0 \N{EN DASH} skipped 'late' failed." in text
    assert "input f flights" in text
    assert "pinned to v7" in text


def test_it_shows_attempts_checks_problems_and_settings(look: Look) -> None:
    text = look(failed_run).text
    assert re.search(r"late 1 build ValueError: .* after 1\.5 s late 2 build ValueError: .* none", text)
    assert "flights delay in_range warn ! warned 3 1,000 3 of 1000 rows." in text
    assert "The hook is deaf. What to do: Wake it. hook · hooks.audit" in text
    assert 'spark.conf."spark.ui.enabled" false' in text
    assert "password secret://env/DB" in text


def test_the_graph_has_a_box_for_each_component_and_a_line_for_each_edge(look: Look) -> None:
    page = look(failed_run)
    assert page.every("class").count("box") == 3
    assert len([each for each in page.every("class") if each.startswith("edge")]) == 2
    assert "late: transform sql, failed, ValueError" in page.text


def test_the_timeline_has_a_bar_for_each_attempt(look: Look) -> None:
    page = look(failed_run)
    bars = [style for style in page.every("style") if style.startswith("left") and "width" in style]
    # Of the start of Spark, of flights, of late and of its two attempts; `out` has never started.
    places = [re.findall(r"([\d.]+)%", bar)[::2] for bar in bars]
    assert places[1:] == [["20.0", "30.0"], ["50.0", "40.0"], ["50.0", "10.0"], ["75.0", "15.0"]]


STRUCTURE = {"line", "name", "component", "status", "kind", "stage", "inputs", "needs", "schema", "ansi", "ppf", "run_id"}
TIMES = {"started_at", "ended_at", "at", "written_at", "session_at"}


def poisoned(value: Any, key: str = "") -> Any:
    """A report whose texts are all hostile, but for the names by which its parts find each other."""
    if key in STRUCTURE | TIMES:
        return value
    if isinstance(value, dict):
        return {name: poisoned(item, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [poisoned(item, key) for item in value]
    return HOSTILE if isinstance(value, str) else value


def test_nothing_that_anybody_wrote_becomes_markup(tmp_path: Path) -> None:
    failed_run(tmp_path)
    page = page_of(poisoned(RunRecords(tmp_path).report("r1")))
    assert "script" not in page.tags
    assert page.text.count("<script>alert(1)</script>") > 20
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text
    assert r"\x1b[31m\u202e" in page.text


def test_a_run_that_goes_on_says_so(tmp_path: Path) -> None:
    record = begun(tmp_path, [FLIGHTS, LATE, OUT])
    record.write(lines.ComponentEnded(ended(FLIGHTS, 1, 2)))
    record.write(lines.ComponentStarted("late"))
    text = page_of(RunRecords(tmp_path).report("r1")).text
    assert "The run was still going on when this page was written, at 2026-02-01 01:00:00 UTC." in text
    assert "Of 3 components: 1 succeeded, 1 at work, 1 waiting." in text
    assert "late transform sql ppf-files 0.1.0 ▶ running" in text


def test_a_run_that_was_killed_says_so(tmp_path: Path) -> None:
    record = begun(tmp_path, [FLIGHTS, LATE, OUT])
    record.write(lines.ComponentEnded(ended(FLIGHTS, 1, 2)))
    record.write(lines.Staging("out", WriteId("flights/r1/out", 0)))
    record.write(lines.Staged("out", WriteId("flights/r1/out", 0), {}))
    record._file.close()
    text = page_of(RunRecords(tmp_path).report("r1")).text
    assert "The run did not end: its process was killed, or its machine stopped." in text
    assert "Of 3 components: 1 succeeded, 1 unfinished, 1 not started." in text
    assert "out sink parquet ppf-files 0.1.0 ! unfinished staged, not published" in text
    assert "No staged sink was published by then." in text


def test_a_run_that_died_before_its_plan_was_written_has_a_page(tmp_path: Path) -> None:
    record = begun(tmp_path, [])
    record.path.write_text(record.path.read_text().split("\n")[0] + "\n")
    record._file.close()
    assert "No component has started." in page_of(RunRecords(tmp_path).report("r1")).text


@pytest.mark.parametrize(
    ("exit_code", "words"), [(130, "The run was interrupted by Ctrl-C or SIGINT"), (143, "The run was interrupted by SIGTERM")]
)
def test_an_interrupted_run_says_by_what(exit_code: int, words: str, tmp_path: Path) -> None:
    begun(tmp_path, [FLIGHTS]).end(result("interrupted", exit_code, [ended(FLIGHTS, 1, 2)]))
    assert f"{words} after 10.0 s." in page_of(RunRecords(tmp_path).report("r1")).text


def test_what_readers_of_the_targets_see_is_said(tmp_path: Path) -> None:
    out, other, direct = (planned(name, "sink", 1, staged=name != "print") for name in ("out", "other", "print"))
    components = [
        ended(out, 5, 1, staged=True, published=True, rows_written=336776),
        ended(other, 5, 1, status="failed"),
        ended(direct, 5, 1),
    ]
    begun(tmp_path, [out, other, direct]).end(result("failed", 1, components))
    text = page_of(RunRecords(tmp_path).report("r1")).text
    assert "Published: out. Not published: other." in text
    assert "Not staged, so that what was written stays written: print." in text
    assert "336,776 published" in text
    assert "written at once" in text


def test_a_component_that_was_not_asked_for_is_in_the_graph(tmp_path: Path) -> None:
    not_asked = {**LATE, "selected": False}
    record = begun(tmp_path, [FLIGHTS, not_asked])
    record.write(lines.ComponentEnded(ended(FLIGHTS, 1, 2)))
    assert "late transform sql ppf-files 0.1.0 ○ not run" in page_of(RunRecords(tmp_path).report("r1")).text


def test_breakers_have_a_column_where_there_are_some(tmp_path: Path) -> None:
    begun(tmp_path, [FLIGHTS]).end(result("success", 0, [ended(FLIGHTS, 1, 2, circuit="half_open")]))
    assert "attempts circuit rows written" in page_of(RunRecords(tmp_path).report("r1")).text


def test_a_clock_that_was_set_back_is_told(tmp_path: Path) -> None:
    record = begun(tmp_path, [FLIGHTS, LATE])
    record.end(result("success", 0, [ended(FLIGHTS, 1, 2), ended(LATE, -3600, 2)]))
    page = page_of(RunRecords(tmp_path).report("r1"))
    assert "The clock of the machine was set while the run went on" in page.text
    lefts = [float(found[1]) for style in page.every("style") if (found := re.match(r"left: min\((-?[\d.]+)%", style))]
    assert min(lefts) >= 0
    assert max(lefts) <= 100


def test_two_hundred_components_are_all_there(tmp_path: Path) -> None:
    names = large_run(tmp_path)
    began = datetime.datetime.now(datetime.UTC)
    page = page_of(RunRecords(tmp_path).report("r1"))
    assert datetime.datetime.now(datetime.UTC) - began < datetime.timedelta(seconds=20)
    assert {f"component-{name}" for name in names} <= set(page.every("id"))
    assert page.every("class").count("box") == len(names) == 200
    assert "Of 200 components: 200 succeeded." in page.text


def test_the_start_of_spark_is_in_the_timeline(look: Look) -> None:
    assert "start of Spark" in look(failed_run).text
