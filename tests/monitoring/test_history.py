"""What is kept of the batches of a stream stays small, however long it runs."""

import datetime
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ppf_core import StreamProgress
from ppf_core.monitoring import history as module
from ppf_core.monitoring.history import HISTORY, History, last_batches, read_history

BEGAN = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
BATCH = StreamProgress(query="ticks", batch_id=0, started_at=BEGAN, duration=0.5, input_rows=10, output_rate=20.0, bad_rows=1)


def batch(number: int) -> StreamProgress:
    return replace(BATCH, batch_id=number, started_at=BEGAN + datetime.timedelta(seconds=number), state_rows=number)


def kept(folder: Path, batches: int) -> History:
    history = History(folder, {"ticks": ["out"]})
    for number in range(batches):
        history.add(batch(number))
    history.keep(is_last=True)
    return history


def test_a_hundred_thousand_batches_make_a_small_file_that_forgets_no_row_and_no_day(tmp_path: Path) -> None:
    kept(tmp_path, 100_000)
    assert (tmp_path / HISTORY).stat().st_size < 80_000
    (query,) = read_history(tmp_path)
    points = query["points"]
    assert (query["batches"], query["input_rows"], query["bad_rows"]) == (100_000, 1_000_000, 100_000)
    assert sum(each["input_rows"] for each in points) == 1_000_000
    assert [each["first"] for each in points[1:]] == [each["last"] + 1 for each in points[:-1]]
    assert {each["batches"] for each in points[-60:]} == {1}
    assert max(each["batches"] for each in points) < 3000
    assert (points[0]["started_at"], points[0]["duration"], points[-1]["state_rows"]) == (
        "2026-01-31T00:00:00.000Z",
        0.5,
        99_999,
    )


def test_a_few_batches_are_kept_as_they_were(tmp_path: Path) -> None:
    kept(tmp_path, 3)
    (query,) = read_history(tmp_path)
    assert [each["first"] for each in query["points"]] == [0, 1, 2]
    assert query["points"][1]["output_rate"] == 20.0
    assert query["points"][1]["input_rate"] is None
    assert last_batches(tmp_path) == [{key: value for key, value in query.items() if key != "points"}]


def test_it_is_written_once_a_second_and_only_when_there_is_something_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "threads", lambda: SimpleNamespace(monotonic=lambda: clock.now))
    history = History(tmp_path, {"ticks": ["out"]})
    written = []
    for step in range(40):
        clock.now += 0.1
        history.add(batch(step))
        history.keep()
        written.append(json.loads((tmp_path / HISTORY).read_text())["queries"][0]["batches"])
    assert len(set(written)) == 4
    clock.now += 10
    history.keep()
    (tmp_path / HISTORY).unlink()
    history.keep(is_last=True)
    assert not (tmp_path / HISTORY).exists()


def test_a_batch_of_which_spark_tells_twice_counts_once(tmp_path: Path) -> None:
    history = kept(tmp_path, 2)
    assert history.knows(batch(1))
    assert not history.knows(batch(2))


def test_of_a_batch_run_nothing_is_known(tmp_path: Path) -> None:
    assert read_history(tmp_path) == []


def test_a_query_that_begins_anew_within_a_run_counts_on(tmp_path: Path) -> None:
    history = kept(tmp_path, 2)
    again = replace(batch(0), started_at=batch(2).started_at)
    assert not history.knows(again)
    history.add(again)
    assert history.queries["ticks"].batches == 3
