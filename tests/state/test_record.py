"""The record of a run: durable, folded from lines, honest about a killed run."""

import datetime
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ppf_core.contracts.results import ComponentResult, ErrorInfo, PipelineResult, RunInfo
from ppf_core.errors import ConfigError, RunError, RunLocked
from ppf_core.state import lines
from ppf_core.state.lines import PlanMade
from ppf_core.state.record import RunRecord, new_run_id
from ppf_core.state.store import RunRecords

NOW = datetime.datetime(2026, 1, 31, 23, 59, 59, tzinfo=datetime.UTC)


def info(run_id: str, pipeline: str = "flights") -> RunInfo:
    return RunInfo(
        run_id=run_id,
        pipeline=pipeline,
        version=None,
        environment="dev",
        mode="batch",
        tags={},
        started_at=NOW,
        record_path="",
    )


def component(name: str) -> ComponentResult:
    error = ErrorInfo("ValueError", "no \u2028 such thing")
    return ComponentResult(name=name, kind="source", plugin="csv", distribution="ppf-files", status="failed", error=error)


def result(run_id: str, *components: ComponentResult) -> PipelineResult:
    return PipelineResult(
        run_id=run_id,
        pipeline="flights",
        version=None,
        environment="dev",
        status="failed",
        exit_code=1,
        started_at=NOW,
        ended_at=NOW,
        duration=1.5,
        components=components,
    )


def plan(*names: str) -> PlanMade:
    return PlanMade([{"name": name} for name in names])


def written(record: RunRecord) -> list[dict[str, object]]:
    return [json.loads(line) for line in record.path.read_text().split("\n")[:-1]]


def test_a_finished_run_is_shown_as_its_result_was(tmp_path: Path) -> None:
    store = RunRecords(tmp_path)
    record = store.create("r1")
    record.begin(info("r1"), (), plan("a", "b"))
    record.write(lines.ComponentEnded(component("b")))
    record.write(lines.ComponentEnded(component("a")))
    record.end(result("r1", component("a"), component("b")))
    shown = store.show("r1")
    assert (shown["status"], shown["exit_code"], shown["duration"]) == ("failed", 1, 1.5)
    (listed,) = store.list()
    assert listed.items() <= shown.items()
    assert [each["name"] for each in shown["components"]] == ["a", "b"]
    assert shown["components"][0]["error"] == {"type": "ValueError", "message": "no \u2028 such thing"}
    assert [each.name for each in record.folder.iterdir()] == ["record.jsonl"]


def test_a_component_that_never_started_is_in_the_record_when_the_run_ends(tmp_path: Path) -> None:
    store = RunRecords(tmp_path)
    record = store.create("r1")
    record.begin(info("r1"), (), plan("a", "b"))
    record.write(lines.ComponentEnded(component("a")))
    not_run = ComponentResult(name="b", kind="sink", plugin="csv", distribution="ppf-files", status="not_run")
    record.end(result("r1", component("a"), not_run))
    assert [(each["name"], each["status"]) for each in store.show("r1")["components"]] == [("a", "failed"), ("b", "not_run")]


def test_a_report_knows_the_plan_the_attempts_and_what_was_noted(tmp_path: Path) -> None:
    store = RunRecords(tmp_path)
    record = store.create("r1")
    record.begin(info("r1"), (), replace(plan("a"), settings={"spark": {"master": "local[2]"}}))
    record.write(lines.Pinned("a", "v7"))
    record.write(lines.AttemptEnded("a", 1, "build", NOW, NOW, ErrorInfo("OSError", "gone"), 0.5))
    shown = store.report("r1")
    assert shown["plan"]["settings"] == {"spark": {"master": "local[2]"}}
    assert shown["attempts"][0]["error"] == {"type": "OSError", "message": "gone"}
    assert (shown["noted"]["a"]["pinned"], shown["noted"]["a"]["attempts"]) == ("v7", 1)
    assert (shown["mode"], shown["record_path"]) == ("batch", "")


def test_a_run_that_is_going_on_is_running(tmp_path: Path) -> None:
    store = RunRecords(tmp_path)
    record = store.create("r1")
    record.begin(info("r1"), ())
    assert store.list()[0]["status"] == "running"


def test_a_killed_run_is_interrupted_and_keeps_what_ended(tmp_path: Path) -> None:
    program = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from ppf_core.state.lines import ComponentEnded
