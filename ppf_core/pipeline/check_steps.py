"""What the steps of a run do for checks: who rides on which write, what is counted otherwise, and where bad rows go."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppf_core.pipeline.checking import Checking, Written
from ppf_core.pipeline.component_run import ComponentRun, staged_sink
from ppf_core.pipeline.judging import answered, rejection
from ppf_core.pipeline.quarantine import QuarantinedRows
from ppf_core.spark.errors import describe_error, is_of_spark

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ppf_core.pipeline.steps import Steps


@dataclass(frozen=True)
class CheckSteps:
    """The part of the steps that belongs to checks."""

    steps: "Steps"

    def ridden(self, sink: ComponentRun) -> "DataFrame":
        """What a sink writes: its input, less the rows that its riders set apart."""
        frame = self.steps.input(sink)
        for rider in self._riders(sink):
            checking = self._checking(rider)
            self._begin_checking(rider, frame)
            if checking.answer is not None:
                continue
            if not checking.is_kept and self._must_keep(rider, checking):
                self._keep(rider, checking)
            frame = checking.good() if checking.is_kept else checking.ride()
        return frame

    def are_to_blame(self, sink: ComponentRun, error: Exception) -> bool:
        """Whether a write failed because of checks that it carried; they are not evaluated, and say so.

        A write that fails for reasons of its own is no fault of a check, and asking costs a look at all rows.
        """
        asked = [self._checking(rider) for rider in self._riders(sink) if is_of_spark(error)]
        return any([checking.blame() for checking in asked if checking.frame is not None])  # noqa: C419 -- all are asked

    def hear(self, sink: ComponentRun) -> None:
        """Takes over what was counted during a write; from the last look at the rows to the first."""
        riders = self._riders(sink)
        if not riders:
            self._require_bad_rows(sink)
            return
        is_once = self.steps.engine.ran_once(self.steps.attempt_tag(sink))
        frame = staged_sink(sink).staged(self.steps.context(sink), sink.ticket or {})
        expected = sink.rows_written
        for rider in reversed(riders):
            checking = self._checking(rider)
            if checking.answer is None and checking.counts is None:
                checking.hear(Written(frame, is_once), expected)
            counts = checking.counts
            expected = counts.rows if counts is not None else None
            frame = None if checking.is_split else frame
        self._require_bad_rows(sink)

    def check(self, component: ComponentRun) -> None:
        """Evaluates the checks of a component, as far as that was not done while its rows were staged."""
        checking = self._checking(component)
        if component.config.checkpoint and not checking.is_split:
            self.steps.store(component, self.steps.frame(component.info.name))
        self._begin_checking(component, self._checked_frame(component))
        if checking.answer is None and checking.counts is None and not checking.is_settled:
            self._count(component, checking)
        results = checking.answer if checking.answer is not None else checking.judge(self.steps.context(component))
        component.quality = tuple(replace(each, message=self.steps.redact(each.message)) for each in results)
        component.rejection = rejection(component.info.name, component.quality)
        for each in component.quality:
            self.steps.note("check", component=component.info.name, result=each)
        self._keep_samples(component, checking)
        if component.info.kind != "sink":
            self._hand_on(component, checking)

    def has_bad_rows(self, folder: ComponentRun) -> bool:
        """Whether there is something to write in a folder of bad rows."""
        return any(self._checking(self.steps.components[name]).quarantined(None) for name in folder.role.takes)

    def bad_rows(self, sink: ComponentRun) -> "DataFrame":
        """What was set apart for a sink, by all that set rows apart for it."""
        place = None if sink.is_inner else sink.info.name
        givers = [self._checking(self.steps.components[name]) for name in sink.role.takes]
        return self.steps.engine.united_rows([giver.bad(place, self.steps.run_id) for giver in givers])

    def keep_evidence(self, component: ComponentRun) -> None:
        """Keeps the quarantined rows of a rejected component, under the id of the run."""
        (giver,) = (self.steps.components[name] for name in component.role.takes)
        checking = self._checking(giver)
        if not checking.all_quarantined or isinstance(giver.plugin, QuarantinedRows):
            return  # rows that were to be replayed lie where they were
        sink, context = staged_sink(component), self.steps.context(component)
        if component.ticket is None or checking.has_takers:
            sink.discard(context, None)
            self.steps.note("stage", sync=True, component=component.info.name, datasets=component.info.datasets)
            component.ticket = sink.stage(context, checking.evidence(self.steps.run_id))
            self.steps.note("staged", component=component.info.name, ticket=dict(component.ticket))
        self.steps.commit([component.info.name], [])
        self.steps.publish(component)

    # ---- inside

    def _checking(self, component: ComponentRun) -> Checking:
        if component.checking is None:
            raise TypeError(f"{component.info.name!r} has no checks.")
        return component.checking

    def _riders(self, sink: ComponentRun) -> list[ComponentRun]:
        """Whose checks a sink carries, in the order in which they look at its rows."""
        names = (*sink.info.inputs.values(), sink.info.name)
        asked = [self.steps.components[name] for name in names]
        return [each for each in asked if each.checking is not None and each.checking.carrier.sink == sink.info.name]

    def _count(self, component: ComponentRun, checking: Checking) -> None:
        """Counts in an action of its own; what a check is to blame for is told by the check, the rest is counted again."""
        while True:
            try:
                if not checking.is_kept and self._must_keep(component, checking):
                    self._keep(component, checking)
                else:
                    checking.count()
            except Exception:
                if not checking.blame():
                    raise
            else:
                return

    def _begin_checking(self, component: ComponentRun, frame: "DataFrame") -> None:
        checking = self._checking(component)
        if checking.frame is frame or (checking.frame is not None and component.info.kind != "sink"):
            return
        steady = self.steps.engine.is_repeatable(frame) and self.steps.is_pinned(component)
        checking.begin(frame, self.steps.engine, is_repeatable=steady)
        if checking.answer is None and checking.can_be_answered:
            answer = self.steps.evaluate(component.info, frame, tuple(check.config for check in checking.checks))
            checking.answer = answered(checking.checks, answer) if answer is not None else None

    def _checked_frame(self, component: ComponentRun) -> "DataFrame":
        if component.info.kind != "sink":
            return self.steps.frame(component.info.name)
        checking = self._checking(component)
        return checking.frame if checking.frame is not None else self.steps.input(component)

    def _must_keep(self, component: ComponentRun, checking: Checking) -> bool:
        """Whether the frame is computed once, before its rows go anywhere."""
        if checking.answer is not None or not self.steps.engine.knows_plans:
            return checking.is_split
        if checking.carrier.kind == "keep":
            return not component.config.checkpoint or checking.is_split
        if checking.carrier.kind == "stage" and not checking.is_split:
            return not checking.is_repeatable and not checking.is_observable
        if checking.carrier.kind == "stage" and not checking.quarantines:
            return not checking.is_repeatable
        if component.config.persist == "never" and not checking.is_split:
            return False
        frame = checking.frame
        if frame is None or not component.role.is_read:
            return False
        return self.steps.engine.why_keep(frame) is not None or not self.steps.is_pinned(component)

    def _keep(self, component: ComponentRun, checking: Checking) -> None:
        level = "disk" if component.config.persist == "disk" else "memory"
        self.steps.note("persist", component=component.info.name, level=level, reason="its checks look at the rows that go on")
        checking.keep(level)

    def _keep_samples(self, component: ComponentRun, checking: Checking) -> None:
        """A few bad rows go into the record, for its report. Rows that cannot be had are no reason to fail."""
        if not any(check.config.samples for check in checking.checks):
            return
        try:
            found = list(checking.samples())
        except Exception as error:  # noqa: BLE001 -- what was judged stands
            self.steps.note(
                "no samples", component=component.info.name, reason=self.steps.redact(describe_error(error).message)
            )
            return
        for sample in found:
            rows = [[None if text is None else self.steps.redact(text) for text in row] for row in sample.rows]
            self.steps.note("samples", component=component.info.name, check=sample.number, columns=sample.columns, rows=rows)

    def _hand_on(self, component: ComponentRun, checking: Checking) -> None:
        """From here on, whoever reads the component reads its good rows."""
        if checking.answer is None and (checking.is_split or checking.is_kept):
            component.frame = checking.good()
        if component.config.checkpoint and component.rejection is None:
            self.steps.save(component, self.steps.frame(component.info.name))

    def _require_bad_rows(self, sink: ComponentRun) -> None:
        """A row that is in no place, or in two, must not go unseen: as many are set apart as the checks found."""
        place = None if sink.is_inner else sink.info.name
        wanted = sum(self._checking(self.steps.components[name]).quarantined(place) for name in sink.role.takes)
        if sink.role.takes and sink.rows_written is not None and sink.rows_written != wanted:
            givers = ", ".join(map(repr, sink.role.takes))
            message = f"The checks of {givers} found {wanted} rows to set apart, but {sink.rows_written} were written."
            raise RuntimeError(f"{message} The frame differs each time it is read: set persist = disk on it.")
