"""The textfile: whole at any moment, for any reader, and nothing lost, however many write."""

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ppf_prometheus.readings import RUN_SECONDS, RUNS, Family, Reading
from ppf_prometheus.textfile import Textfile
from programs import get
from prometheus_client.parser import text_string_to_metric_families

RUN = Reading(RUNS, ("flights", "success"), 1)


def add(path: Path, *readings: Reading) -> None:
    """What one run does to a textfile."""
    textfile = Textfile(path, interval=0)
    textfile.note(readings)
    textfile.renew()


def value(path: Path, family: Family = RUNS) -> float:
    """The only sample of a metric."""
    metrics = text_string_to_metric_families(path.read_bytes().decode())
    (found,) = [sample.value for metric in metrics for sample in metric.samples if sample.name == family.name]
    return found


def test_counters_add_up_over_runs_and_gauges_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ppf.prom"
    for seconds in (5, 5, 3):
        add(path, RUN, Reading(RUN_SECONDS, ("flights",), seconds))
    assert (value(path), value(path, RUN_SECONDS)) == (3, 3)


def test_renewing_twice_counts_once(tmp_path: Path) -> None:
    textfile = Textfile(tmp_path / "ppf.prom", interval=0)
    textfile.note([RUN])
    textfile.renew()
    textfile.renew()
    textfile.note([RUN])
    textfile.renew()
    assert value(tmp_path / "ppf.prom") == 2


def test_a_gauge_that_another_run_renewed_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "ppf.prom"
    older = Textfile(path, interval=0)
    older.note([Reading(RUN_SECONDS, ("flights",), 5)])
    older.renew()
    add(path, Reading(RUN_SECONDS, ("flights",), 3))
    older.note([RUN])
    older.renew()
    assert value(path, RUN_SECONDS) == 3


def add_many(path: Path, count: int) -> None:
    for _ in range(count):
        add(path, RUN)


def test_several_processes_at_once_lose_nothing_and_no_reader_sees_a_part(tmp_path: Path) -> None:
    path, writers, count = tmp_path / "ppf.prom", 3, 60
    add(path, Reading(RUN_SECONDS, ("flights",), 1), RUN)
    fresh = multiprocessing.get_context("spawn")
    processes = [fresh.Process(target=add_many, args=(path, count)) for _ in range(writers)]
    for process in processes:
        process.start()
    seen = [value(path)]
    while any(process.is_alive() for process in processes):
        seen.append(value(path))
        assert value(path, RUN_SECONDS) == 1
    assert [process.exitcode for process in processes] == [0] * writers
    assert seen == sorted(seen)
    assert value(path) == 1 + writers * count


def test_a_writer_that_is_killed_harms_nobody(tmp_path: Path) -> None:
    path = tmp_path / "ppf.prom"
    add(path, RUN)
    program = (
        "import sys; from pathlib import Path; from ppf_prometheus.textfile import Textfile\n"
        "from ppf_prometheus.readings import RUNS, Reading\n"
        "textfile = Textfile(Path(sys.argv[1]), 0)\n"
        "while True: textfile.note([Reading(RUNS, ('flights', 'success'), 1)]); textfile.renew()"
    )
    for _ in range(3):
        before = value(path)
        with subprocess.Popen([sys.executable, "-c", program, path]) as process:
            while value(path) < before + 3:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        after = value(path)
        add(path, RUN)
        assert value(path) == after + 1


def test_what_could_not_be_written_is_written_the_next_time(tmp_path: Path) -> None:
    textfile = Textfile(tmp_path / "metrics" / "ppf.prom", interval=0)
    (tmp_path / "metrics").write_text("in the way")
    textfile.note([RUN])
    with pytest.raises(OSError, match=r"The textfile '.*/ppf.prom' cannot be written: .* correct 'textfile'\."):
        textfile.renew()
    (tmp_path / "metrics").unlink()
    textfile.renew()
    assert value(tmp_path / "metrics" / "ppf.prom") == 1


@pytest.mark.parametrize(
    "text", ["# TYPE node_load1 gauge\nnode_load1 0.5\n", "no metric at all {\n", "ppf_pipeline_runs_total 1\n"]
)
def test_a_file_that_is_not_ours_is_left_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ppf.prom"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"The textfile '.*/ppf.prom' cannot be continued: .* a file of its own"):
        add(path, RUN)
    assert path.read_text() == text


def test_other_users_can_read_it_unless_somebody_decided_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "ppf.prom"
    before = os.umask(0o022)
    try:
        add(path, RUN)
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        path.chmod(0o640)
        add(path, RUN)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_labels_may_hold_any_text(tmp_path: Path) -> None:
    odd = Reading(RUNS, ('a\r"b\\\n{c} \u2028', "success"), 1)
    add(tmp_path / "ppf.prom", odd)
    add(tmp_path / "ppf.prom", odd)
    assert value(tmp_path / "ppf.prom") == 2


def test_it_is_due_after_its_interval(tmp_path: Path) -> None:
    assert Textfile(tmp_path / "ppf.prom", interval=0).is_due()
    assert not Textfile(tmp_path / "ppf.prom", interval=60).is_due()


def test_the_node_exporter_reads_it_and_nothing_that_lies_beside_it(node_exporter: tuple[Path, str]) -> None:
    folder, url = node_exporter
    add(folder / "ppf.prom", RUN)
    exposed = get(url)
    assert 'ppf_pipeline_runs_total{pipeline="flights",status="success"} 1' in exposed
    assert "node_textfile_scrape_error 0" in exposed
    assert exposed.count("node_textfile_mtime_seconds{") == 1
