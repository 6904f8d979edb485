"""Makes an archive of Spark's classes: a small job in a JVM that writes down which classes it had, when it ends.

    make_in_background(archive, conf)   a process of its own, of low priority, that outlives this one
    make(conf)                          here and now

One process at a time makes archives; one that finds another at work leaves it to that, or waits. It ends after ten minutes at
the latest.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ppf_core.jvm.class_archive import OFF, QUIET, ClassArchive, class_archive, look_of

_SECONDS = 600
_LOWEST = 19
_MOST = 4
"""So many archives are kept, of about 170 MB each; those that were used last."""
# What decides about the JVM's class path, its heap and its options. Nothing else of a pipeline is asked here.
_OF_THE_JVM = (
    "spark.driver.extraClassPath",
    "spark.driver.memory",
    "spark.driver.extraJavaOptions",
    "spark.driver.defaultJavaOptions",
)


def make_in_background(conf: Mapping[str, str]) -> None:
    """Starts a process that makes the archive for these settings. What it may fail with is told by `ppf doctor`."""
    with suppress(OSError):  # a machine that has no room for another process goes without an archive
        subprocess.Popen(  # noqa: S603 -- this very Python
            [sys.executable, "-m", __name__, json.dumps(_of_the_jvm(conf))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=tempfile.gettempdir(),
        )


def make(conf: Mapping[str, str], *, waits: bool = False) -> str | None:
    """Makes the archive for these settings, and gives the reason when that fails. None: it is there, or another makes one.

    waits: until no other process makes one, which may be for other settings.
    """
    archive = class_archive(conf)
    if archive.obstacle is not None or archive.is_sound:
        return archive.obstacle
    folder = archive.file.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            return None if archive.is_sound else _make(archive, conf)
    except BlockingIOError:
        return None
    except OSError as error:
        return f"{folder} cannot be used: {error}."


def _make(archive: ClassArchive, conf: Mapping[str, str]) -> str | None:
    """While nobody else does."""
    part = archive.file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="ppf-archive-", ignore_cleanup_errors=True) as folder:
        own = f"-XX:ArchiveClassesAtExit={part} {' '.join(QUIET)}"
        environment = {
            **os.environ,
            OFF: "off",
            "SPARK_SUBMIT_OPTS": f"{os.environ.get('SPARK_SUBMIT_OPTS', '')} {own}".strip(),
        }
        command = [sys.executable, "-m", "ppf_core.jvm.archived_job", json.dumps(_of_the_jvm(conf))]
        try:
            done = subprocess.run(  # noqa: S603 -- this very Python
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
            told = (
                done.stderr.decode(errors="replace").strip().rpartition("\n")[2] or f"its process ended with {done.returncode}"
            )
        except subprocess.TimeoutExpired:
            told = f"it took longer than {_SECONDS} s"
    if not part.exists():
        reason = f"No archive came: {told}."
        archive.failure.write_text(reason, encoding="utf-8")
        return reason
    part.chmod(0o600)
    archive.forget()
    part.replace(archive.file)
    sealed = archive.seal.with_suffix(".part-seal")
    sealed.write_text(json.dumps(look_of(archive.file)), encoding="utf-8")
    sealed.replace(archive.seal)
    archive.failure.unlink(missing_ok=True)
    _make_room(archive.file.parent)
    return None


def _make_room(folder: Path) -> None:
    sealed = sorted(folder.glob("*.seal"), key=lambda each: each.stat().st_mtime, reverse=True)
    kept = {each.stem for each in sealed[:_MOST]}
    for file in folder.glob("*.jsa"):
        if file.stem not in kept:
            file.with_suffix(".seal").unlink(missing_ok=True)
            file.unlink(missing_ok=True)


def _of_the_jvm(conf: Mapping[str, str]) -> dict[str, str]:
    return {name: conf[name] for name in _OF_THE_JVM if name in conf}


def _step_back() -> None:
    """Leaves the processors to others. Linux weighs sessions before it weighs the processes of one, and this one is its own."""
    os.nice(_LOWEST)
    with suppress(OSError):  # a system without such groups
        Path("/proc/self/autogroup").write_text(str(_LOWEST), encoding="ascii")


if __name__ == "__main__":
    _step_back()
    signal.alarm(_SECONDS + 60)
    make(json.loads(sys.argv[1]))
