"""The simulated disk: it does what a real one does, and goes wrong where a test says so."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from simulated_disk import Platter, SimulatedDisk, What
from simulated_threads import KILLED, SimulatedThreads, seeded

from ppf_core.config.model import CircuitBreakerConfig
from ppf_core.contracts.context import WriteId
from ppf_core.contracts.results import PipelineResult, RunInfo
from ppf_core.errors import RunError
from ppf_core.state import lines
from ppf_core.state.breaker import CircuitBreaker
from ppf_core.state.cursors import Cursors
from ppf_core.state.record import RunRecord
from ppf_core.state.store import RunRecords
from ppf_core.storage.state_files import StateFiles, held_alone, using_state_files
from ppf_core.threads import using_threads

ROOT = Path("/pipelines")
STATE = ROOT / ".ppf"


# ---- like a real one

Operation = tuple[str, Callable[[StateFiles, Path], Any]]


def operations(root: Path, chance: random.Random) -> Operation:
    """One thing that may be done, with few names, so that they meet."""
    path = root / chance.choice(["a", "b", "a/c", "a/d", "a/c/e", "b/c"])
    choices: list[Operation] = [
        ("read", lambda files, path: files.read(path)),
        ("names", lambda files, path: files.names(path)),
        ("look", lambda files, path: (files.exists(path), files.is_file(path), files.is_folder(path))),
        ("is_locked", lambda files, path: files.is_locked(path)),
        ("write", lambda files, path: files.write(path, "text\n")),
        ("reserve", lambda files, path: files.reserve(path, 3)),
        ("mark", lambda files, path: files.mark(path)),
        ("remove", lambda files, path: files.remove(path)),
        ("make_folder", lambda files, path: files.make_folder(path)),
        ("make_new_folder", lambda files, path: files.make_new_folder(path)),
        ("remove_folder", lambda files, path: files.remove_folder(path)),
        ("remove_some", lambda files, path: files.remove_folder(path, as_far_as_possible=True)),
        ("remove_empty_folder", lambda files, path: files.remove_empty_folder(path)),
        ("require_writable", lambda files, path: files.require_writable(path)),
        ("sync_folder", lambda files, path: files.sync_folder(path)),
        ("create", lambda files, path: used(files.create(path))),
        ("reopen", lambda files, path: used(files.reopen(path))),
        ("open_lock", lambda files, path: locked_twice(files, path, is_new=False)),
        ("new_lock", lambda files, path: locked_twice(files, path, is_new=True)),
    ]
    name, act = chance.choice(choices)
    return f"{name} {path}", lambda files, _root: act(files, path)


def used(file: Any) -> tuple[bool, bool]:
    was_torn, held = file.is_torn(), file.try_lock()
    file.append(b"one\ntorn")
    file.close()
    return was_torn, held


def locked_twice(files: StateFiles, path: Path, *, is_new: bool) -> list[bool]:
    first = files.open_lock(path, is_new=is_new)
    second = files.open_lock(path)
    told = [first.try_lock(), second.try_lock(), files.is_locked(path)]
    first.unlock()
    told += [second.try_lock(), first.try_lock()]
    second.close()
    told += [files.is_locked(path)]
    first.close()
    return told


def outcome(act: Callable[[StateFiles, Path], Any], files: StateFiles, root: Path) -> Any:
    try:
        return act(files, root)
    except OSError as error:
        return error.errno


@pytest.mark.parametrize("seed", range(100))
def test_it_does_what_the_real_one_does(seed: int, tmp_path: Path) -> None:
    platter = Platter(tmp_path)
    real, simulated, chance = StateFiles(), SimulatedDisk(platter), random.Random(seed)  # noqa: S311 -- no secret
    for _ in range(60):
        name, act = operations(tmp_path, chance)
        assert outcome(act, simulated, tmp_path) == outcome(act, real, tmp_path), name
        found = {str(path.relative_to(tmp_path)): path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file()}
        assert platter.texts() == found, name


# ---- what goes wrong


@contextmanager
def process(platter: Platter, seed: int = 0) -> Iterator[tuple[SimulatedThreads, SimulatedDisk]]:
    threads = SimulatedThreads(seeded(seed))
    disk = SimulatedDisk(platter, threads)
    with using_threads(threads), using_state_files(disk):
        yield threads, disk


HEAD: dict[str, Any] = {"pipeline": "flights", "version": None, "environment": "dev", "started_at": SimulatedThreads().now()}


def info(run_id: str) -> RunInfo:
    return RunInfo(run_id=run_id, mode="batch", tags={}, record_path="", **HEAD)


def result(run_id: str) -> PipelineResult:
    now = HEAD["started_at"]
    return PipelineResult(run_id=run_id, status="success", exit_code=0, ended_at=now, duration=1.0, **HEAD)


def began(run_id: str) -> RunRecord:
    record = RunRecords(STATE).create(run_id)
    record.begin(info(run_id), (), lines.PlanMade(settings={"file": "f.conf"}), {"name": "flights"})
    return record


def some_run(run_id: str = "r1") -> None:
    """All that a run does with the state directory."""
    record = began(run_id)
    write = WriteId("flights/r1/out", 0)
    record.write(lines.Staging("out", write))
    record.write(lines.Staged("out", write, {}))
    record.write(lines.Committed([write], [lines.Move("in", {"k": "1"}, [write])]))
    record.write(lines.Published("out", write))
    Cursors(STATE, "flights").move({"in": {"k": "1"}})
    record.write(lines.CursorsCommitted(["in"]))
    breaker = CircuitBreaker(STATE, "flights", "out", CircuitBreakerConfig(failure_threshold=1))
    if breaker.admit(run_id).allowed:
        breaker.failed()
    record.end(result(run_id))


def effects_of(program: Callable[[], Any]) -> int:
    with process(Platter(ROOT)) as (threads, disk):
        threads.run(program)
    return len(disk.effects)


@pytest.mark.parametrize("what", ["killed before", "killed within", "killed after"])
def test_whatever_effect_a_process_dies_at_the_next_one_finds_its_state_in_order(what: What) -> None:
    count = effects_of(some_run)
    assert count > 30
    for number in range(count):
        platter = Platter(ROOT)
        with process(platter) as (threads, disk):
            disk.strike(number, what)
            assert threads.run(some_run) == KILLED
            assert len(disk.effects) == number + 1
        with process(platter):
            store = RunRecords(STATE)
            assert {run["status"] for run in store.list()} <= {"interrupted", "publishing", "success"}
            for run in store.list():
                if run["status"] != "success":
                    record = store.reopen(run["run_id"])
                    record.write(lines.CursorsCommitted(["in"]))
                    record.release()
                    assert record.journal.pipeline == "flights"
            assert Cursors(STATE, "flights").read() in ({}, {"in": {"k": "1"}})


@pytest.mark.parametrize(("what", "lasts"), [("full", 1), ("full", 1000), ("broken", 1)])
def test_whatever_effect_is_refused_the_run_says_so_and_its_state_is_in_order(what: What, lasts: int) -> None:
    for number in range(effects_of(some_run)):
        platter = Platter(ROOT)
        with process(platter) as (threads, disk):
            disk.strike(number, what, lasts)
            with suppress(RunError):
                assert threads.run(some_run) is None
        platter.room = None
        with process(platter):
            store = RunRecords(STATE)
            assert {run["status"] for run in store.list()} <= {"interrupted", "publishing", "success", "failed"}
            some_run("r2")
            assert Cursors(STATE, "flights").read() == {"in": {"k": "1"}}


def test_a_line_in_which_a_kill_comes_is_torn() -> None:
    platter = Platter(ROOT)
    with process(platter) as (threads, disk):
        disk.strike([effect.kind for effect in effects()].index("append"), "killed within")
        assert threads.run(some_run) == KILLED
    (text,) = [text for path, text in platter.texts().items() if path.endswith("record.jsonl")]
    assert text.startswith('{"line": "run"')
    assert not text.endswith("\n")


def effects() -> list[Any]:
    with process(Platter(ROOT)) as (threads, disk):
        threads.run(some_run)
    return disk.effects


def test_a_lock_is_free_once_its_process_is_dead() -> None:
    platter = Platter(ROOT)
    with process(platter) as (threads, _):

        def hold() -> None:
            with held_alone(ROOT / "lock", 1):
                threads.kill()

        assert threads.run(hold) == KILLED
    with process(platter) as (threads, _), held_alone(ROOT / "lock", 1):
        assert threads.machine.seconds == 0


def test_whoever_holds_a_lock_for_too_long_is_named_and_the_others_wait_without_losing_time() -> None:
    with process(Platter(ROOT)) as (threads, _):

        def hold() -> None:
            with held_alone(ROOT / "lock", 1):
                threads.sleep(1000)

        def wait() -> float:
            threads.start(hold, "holder")
            threads.sleep(1)
            with (
                pytest.raises(RunError, match="Another process holds '/pipelines/lock' for more than 10 s"),
                held_alone(ROOT / "lock", 10),
            ):
                pass
            return threads.monotonic()

        assert threads.run(wait) == pytest.approx(11, abs=0.1)


def test_a_dead_process_changes_nothing_any_more() -> None:
    platter = Platter(ROOT)
    with process(platter) as (threads, disk):

        def live_on() -> None:
            try:
                threads.kill()
            except BaseException:  # noqa: BLE001 -- as a handler in the kernel may do
                disk.write(ROOT / "file", "late")

        assert threads.run(live_on) == KILLED
    assert platter.texts() == {}


def test_the_same_seed_gives_the_same_effects() -> None:
    def program(threads: SimulatedThreads) -> None:
        for each in [threads.start(lambda name=name: some_run(name), name) for name in ("a", "b", "c")]:  # type: ignore[misc]
            each.join()

    def done(seed: int) -> list[Any]:
        with process(Platter(ROOT), seed) as (threads, disk):
            threads.run(lambda: program(threads))
        assert threads.crashes == []
        return disk.effects

    assert done(1) == done(1) != done(2)
