"""What every staged sink promises, as a suite of tests: subclass it once for each set of options that matters.

    class TestParquet(StagedSinkConformance):
        plugin = ParquetSink

        def options(self, folder):
            return {"path": str(folder / "out"), "mode": "overwrite"}

        def shown(self, spark, folder):
            return spark.read.parquet(f"{folder}/out") if (folder / "out").exists() else None

A sink passes when readers see nothing of a stage, and a publish of it once, however often it is repeated; when `discard`
removes all that a stage left, also without its ticket; and when what `staged` gives is exactly the frame that was given to
`stage`, its names, types and rows, or None.

Parts can be used alone: `HiddenStage` for what readers see, `SeveralRuns` for runs at once, `KilledRuns` for processes that
are killed, `ExactStage` for what `staged` gives.
What a sink promises that writes good and bad rows in one pass stands in `splitting_sinks`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ppf_core import PpfError, StagedSink, TargetMoved, Ticket
from ppf_core.testing import context
from ppf_testing.plugins import PluginConformance, Suite
from ppf_testing.processes import done_by_a_killed_process
from ppf_testing.samples import SAMPLES, Sample, content, named_samples

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def carried(ticket: Ticket) -> Ticket:
    """As another process gets it, out of the journal."""
    again: Ticket = json.loads(json.dumps(ticket))
    return again


class Staging(Suite):
    """A sink, and where it works. Its options have a target in or below the folder, such that one write can follow another."""

    plugin: ClassVar[type[StagedSink[Any]]]
    settings: ClassVar[Mapping[str, str]] = {}
    """Settings of the Spark session."""

    def given(self, frame: "DataFrame") -> "DataFrame":
        """A frame as this sink can take it, for example with a column to partition by."""
        return frame

    @pytest.fixture
    def session(self, spark: "SparkSession") -> "SparkSession":
        """A session with the settings."""
        session = spark.newSession()
        for key, value in self.settings.items():
            session.conf.set(key, value)
        return session


class Reading(Staging):
    """A sink with a reader of what it has published."""

    adds: ClassVar[bool] = False
    """Whether a second write leaves the rows of the first."""

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame | None":
        """What a reader of the target sees, with a column `value`; None when there is no target."""
        raise NotImplementedError

    def traces(self, spark: "SparkSession", folder: Path) -> set[str]:
        """All that is there, for a reader or hidden."""
        return {str(each.relative_to(folder)) for each in folder.rglob("*")}

    def texts(self, spark: "SparkSession", folder: Path) -> list[str]:
        """What a reader sees now."""
        frame = self.shown(spark, folder)
        return [] if frame is None else sorted(str(row["value"]) for row in frame.select("value").collect())

    def rows(self, spark: "SparkSession", *values: str) -> "DataFrame":
        """Rows of one text each."""
        listed = ", ".join(f"'{value}'" for value in values)
        return self.given(spark.sql(f"SELECT explode(array({listed})) AS value"))

    def write(self, spark: "SparkSession", folder: Path, *values: str) -> None:
        """A first write, before the one that is looked at."""
        sink, here = self.made(folder), context(spark, run_id="before")
        sink.publish(here, sink.stage(here, self.rows(spark, *values)))
        sink.close()


class ExactStage(Staging):
    """Checks look at the stage in place of the frame, so not even a blank may differ."""

    samples: ClassVar[Sequence[Sample | str]] = SAMPLES
    """What the sink is given: samples, or the names of some."""
    may_refuse: ClassVar[Collection[str]] = ("nothing", "spans of a calendar")
    """Names of samples for which `stage` may raise."""
    gives_back: ClassVar[Collection[str]] = ()
    """Names of samples whose stage is known to be readable; without any, a sink whose `staged` always gives None passes."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each sample; a sink that never reads its stages is given only one."""
        if "sample" in metafunc.fixturenames:
            is_read = self.plugin.staged is not StagedSink.staged
            samples = named_samples(self.samples)
            metafunc.parametrize("sample", samples if is_read else samples[:1], ids=str)

    def test_what_is_staged_is_exactly_what_was_given_or_none(
        self, sample: Sample, session: "SparkSession", tmp_path: Path
    ) -> None:
        sink, here, frame = self.made(tmp_path), context(session), self.given(sample.frame(session))
        ticket: Ticket | None = None
        with suppress(Exception) if sample.name in self.may_refuse else nullcontext():
            ticket = sink.stage(here, frame)
        staged = sink.staged(here, ticket) if ticket is not None else None
        if staged is not None:
            assert content(staged) == content(frame)
        else:
            assert sample.name not in self.gives_back, f"The stage of {sample.name} cannot be read."
        sink.discard(here, ticket)
        sink.close()


