"""What the steps of a run do for checks: which write carries whose checks, what is counted otherwise, and where bad rows go."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from ppf_core.execution.component_run import ComponentRun, staged_sink
from ppf_core.execution.run_frames import RunFrames
from ppf_core.jvm.errors import describe_error, is_of_spark
from ppf_core.quality.checking import Checking, Evaluate
from ppf_core.quality.judging import answered, rejection
from ppf_core.quality.known import Answered, Written
from ppf_core.quality.quarantine import QuarantinedRows
from ppf_core.state import lines

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def _nowhere() -> None:
    """No stage holds these rows."""


def nobody(*_asked: object) -> None:
    """No hook evaluates checks."""


@dataclass(frozen=True)
class CheckSteps:
    """The part of the steps that belongs to checks.

    evaluate: asks the hooks for results. redact: takes secrets out of a text.
    """

    frames: RunFrames
    evaluate: Evaluate = nobody
    redact: Callable[[str], str] = str

    def parted(self, sink: ComponentRun) -> "tuple[DataFrame, str] | None":
        """What a sink is given that writes good and bad rows in one pass; None when it is to get the good ones alone.

        Only where the write carries one component's checks: others would look at rows that were set apart. And not where rows
        can be read again for little: that costs less than such a write.
        """
        carried = self._carried(sink)
        if len(carried) != 1 or not self.frames.engine.knows_plans or not staged_sink(sink).can_split:
            return None
        (carrying,) = carried
        frame, checking = self.frames.input(sink), carrying.checks
        self._begin_checking(carrying, frame)
        return checking.part() if checking.can_part and self._is_dear(carrying, frame) else None

    def observed_input(self, sink: ComponentRun) -> "DataFrame":
        """What a sink writes: its input, less the rows that the checks it carries set apart."""
        frame = self.frames.input(sink)
        for carrying in self._carried(sink):
            checking = carrying.checks
            self._begin_checking(carrying, frame)
            if checking.answer is not None:
                continue
            if not checking.is_cached and self._must_cache(carrying, checking):
                self._cache(carrying, checking)
            frame = checking.good() if checking.is_cached else checking.observed()
        return frame

    def has_raising_checks(self, sink: ComponentRun, error: Exception) -> bool:
        """Whether a write failed because of checks that it carried; they are not evaluated, and say so.

        A write that fails for reasons of its own is no fault of a check, and asking costs a look at all rows.
        """
        asked = [carrying.checks for carrying in self._carried(sink) if is_of_spark(error)]
        return any([checking.exclude_raising() for checking in asked if checking.frame is not None])  # noqa: C419 -- all are asked

    def collect(self, sink: ComponentRun) -> bool:
        """Takes over what was counted during a write; from the last look at the rows to the first.

        False when the rows of a component cannot be judged as they were written. From then on its frame is computed once.
        """
        carried = self._carried(sink)
        if not carried:
            self._require_bad_rows(sink)
            return True
        is_once = self.frames.engine.ran_once(self.frames.attempt_tag(sink))
        stage: Callable[[], DataFrame | None] = cache(partial(self._stage, sink))
        expected = sink.rows_written
        for carrying in reversed(carried):
            checking = carrying.checks
            written = Written(stage, is_once, sink.apart)
            if checking.answer is None and checking.counts is None and not checking.collect(written, expected):
                checking.is_cached_first = True
                return False
            counts = checking.counts
            expected = counts.rows if counts is not None else None
            stage = _nowhere if checking.is_split else stage
            if counts is not None and sink.apart is not None:
                sink.rows_written = counts.rows - counts.apart
        self._require_bad_rows(sink)
        return True

    def check(self, component: ComponentRun) -> None:
        """Evaluates the checks of a component, as far as that was not done while its rows were staged."""
        checking = component.checks
        if component.config.checkpoint and checking.hands_on_all:
            self.frames.store(component, self.frames.frame(component.info.name))
        self._begin_checking(component, self._checked_frame(component))
        is_open = checking.answer is None and checking.counts is None
        if is_open and (checking.carrier.kind != "stage" or not checking.is_settled):
            self._count(component, checking)
        results = checking.answer if checking.answer is not None else checking.judge(self.frames.context(component))
        component.quality = tuple(replace(each, message=self.redact(each.message)) for each in results)
        component.rejection = rejection(component.info.name, component.quality)
        if checking.quarantines:
            rows = {place or "": checking.quarantined(place) for place in checking.places}
            self.frames.record(lines.RowsSetApart(component.info.name, rows))
        self._keep_samples(component, checking)
        if component.info.kind != "sink":
            self._hand_on(component, checking)

    def has_bad_rows(self, folder: ComponentRun) -> bool:
        """Whether there is something to write in a folder of bad rows."""
        return any(self.frames.components[name].quarantined(None) for name in folder.role.quarantined_from)

    def has_rejected(self, folder: ComponentRun) -> bool:
        """Whether a rejected component has quarantined rows. Those that were to be replayed lie where they were."""
        (origin,) = (self.frames.components[name] for name in folder.role.quarantined_from)
        return bool(origin.checks.all_quarantined) and not isinstance(origin.plugin, QuarantinedRows)

    def rejected_rows(self, folder: ComponentRun) -> "DataFrame | None":
        """All quarantined rows of a rejected component, wherever they would have gone; None when they are staged already."""
        (origin,) = (self.frames.components[name] for name in folder.role.quarantined_from)
        is_staged = folder.ticket is not None and not origin.checks.has_takers
        return None if is_staged else origin.checks.rejected_rows(self.frames.run_id)

    # ---- inside

    def _carried(self, sink: ComponentRun) -> list[ComponentRun]:
        """Whose checks a sink carries, in the order in which they look at its rows."""
        names = (*sink.info.inputs.values(), sink.info.name)
        asked = [self.frames.components[name] for name in names]
        return [each for each in asked if each.checking is not None and each.checking.carrier.sink == sink.info.name]

    def _stage(self, sink: ComponentRun) -> "DataFrame | None":
        return staged_sink(sink).staged(self.frames.context(sink), sink.ticket or {})

    def _count(self, component: ComponentRun, checking: Checking) -> None:
        """Counts in an action of its own; what a check is to blame for is told by the check, the rest is counted again."""
        while True:
            try:
                if not checking.is_cached and self._must_cache(component, checking):
                    self._cache(component, checking)
                elif not checking.is_settled:
                    checking.count()
            except Exception:
                if not checking.exclude_raising():
                    raise
            else:
                return

    def _begin_checking(self, component: ComponentRun, frame: "DataFrame") -> None:
        checking = component.checks
        if checking.frame is frame or (checking.frame is not None and component.info.kind != "sink"):
            return
        steady = self.frames.engine.is_deterministic(frame) and self.frames.is_pinned(component)
        checking.begin(frame, self.frames.engine, is_deterministic=steady)
        if checking.answer is None and checking.can_be_answered:
            answer = self.evaluate(component.info, frame, tuple(check.config for check in checking.checks))
            if answer is not None:
                checking.outcome = Answered(answered(checking.checks, answer))

    def _checked_frame(self, component: ComponentRun) -> "DataFrame":
        if component.info.kind != "sink":
            return self.frames.frame(component.info.name)
        checking = component.checks
        return checking.frame if checking.frame is not None else self.frames.input(component)

    def _must_cache(self, component: ComponentRun, checking: Checking) -> bool:
        """Whether the frame is computed once, before its rows go anywhere."""
        if checking.is_cached_first:
            return True
        if checking.answer is not None or not self.frames.engine.knows_plans:
            return checking.is_split
        if checking.carrier.kind == "cache":
            return not component.config.checkpoint or not checking.hands_on_all
        if checking.carrier.kind == "stage" and not checking.is_split:
            return not checking.is_deterministic and not checking.is_observable
        if checking.carrier.kind == "stage" and not checking.quarantines:
            return not checking.is_deterministic
        frame = checking.frame
        if frame is not None and self.frames.engine.depends_on_columns(frame) is not None:
            return True
        if component.config.persist == "never" and not checking.is_split:
            return False
        if frame is None or not (component.role.is_read or checking.quarantines):
            return False
        return self._is_dear(component, frame)

    def _is_dear(self, component: ComponentRun, frame: "DataFrame") -> bool:
        """Whether a second computation is costly, or gives other rows."""
        return self.frames.engine.why_cache(frame) is not None or not self.frames.is_pinned(component)

    def _cache(self, component: ComponentRun, checking: Checking) -> None:
        level = "disk" if component.config.persist == "disk" else "memory"
        self.frames.record(lines.FrameCached(component.info.name, level, "its checks look at the rows that go on"))
        checking.cache(level)

    def _keep_samples(self, component: ComponentRun, checking: Checking) -> None:
        """A few bad rows go into the record, for its report. Rows that cannot be had are no reason to fail."""
        if not any(check.config.samples for check in checking.checks):
            return
        try:
            found = list(checking.samples())
        except Exception as error:  # noqa: BLE001 -- what was judged stands
            self.frames.record(lines.SamplesLost(component.info.name, self.redact(describe_error(error).message)))
            return
        for sample in found:
            rows = [[None if text is None else self.redact(text) for text in row] for row in sample.rows]
            self.frames.record(lines.SamplesTaken(component.info.name, sample.number, sample.columns, rows))

    def _hand_on(self, component: ComponentRun, checking: Checking) -> None:
        """From here on, whoever reads the component reads its good rows."""
        if checking.answer is None and (checking.is_split or checking.is_cached):
            component.frame = checking.good()
        if component.config.checkpoint and component.rejection is None:
            self.frames.save(component, self.frames.frame(component.info.name))

    def _require_bad_rows(self, sink: ComponentRun) -> None:
        """A row that is in no place, or in two, must not go unseen: as many are set apart as the checks found."""
        wanted = sum(self.frames.components[name].quarantined(sink.place) for name in sink.role.quarantined_from)
        if sink.role.quarantined_from and sink.rows_written is not None and sink.rows_written != wanted:
            origins = ", ".join(map(repr, sink.role.quarantined_from))
            message = f"The checks of {origins} found {wanted} rows to set apart, but {sink.rows_written} were written."
            raise RuntimeError(f"{message} The frame differs each time it is read: set persist = disk on it.")
