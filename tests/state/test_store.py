"""Looking at runs while another process removes them: whatever is gone by then is passed over."""

import datetime
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from simulated_disk import Platter, SimulatedDisk
from simulated_threads import SimulatedThreads, seeded
from test_record import component, info, plan, result

from ppf_core.errors import ConfigError
from ppf_core.runs.replay import find_quarantined
from ppf_core.state.lines import ComponentEnded
from ppf_core.state.store import RunRecords
from ppf_core.storage.state_files import state_files, using_state_files
from ppf_core.threads import threads, using_threads
from ppf_core.verbs.cleaning import find_old, remove

STATE = Path("/pipelines/.ppf")
RUNS = ("r1", "r2", "r3")


def ended(store: RunRecords, run_id: str) -> None:
    record = store.create(run_id)
    record.begin(info(run_id), (), plan("a"), {"name": "flights"})
    record.write(ComponentEnded(component("a")))
    record.end(result(run_id, component("a")))


def clean(store: RunRecords) -> None:
    remove(store, find_old(store, threads().now() + datetime.timedelta(days=1)), lambda _log, _redact: nullcontext())


def show(store: RunRecords, look: Callable[[str], Any]) -> None:
    for run_id in RUNS:
        with suppress(ConfigError):  # there is no such run any more
            look(run_id)


LOOKS: dict[str, Callable[[RunRecords], Any]] = {
    "list": lambda store: store.list(),
    "unfinished": lambda store: store.unfinished(),
    "dead": lambda store: store.dead(),
    "show": lambda store: show(store, store.show),
    "report": lambda store: show(store, store.report),
    "reopen": lambda store: show(store, lambda run_id: store.reopen(run_id).release()),
    "find quarantined": find_quarantined,
    "clean": clean,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_runs_that_vanish_while_somebody_looks_are_passed_over(look: Callable[[RunRecords], Any]) -> None:
    for seed in range(40):
        simulation = SimulatedThreads(seeded(seed))
        with using_threads(simulation), using_state_files(SimulatedDisk(Platter(STATE.parent), simulation)):
            simulation.run(lambda: beside(look))
        assert simulation.crashes == []


def beside(look: Callable[[RunRecords], Any]) -> None:
    store = RunRecords(STATE)
    for run_id in RUNS:
        ended(store, run_id)
    cleaning = threads().start(lambda: clean(store), "clean")
    while cleaning.is_alive():
        look(store)
        threads().sleep(0.001)
    clean(store)  # it passed over what was held
    assert store.list() == []


def test_a_run_that_goes_on_while_old_ones_are_removed_stays_whole() -> None:
    def goes_on(store: RunRecords, whole: list[bool]) -> None:
        with suppress(ConfigError):  # it came too late
            record = store.reopen("r1")
            threads().sleep(60)
            whole.append(state_files().is_file(record.path))

    def program() -> list[bool]:
        store, whole = RunRecords(STATE), list[bool]()
        ended(store, "r1")
        both = [threads().start(lambda: clean(store), "clean"), threads().start(lambda: goes_on(store, whole), "goes on")]
        for each in both:
            each.join()
        return whole

    for seed in range(200):
        simulation = SimulatedThreads(seeded(seed))
        with using_threads(simulation), using_state_files(SimulatedDisk(Platter(STATE.parent), simulation)):
            assert simulation.run(program) in ([], [True])
        assert simulation.crashes == []
