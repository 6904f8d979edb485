"""What a person sees while a run goes on: lines in a pipe, a live display on a real pseudo-terminal."""

import datetime
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ppf_core.cli.progress import LineProgress, QuietProgress
from ppf_core.contracts.results import ComponentInfo, ComponentResult, PipelineResult, RunInfo, StreamProgress
from ppf_core.errors import Problem
from ppf_core.state.events import (
    ComponentEnded,
    ComponentStarted,
    RunEnded,
    RunStarted,
    StepStarted,
    StreamProgressed,
    Warned,
)

NOW = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
RUN = RunInfo(
    run_id="r1", pipeline="flights", version=None, environment="dev", mode="batch", tags={}, started_at=NOW, record_path="/r1"
)
OUT = ComponentInfo(name="out", kind="sink", plugin="csv", distribution="acme", inputs={}, datasets=(), options={})
ENDED = ComponentResult(
    name="out", kind="sink", plugin="csv", distribution="acme", status="success", duration=1.25, rows_written=7
)
RESULT = PipelineResult(
    run_id="r1",
    pipeline="flights",
    version=None,
    environment="dev",
    status="success",
    exit_code=0,
    started_at=NOW,
    ended_at=NOW,
    duration=2.0,
)
EVENTS = [
    RunStarted(RUN, (OUT,)),
    ComponentStarted(OUT),
    StepStarted("out", "stage"),
    Warned(Problem(code="w", message="Look out.")),
    StepStarted("out", "publish"),
    ComponentEnded(OUT, ENDED, started=True),
    RunEnded(RUN, RESULT),
    Warned(Problem(code="hook", message="The last hook failed.")),
]


def test_lines_tell_what_happens():
    lines: list[str] = []
    for event in EVENTS:
        LineProgress(lines.append)(event)
    assert lines == [
        "Run r1 of flights: 1 component",
        "out: started",
        "warning: Look out.",
        "out: publish",
        "out: success, 7 rows, 1.2 s",
        "warning: The last hook failed.",
    ]


BATCH = StreamProgress(
    query="ticks", batch_id=12, started_at=NOW, duration=0.84, input_rows=1000, input_rate=500.0, output_rate=1190.5
)
LATE = replace(BATCH, query="late", duration=2.5, trigger=1.0, lag=7.0, state_rows=1200, bad_rows=3)


def test_a_query_tells_of_a_batch_once_in_a_while_however_many_sinks_and_batches_it_has():
    lines: list[str] = []
    display = LineProgress(lines.append)
    for batch in (BATCH, LATE, BATCH, replace(BATCH, batch_id=13)):
        display(StreamProgressed(OUT, batch))
    assert lines == [
        "ticks: batch 12, 1,000 rows, 500.0 rows/s in, 1,190.5 rows/s out, 0.8 s",
        "late: batch 12, 1,000 rows, 500.0 rows/s in, 1,190.5 rows/s out, 2.5 s (trigger 1.0 s), lag 7, 1,200 rows of state, "
        "3 bad rows",
    ]


def test_who_wants_no_progress_still_hears_of_warnings_at_the_end():
    lines: list[str] = []
    with QuietProgress(lines.append) as display:
        for event in EVENTS:
            display(event)
        assert lines == []
    assert lines == ["warning: Look out.", "warning: The last hook failed."]


def on_a_terminal(code: str, **environ: str) -> str:
    """What a Python program shows on a real pseudo-terminal."""
    controller, terminal = pty.openpty()
    every = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "PYTHONPATH": os.pathsep.join(sys.path), **environ}
    with subprocess.Popen([sys.executable, "-c", code], stdin=terminal, stdout=terminal, stderr=terminal, env=every) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                chunk = os.read(controller, 65536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not chunk:
                break
            shown += chunk
        assert process.wait(timeout=30) == 0
    os.close(controller)
    return shown.decode()


LIVE = f"""
import importlib.util, sys, time
specification = importlib.util.spec_from_file_location("events", {str(Path(__file__))!r})
events = importlib.util.module_from_spec(specification)
specification.loader.exec_module(events)
from ppf_core.cli.output import Output
from ppf_core.cli.progress import progress
with progress(Output(), wanted=True) as display:
    for event in events.EVENTS:
        display(event)
        if type(event).__name__ == "StepStarted":
            print("x" * 150)
            time.sleep(0.3)
"""


def test_a_terminal_shows_live_what_is_at_work():
    shown = on_a_terminal(LIVE)
    assert "\x1b[" in shown
    assert "0 of 1 ended" in shown
    assert "stage" in shown
    assert "out: success, 7 rows, 1.2 s" in shown
    assert "warning: The last hook failed." in shown


def test_a_terminal_shows_the_queries_of_a_stream_in_the_place_of_its_components():
    stream = LIVE.replace(
        "events.EVENTS", "[*events.EVENTS[:2], events.StreamProgressed(events.OUT, events.BATCH), *events.EVENTS[2:]]"
    )
    shown = on_a_terminal(stream)
    assert "ticks: batch 12" in shown
    assert "sink" not in shown


def test_what_plugins_print_stays_whole_above_the_live_display():
    assert "x" * 150 in on_a_terminal(LIVE)


def test_no_color_holds_for_the_live_display():
    assert "\x1b[32m" in on_a_terminal(LIVE)
    assert "\x1b[32m" not in on_a_terminal(LIVE, NO_COLOR="1")


TABLE = "from ppf_core.cli.main import main; main(['plugins', 'list'])"


def test_a_terminal_gets_a_drawn_table():
    assert "─" in on_a_terminal(TABLE)


def test_a_dumb_terminal_gets_plain_lines():
    assert "─" not in on_a_terminal(TABLE, TERM="dumb")


def test_problems_are_red_on_a_terminal_unless_no_color_is_set():
    wrong = "from ppf_core.cli.main import main; main(['rnu'])"
    assert "\x1b[31m" in on_a_terminal(wrong)
    assert "\x1b[31m" not in on_a_terminal(wrong, NO_COLOR="1")


def test_a_table_on_a_terminal_has_no_escape_when_colour_is_unwanted():
    assert "\x1b" in on_a_terminal(TABLE)
    assert "\x1b" not in on_a_terminal(TABLE, NO_COLOR="1")