class HiddenStage(Reading):
    """Readers see what was published, once, and nothing before."""

    def test_no_reader_sees_a_stage(self, session: "SparkSession", tmp_path: Path) -> None:
        """Neither where nothing was before, nor among the rows of an earlier write."""
        sink, here = self.made(tmp_path), context(session, run_id="unseen")
        sink.stage(here, self.rows(session, "unseen"))
        assert self.texts(session, tmp_path) == []
        sink.discard(here, None)
        self.write(session, tmp_path, "old")
        ticket = sink.stage(here, self.rows(session, "unseen"))
        assert self.texts(session, tmp_path) == ["old"]
        sink.discard(here, ticket)
        sink.close()

    def test_publishing_again_changes_nothing(self, session: "SparkSession", tmp_path: Path) -> None:
        """A publish is repeated, in this process or in another one, when nobody knows how far it came."""
        self.write(session, tmp_path, "old")
        sink, here = self.made(tmp_path), context(session)
        ticket = sink.stage(here, self.rows(session, "one", "two", "two"))
        sink.close()
        for _ in range(2):
            again = self.made(tmp_path)
            again.publish(here, carried(ticket))
            again.close()
            assert self.texts(session, tmp_path) == sorted(["one", "two", "two"] + (["old"] if self.adds else []))

    @pytest.mark.parametrize("is_lost", [False, True], ids=["with_its_ticket", "without_its_ticket"])
    def test_discard_removes_all_that_was_staged(self, is_lost: bool, session: "SparkSession", tmp_path: Path) -> None:
        """The ticket is lost when the process is killed before `stage` returns."""
        self.write(session, tmp_path, "old")
        before, here, staging = self.traces(session, tmp_path), context(session), self.made(tmp_path)
        ticket = staging.stage(here, self.rows(session, "new"))
        staging.close()
        for _ in range(2):
            sink = self.made(tmp_path)
            sink.discard(here, None if is_lost else carried(ticket))
            sink.close()
            assert self.traces(session, tmp_path) == before
        assert self.texts(session, tmp_path) == ["old"]

    def test_discard_removes_what_a_failed_stage_left(self, session: "SparkSession", tmp_path: Path) -> None:
        """Some rows were written when a task failed."""
        self.write(session, tmp_path, "old")
        before, here, sink = self.traces(session, tmp_path), context(session), self.made(tmp_path)
        frame = self.rows(session, "new", "bad")
        failing = frame.selectExpr(
            *(f"`{name}`" for name in frame.columns if name != "value"),
            "IF(value = 'bad', CAST(raise_error('bad luck') AS STRING), value) AS value",
        )
        with pytest.raises(Exception, match="bad luck"):
            sink.stage(here, failing)
        sink.discard(here, None)
        sink.close()
        assert (self.traces(session, tmp_path), self.texts(session, tmp_path)) == (before, ["old"])

    def test_discard_leaves_what_others_have_staged(self, session: "SparkSession", tmp_path: Path) -> None:
        """Another run may stage for the same target meanwhile; one of the two may then find that the target has moved."""
        mine, theirs = context(session, run_id="mine"), context(session, run_id="theirs")
        sink, other = self.made(tmp_path), self.made(tmp_path)
        ticket = sink.stage(mine, self.rows(session, "mine"))
        with suppress(PpfError):  # it may say that the target is taken
            other.stage(theirs, self.rows(session, "theirs"))
        other.discard(theirs, None)
        other.close()
        sink.publish(mine, carried(ticket))
        sink.close()
        assert self.texts(session, tmp_path) == ["mine"]


