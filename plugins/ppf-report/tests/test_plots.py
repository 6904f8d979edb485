"""The plots of a stream: what is known becomes a line, and nothing is drawn of what is not."""

import datetime
from typing import Any

from ppf_report.page import render
from ppf_report.plots import HEIGHT, WIDTH, stream_plots
from records import BEGAN, NOW, failed_run, later

from ppf_core.state.documents import to_document
from ppf_core.state.store import RunRecords


def point(number: int, **known: Any) -> dict[str, Any]:
    keys = ("input_rate", "output_rate", "lag", "state_rows")
    facts = {"first": number, "last": number, "batches": 1, "duration": 0.5, "input_rows": 10, "bad_rows": 0}
    return {**facts, **dict.fromkeys(keys), "started_at": to_document(later(10 * number)), **known}


def query(*points: dict[str, Any], **known: Any) -> dict[str, Any]:
    facts = {"query": "ticks", "sinks": ["out"], "batches": len(points), "input_rows": 10 * len(points), "bad_rows": 0}
    return {**facts, "last": {"trigger": None}, "points": list(points), **known}


def test_what_is_known_of_batches_becomes_lines_over_time() -> None:
    plots = stream_plots(query(point(0, input_rate=20.0), point(1, input_rate=40.0, duration=2.0), point(3, input_rate=0.0)))
    time, rate = plots.plots
    assert plots.summary == "3 batches, 30 rows, 0 bad rows, to out"
    assert (time.title, time.top, rate.title, rate.top) == ("Time of a batch", "2.0 s", "Rows per second", "50")
    (line,) = rate.lines
    assert line.path == f"M0 {HEIGHT * 0.6:g} L{round(WIDTH / 3, 1):g} {HEIGHT * 0.2:g} L{WIDTH:g} {HEIGHT:g}"
    assert line.label == "in"


def test_the_trigger_is_drawn_where_batches_should_stay_below() -> None:
    (plot,) = stream_plots(query(point(0), point(1), last={"trigger": 1.0})).plots
    assert (plot.top, plot.mark) == ("1.0 s", (0.0, "trigger 1.0 s"))


def test_a_value_that_stands_alone_is_a_dot() -> None:
    _, plot = stream_plots(query(point(0, lag=4.0), point(1), point(2, lag=2.0), point(3, lag=1.0))).plots
    (line,) = plot.lines
    assert line.dots == ((0.0, round(HEIGHT * 0.2, 1)),)
    assert line.path.count("M") == 1


def test_a_clock_that_was_set_back_draws_no_line_to_the_left() -> None:
    earlier = to_document(BEGAN - datetime.timedelta(seconds=5))
    (plot,) = stream_plots(query(point(0), point(2), point(0, started_at=earlier), point(4))).plots
    across = [float(place.lstrip("ML").split()[0]) for place in plot.lines[0].path.split(" L")]
    assert across == sorted(across)


def test_bad_rows_are_drawn_once_there_are_some() -> None:
    assert [plot.title for plot in stream_plots(query(point(0, bad_rows=3), point(1), bad_rows=3)).plots][
        -1
    ] == "Bad rows of a batch"


def test_a_query_without_a_batch_has_no_plots() -> None:
    assert stream_plots(query(last=None)).plots == ()


def test_the_page_of_a_stream_has_its_plots_and_that_of_a_batch_run_has_none(tmp_path: Any) -> None:
    failed_run(tmp_path)
    report = RunRecords(tmp_path).report("r1")
    assert "Batches" not in render(report, NOW)
    page = render({**report, "streams": [query(point(0), point(1), query="<ticks>")]}, NOW)
    assert "<h3>&lt;ticks&gt;</h3>" in page
    assert page.count('<figure class="plot">') == 1
