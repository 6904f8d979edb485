"""Kills at random moments, and what follows them: the account of a whole series of them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from books import Books, Findings, Rows, read_batches
from forking import BROKEN, REFUSED, Forked, fork
from pyspark.sql import SparkSession
from scene import REPLACED, Scene

# What follows a kill: the run is resumed, what it left is finished, or the next run just comes.
FOLLOWING = ("resume", "recover", "run")
# How often what follows is killed as well.
_AGAIN = 0.25


@dataclass
class Account:
    """What a series of kills did. endings: how often a run was followed in which way."""

    kills: int = 0
    reads: int = 0
    gone: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=Findings)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled, mixed or left."""
        return self.findings.is_clean

    @property
    def table(self) -> str:
        """The figures, as a person reads them."""
        found = self.findings
        figures = {
            "kills": self.kills,
            "lost rows": found.lost,
            "duplicated rows": found.duplicated,
            "mixtures": len(found.mixed),
            "leftovers": len(found.leftovers),
            "reads by another reader": self.reads,
            "files gone under it": self.gone,
            **{f"then {kind}": self.endings[kind] for kind in FOLLOWING},
        }
        return "\n".join(f"{name:<24}{figure:>8}" for name, figure in figures.items())

    def add(self, other: Findings) -> None:
        """Takes over what was found in one scene."""
        self.findings.lost += other.lost
        self.findings.duplicated += other.duplicated
        self.findings.mixed += other.mixed
        self.findings.leftovers += other.leftovers


@dataclass
class Killer:
    """Kills runs of one scene. seconds: how long a run takes that nobody disturbs."""

    scene: Scene
    spark: SparkSession
    chance: random.Random
    account: Account
    batch: int = 0
    seconds: float = 0.0
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.scene.folder)
        for _ in range(2):  # the first run in a session takes longer than all others
            self._run_undisturbed()

    def _run_undisturbed(self) -> None:
        began, self.batch = time.monotonic(), self.batch + 1
        self._require(self.scene.attempt("run", self.batch, self.spark), "run")
        self.seconds = time.monotonic() - began
        self.books.settle(self.batch, is_shown=True)

    def strike(self, victim: Callable[[int], int] | None = None) -> None:
        """One run that is killed, unless it ends before that, and what follows it.

        victim: runs a batch that is killed, and says how it ended.
        """
        self.batch += 1
        batches = [self.batch]
        ended = victim(self.batch) if victim is not None else self.kill("run", self.batch)
        is_killed = self._counted(ended)
        self.books.look(self.batch)
        shown, kind = self._shown(), self.chance.choice(FOLLOWING)
        while is_killed and self.chance.random() < _AGAIN:
            self._kill_again(kind, batches)
        self._follow(kind, batches, was_shown=ended == 0)
        for rows in shown:
            self.books.findings.missing(rows, self.books.shown.get(batches[0], Counter()))

    def kill(self, kind: str, batch: int) -> int:
        """An attempt in a process of its own that shares this JVM, killed at any moment: how it ended."""
        child = fork(lambda: self.scene.attempt(kind, batch, self.spark))
        ended = kill_after(child, self.chance.uniform(0, self.seconds))
        settle_jvm(self.spark)
        return ended

    def _counted(self, ended: int) -> bool:
        if ended == BROKEN:
            raise AssertionError("The process that was to be killed broke; it has told why.")
        is_killed = ended == -signal.SIGKILL
        self.account.kills += is_killed
        return is_killed

    def _kill_again(self, kind: str, batches: list[int]) -> None:
        """What follows a kill is killed as well."""
        if kind == "run":
            self.batch += 1
            batches.append(self.batch)
        self._counted(self.kill(kind, self.batch))
        if kind != "run":
            self.books.look(self.batch)

    def _follow(self, kind: str, batches: list[int], *, was_shown: bool) -> None:
        """What comes after the last kill, which nobody disturbs any more, and what must be there then."""
        attempt = self.scene.attempt
        code = attempt("resume", self.batch, self.spark) if kind == "resume" else REFUSED
        # A run that was killed before its first checkpoint has done nothing, and cannot be resumed.
        self.account.endings["recover" if kind == "resume" and code != 0 else kind] += 1
        if code == 0:
            self.books.settle(self.batch, is_shown=True)
        elif kind == "run":
            self.batch += 1
            self._require(attempt("run", self.batch, self.spark), kind)
            for batch in batches:
                self.books.pass_over(batch)
            self.books.settle(self.batch, is_shown=True)
        else:
            self._require(attempt("recover", self.batch, self.spark), kind)
            self.books.settle(self.batch, is_shown=True if was_shown else None)

    def _require(self, code: int, kind: str) -> None:
        if code != 0:
            raise AssertionError(f"What follows batch {self.batch} did not succeed: {kind} gave {code}.")

    def _shown(self) -> list[Rows]:
        """The rows of the killed batch that some folder shows already: in the end, all folders must show these."""
        found = [read_batches(self.scene.folder / "out" / name) for name in REPLACED]
        return [rows[self.batch] for rows in found if self.batch in rows]


def kill_after(child: Forked, seconds: float) -> int:
    """Kills a process with its whole group, unless it has ended before: how it ended."""
    time.sleep(seconds)
    os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


def settle_jvm(spark: SparkSession, seconds: float = 30) -> None:
    """Ends what a killed process was doing in the JVM that it shared. On its own, it would have taken its JVM along."""
    tracker, until = spark.sparkContext._jsc.sc().statusTracker(), time.monotonic() + seconds
    gateway = spark.sparkContext._gateway
    assert gateway is not None
    port: int = gateway.gateway_parameters.port
    while has_deserted(port) or tracker.getActiveJobIds() or any(each.numRunningTasks() for each in tracker.getExecutorInfos()):
        assert time.monotonic() < until, "What a killed process had begun in the JVM did not end."
        spark.sparkContext.cancelAllJobs()
        time.sleep(0.02)


def has_deserted(port: int) -> bool:
    """Whether a thread behind a port still works for a client that is gone: its connection waits to be closed."""
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    close_wait = "08"
    return any(local.endswith(f":{port:04X}") and state == close_wait for _, local, _, state, *_ in lines)


@dataclass(frozen=True)
class Alone:
    """Runs of a scene in processes with a JVM of their own, as a user starts them. seconds: how long they take at most."""

    scene: Scene
    chance: random.Random
    seconds: float

    def kill(self, batch: int) -> int:
        """A run that is killed with its JVM at any moment from when Spark is ready: how it ended."""
        run_id = f"batch-{batch}"
        record = self.scene.folder / ".ppf" / "runs" / run_id / "record.jsonl"
        with subprocess.Popen(self._command(run_id, batch), cwd=self.scene.folder, start_new_session=True) as process:
            while not record.exists() or '"line": "session"' not in record.read_text():
                assert process.poll() is None, "The process that was to be killed ended early."
                time.sleep(0.01)
            time.sleep(self.chance.uniform(0, self.seconds))
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()

    def _command(self, run_id: str, batch: int) -> list[str]:
        where = "components.labelled.options.args"
        values = {
            f"{where}.batch": batch,
            f"{where}.seconds": self.scene.seconds,
            "spark.master": "local[2]",
            'spark.conf."spark.ui.enabled"': "false",
        }
        settings = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
        return [str(Path(sys.executable).with_name("ppf")), "run", "struck.conf", "--run-id", run_id, *settings]