class SeveralRuns(Reading):
    """Runs that work on one target at the same time."""

    def test_two_runs_at_once_leave_the_rows_of_whole_runs(self, session: "SparkSession", tmp_path: Path) -> None:
        """One of them may find that the target is taken, or has moved: then nothing of it is seen. One gets through."""
        runs = {name: context(session, run_id=name) for name in ("mine", "theirs")}
        tickets: dict[str, Ticket] = {}
        for name, here in runs.items():
            sink = self.made(tmp_path)
            with suppress(PpfError):
                tickets[name] = sink.stage(here, self.rows(session, *(f"{name} {number}" for number in range(4))))
            sink.close()

        def publish(name: str) -> bool:
            sink = self.made(tmp_path)
            try:
                sink.publish(runs[name], carried(tickets[name]))
            except (PpfError, TargetMoved):
                sink.discard(runs[name], tickets[name])
                return False
            finally:
                sink.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            through = [name for name, is_through in zip(tickets, pool.map(publish, tickets), strict=True) if is_through]
        assert through, "Neither of the two runs got through."
        whole = [[f"{name} {number}" for number in range(4)] for name in through]
        shown = self.texts(session, tmp_path)
        assert shown in ([sorted(chain.from_iterable(whole))] if self.adds else whole)


class KilledRuns(Reading):
    """A process is killed, and another one goes on with what the journal has: the write id, the options and the ticket."""

    def stage(self, spark: "SparkSession", folder: Path, *values: str) -> Ticket:
        """Stages rows with an instance that is never closed."""
        ticket: Ticket = self.made(folder).stage(context(spark), self.rows(spark, *values))
        return carried(ticket)

    def publish(self, spark: "SparkSession", folder: Path, ticket: Ticket) -> None:
        """Publishes with an instance and a context of its own."""
        sink = self.made(folder)
        sink.publish(context(spark), ticket)
        sink.close()

    def test_what_a_killed_process_has_staged_is_published_by_another(self, session: "SparkSession", tmp_path: Path) -> None:
        """All of it and nothing else: what `stage` has left for later, or in memory, is lost."""
        self.write(session, tmp_path, "old")
        ticket = done_by_a_killed_process(lambda: self.stage(session, tmp_path, "one", "two", "two"))
        for _ in range(2):
            self.publish(session, tmp_path, ticket)
            assert self.texts(session, tmp_path) == sorted(["one", "two", "two"] + (["old"] if self.adds else []))

    def test_what_a_killed_process_has_published_is_there_once(self, session: "SparkSession", tmp_path: Path) -> None:
        """It had no time to say so, and another one publishes again."""
        ticket = self.stage(session, tmp_path, "one", "two", "two")
        done_by_a_killed_process(lambda: self.publish(session, tmp_path, ticket))
        self.publish(session, tmp_path, ticket)
        assert self.texts(session, tmp_path) == ["one", "two", "two"]

    def test_what_a_killed_process_has_staged_is_discarded_by_another(self, session: "SparkSession", tmp_path: Path) -> None:
        """Without its ticket, which the killed one may not have written down."""
        self.write(session, tmp_path, "old")
        before = self.traces(session, tmp_path)
        done_by_a_killed_process(lambda: self.stage(session, tmp_path, "new"))
        sink = self.made(tmp_path)
        sink.discard(context(session), None)
        sink.close()
        assert (self.traces(session, tmp_path), self.texts(session, tmp_path)) == (before, ["old"])


class StagedSinkConformance(HiddenStage, SeveralRuns, KilledRuns, ExactStage, PluginConformance):
    """The whole suite."""