from ppf_core.state.store import RunRecords
from test_record import component, info
record = RunRecords(Path(sys.argv[1])).create("r1")
record.begin(info("r1"), ())
record.write(ComponentEnded(component("a")))
record._file.append(b'{"line": "compo')
os.kill(os.getpid(), signal.SIGKILL)
"""
    folder = os.path.dirname(__file__)  # noqa: PTH120
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path), folder], check=False)
    assert killed.returncode == -signal.SIGKILL
    shown = RunRecords(tmp_path).show("r1")
    assert shown["status"] == RunRecords(tmp_path).list()[0]["status"] == "interrupted"
    assert [each["name"] for each in shown["components"]] == ["a"]


def test_a_run_id_is_taken_once(tmp_path: Path) -> None:
    RunRecords(tmp_path).create("r1")
    with pytest.raises(RunLocked, match="'r1' exists already"):
        RunRecords(tmp_path).create("r1")


def test_an_unknown_run_is_named_with_its_near_miss(tmp_path: Path) -> None:
    record = RunRecords(tmp_path).create("nightly-1")
    record.begin(info("nightly-1"), ())
    with pytest.raises(ConfigError, match=r"'nightly-2'.*'nightly-1'"):
        RunRecords(tmp_path).show("nightly-2")


def test_a_state_directory_that_is_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(RunError, match="state"):
        RunRecords(tmp_path / "state").create("r1")


def test_looking_at_a_state_directory_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert RunRecords(tmp_path / "none").list() == []
    assert not (tmp_path / "none").exists()


def test_runs_are_listed_oldest_first_and_by_pipeline(tmp_path: Path) -> None:
    store = RunRecords(tmp_path)
    for run_id, pipeline in (("a", "flights"), ("b", "other"), ("c", "flights")):
        store.create(run_id).begin(info(run_id, pipeline), ())
    assert [head["run_id"] for head in store.list("flights")] == ["a", "c"]


def test_run_ids_sort_by_time_and_differ() -> None:
    assert new_run_id(NOW).startswith("20260131T235959-")
    assert len({new_run_id(NOW) for _ in range(100)}) == 100


def test_lines_of_many_threads_are_whole(tmp_path: Path) -> None:
    record = RunRecords(tmp_path).create("r1")
    record.begin(info("r1"), ())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record.write(lines.Pinned(str(number), "x" * 10_000)), range(400)))
    assert sorted(int(str(line["component"])) for line in written(record)[1:]) == list(range(400))


def test_a_text_that_is_no_unicode_is_recorded(tmp_path: Path) -> None:
    record = RunRecords(tmp_path).create("r1")
    record.begin(info("r1"), ())
    record.write(lines.Pinned("a", os.fsdecode(b"caf\xe9")))
    assert written(record)[1]["pinned"] == "caf\udce9"


@contextmanager
def files_no_longer_than(length: int) -> Iterator[None]:
    """Like a disk that is full: the kernel refuses to make any file of this process longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_that_cannot_be_written_fails_and_spoils_no_other(tmp_path: Path) -> None:
    record = RunRecords(tmp_path).create("r1")
    record.begin(info("r1"), ())
    with (
        files_no_longer_than(record.path.stat().st_size + 20),
        pytest.raises(RunError, match=r"record\.jsonl cannot be written: File too large"),
    ):
        record.write(lines.ComponentEnded(component("a")))
    record.write(lines.ComponentEnded(component("b")))
    assert [line["line"] for line in written(record)] == ["run", "component"]
    assert written(record)[1]["result"]["name"] == "b"


def test_a_run_whose_head_cannot_be_written_leaves_no_trace(tmp_path: Path) -> None:
    store = RunRecords(tmp_path)
    record = store.create("r1")
    with files_no_longer_than(20), pytest.raises(RunError, match="cannot be written"):
        record.begin(info("r1"), ())
    assert not record.folder.exists()
    store.create("r1").begin(info("r1"), ())


ON_A_FULL_DISK = """
import sys
sys.path.insert(0, sys.argv[2])
from dataclasses import replace
from pathlib import Path
from ppf_core.errors import RunError
from ppf_core.state.lines import ComponentEnded
from ppf_core.state.store import RunRecords
from test_record import component, info, plan, result

store = RunRecords(Path(sys.argv[1]))
record = store.create("r1")
record.begin(info("r1"), (), plan("a"))
with open(f"{sys.argv[1]}/big", "wb", buffering=0) as file:
    try:
        while file.write(bytes(1024)):
            pass
    except OSError:
        pass
large = replace(component("a"), status="success", reason="x" * 8192)
try:
    %s
except RunError as error:
    print(error)
record.end(result("r1", large))
shown = store.show("r1")
print(shown["status"], shown["exit_code"], [each["name"] for each in shown["components"]])
"""


def on_a_small_disk(program: str, folder: Path) -> str:
    """What a program prints with `folder` on a disk of 256 KB: a tmpfs that only it can see, so that anybody may mount it."""
    mount = 'mount -t tmpfs -o size=256k none "$1" && exec "$2" -c "$3" "$1" "$4"'
    here = os.path.dirname(__file__)  # noqa: PTH120
    command = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        mount,
        "sh",
        folder,
        sys.executable,
        program,
        here,
    ]
    if shutil.which("unshare") is None or subprocess.run([*command[:4], "true"], check=False).returncode != 0:
        assert os.environ.get("CI") != "true", "CI must allow user namespaces: unshare --user --mount."
        pytest.skip("needs unshare of util-linux, and a kernel that lets users make namespaces")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("record.write(ComponentEnded(large))", id="of a component"),
        pytest.param("record.end(replace(result('r1', large), status='success', exit_code=0))", id="of the end"),
    ],
)
def test_a_line_that_finds_the_disk_full_is_kept_and_the_run_has_failed(line: str, tmp_path: Path) -> None:
    failed, shown = on_a_small_disk(ON_A_FULL_DISK % line, tmp_path).splitlines()
    hint = "Free space there, or set runtime.state_dir."
    assert failed == f"The run's record {tmp_path}/runs/r1/record.jsonl cannot be written: No space left on device. {hint}"
    assert shown == "failed 1 ['a']"


def test_a_state_directory_without_the_right_to_write_is_an_error_that_says_so(forbidden: Path) -> None:
    for ask in (RunRecords(forbidden / ".ppf").require_writable, lambda: RunRecords(forbidden / ".ppf").create("r1")):
        with pytest.raises(RunError, match=r"The state directory .* cannot be written: .*Permission denied") as raised:
            ask()
        assert raised.value.hint == "Make it writable, or set runtime.state_dir."


def test_asking_whether_a_state_directory_can_be_written_makes_none(tmp_path: Path) -> None:
    RunRecords(tmp_path / "state").require_writable()
    assert list(tmp_path.iterdir()) == []


def test_a_state_directory_without_the_right_to_read_is_an_error_that_says_so(forbidden: Path) -> None:
    with pytest.raises(RunError, match=r"The state directory .* cannot be read: .*Permission denied"):
        RunRecords(forbidden / ".ppf").list()
