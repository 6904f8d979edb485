"""Archives of Spark's classes: which one fits, when there can be none, and that none of them fails a run."""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ppf_core.jvm import archive_job
from ppf_core.jvm.archive_job import make
from ppf_core.jvm.class_archive import ClassArchive, archive_options, class_archive, look_of

OPTIONS = "spark.driver.extraJavaOptions"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and nothing of the environment that decides about archives."""
    for name in ("PPF_ARCHIVE", "SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR", "JAVA_TOOL_OPTIONS", "SPARK_SUBMIT_OPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "ppf" / "classes"


def sealed(archive: ClassArchive, text: str = "classes") -> ClassArchive:
    """An archive that looks as if it had just been made."""
    archive.file.parent.mkdir(parents=True, exist_ok=True)
    archive.file.write_text(text)
    archive.file.chmod(0o600)
    archive.seal.write_text(json.dumps(look_of(archive.file)))
    return archive


def test_there_is_none_at_first_and_it_is_worth_making() -> None:
    archive = class_archive({})
    assert (archive.obstacle, archive.is_sound, archive.is_worth_making, archive_options(archive)) == (None, False, True, ())


def test_one_that_is_as_it_was_made_is_used_in_silence() -> None:
    archive = sealed(class_archive({}))
    assert not archive.is_worth_making
    assert archive_options(archive) == (
        f"-XX:SharedArchiveFile={archive.file}",
        "-Xlog:cds=off",
        "-Xlog:cds+dynamic=off",
    )


def test_who_asks_for_one_waits_while_another_process_makes_one(cache: Path) -> None:
    archive = class_archive({})
    cache.mkdir(parents=True)
    with ThreadPoolExecutor() as pool, (cache / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert make({}) is None
        waiting = pool.submit(make, {}, waits=True)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        sealed(archive, "classes of the other process")
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert waiting.result() is None
    assert archive.file.read_text() == "classes of the other process"


@pytest.mark.parametrize("harm", ["shorter", "other bytes", "others may write it", "gone", "no seal", "odd seal"])
def test_one_that_somebody_touched_is_not_used_and_made_again(harm: str) -> None:
    archive = sealed(class_archive({}))
    match harm:
        case "shorter":
            archive.file.write_text("class")
        case "other bytes":
            before = archive.file.stat()
            archive.file.write_text("Classes")
            os.utime(archive.file, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "others may write it":
            archive.file.chmod(0o666)
        case "gone":
            archive.file.unlink()
        case "no seal":
            archive.seal.unlink()
        case "odd seal":
            archive.seal.write_text("{")
    assert (archive_options(archive), archive.is_worth_making) == ((), True)


@pytest.mark.parametrize(
    "conf",
    [
        {OPTIONS: "-XX:+UseZGC"},
        {"spark.driver.memory": "40g"},
        {"spark.driver.extraClassPath": "/opt/more.jar"},
        {OPTIONS: "-XX:-UseCompressedOops"},
    ],
)
def test_other_options_heaps_and_class_paths_need_another_one(conf: Mapping[str, str]) -> None:
    assert class_archive(conf).file != class_archive({}).file


def test_the_settings_of_a_pipeline_need_no_other_one() -> None:
    conf = {"spark.app.name": "flights", "spark.driver.memory": "4g", "spark.sql.shuffle.partitions": "2"}
    assert class_archive(conf).file == class_archive({}).file


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PPF_ARCHIVE", "off", "PPF_ARCHIVE is off."),
        ("JAVA_TOOL_OPTIONS", "-Xshare:off", "name an archive, or forbid it"),
        ("SPARK_SUBMIT_OPTS", "-XX:SharedArchiveFile=mine.jsa", "name an archive, or forbid it"),
    ],
)
def test_whoever_decides_otherwise_is_heard(name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    archive = sealed(class_archive({}))
    assert reason in (archive.obstacle or "")
    assert (archive_options(archive), archive.is_worth_making, make({})) == ((), False, archive.obstacle)


def test_a_folder_with_files_on_the_class_path_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "hadoop"
    folder.mkdir()
    monkeypatch.setenv("HADOOP_CONF_DIR", str(folder))
    assert class_archive({}).obstacle is None
    (folder / "core-site.xml").touch()
    assert str(folder) in (class_archive({}).obstacle or "")


def test_what_failed_is_told_and_not_tried_again_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:NoSuchOption")
    archive = class_archive({})
    reason = make({})
    assert (archive.why_failed, archive.is_worth_making) == (reason, False)
    assert reason is not None
    yesterday = time.time() - 25 * 3600
    os.utime(archive.failure, (yesterday, yesterday))
    assert (archive.why_failed, archive.is_worth_making) == (None, True)


def test_a_cache_that_cannot_be_written_is_told(cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.touch()
    assert str(cache) in (make({}) or "")


def test_the_ones_that_were_used_last_are_kept(cache: Path) -> None:
    for number in range(6):
        archive = sealed(ClassArchive(cache / f"{number}.jsa"))
        os.utime(archive.seal, (number, number))
    ClassArchive(cache / "0.jsa").mark_used()
    archive_job._make_room(cache)
    assert sorted(each.name for each in cache.iterdir()) == [
        f"{number}.{suffix}" for number in (0, 3, 4, 5) for suffix in ("jsa", "seal")
    ]


JOB = """
from ppf_core.spark.session import SessionRequest, open_session
session = open_session(SessionRequest(app_name="a", master="local[1]", conf={"spark.ui.enabled": "false"}, is_quick=True))
told = [str(session.spark.range(3).count())]
arguments = session.spark._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()
told += (each for each in arguments if each.startswith(("-XX:S", "-XX:+Use", "-XX:Tiered", "-XX:Reserved")))
open("told", "w").write(" ".join(told))
session.close()
"""


def job(folder: Path, **environment: str) -> list[str]:
    """A small job in a process of its own: what it tells, and what a JVM says of its archive."""
    command, variables = [sys.executable, "-c", JOB], {**os.environ, **environment}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=True)
    told = (folder / "told").read_text()  # a JVM that crashes writes on the same standard output
    return [told, *(line for line in done.stderr.splitlines() if "cds" in line or "Picked" in line)]


def test_an_archive_is_made_used_and_passed_over_when_it_is_broken(tmp_path: Path) -> None:
    quick = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"
    assert make({}) is None
    archive = class_archive({})
    assert archive.is_sound
    assert job(tmp_path) == [f"3 {quick} -XX:SharedArchiveFile={archive.file}"]
    with archive.file.open("r+b") as file:  # what a disk may do to it, so that nobody sees it from outside
        file.seek(archive.file.stat().st_size // 3)
        file.write(bytes(20_000_000))
    archive.seal.write_text(json.dumps(look_of(archive.file)))
    assert job(tmp_path) == [f"3 {quick}"]
    assert not archive.seal.exists()


def test_options_that_the_user_chose_are_kept_and_have_no_rival(tmp_path: Path) -> None:
    told = job(tmp_path, PPF_ARCHIVE="off", SPARK_SUBMIT_OPTS="-XX:+UseParallelGC")
    assert told == ["3 -XX:+UseParallelGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"]
