"""The checks of one component in one run: what they look at, who counts for them, and what they find.

    begin → observed (a sink writes the frame, which counts; collect) | cache (computed once) | count (a pass) → judge

Observed numbers are only believed when nothing of the sink's job ran twice and they agree with what the sink wrote. Else rows
are counted again where they lie: in the stage, or in a frame that gives the same rows each time.

A sink that can split is given all rows, and stages the bad ones apart, where they are counted. So whatever the frame gives the
next time, each row is in one place.
"""

import datetime
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ppf_core.config.model import CheckConfig
from ppf_core.contracts.checks import AggregateCheck, FrameCheck, RowCheck, Verdict
from ppf_core.contracts.context import Context
from ppf_core.contracts.results import ComponentInfo, QualityResult
from ppf_core.jvm.errors import describe_error
from ppf_core.planning.roles import Carrier
from ppf_core.quality.frame_checks import Looks
from ppf_core.quality.judging import CheckRun, not_evaluated, places, result_of, row_verdict, splitting, wheres
from ppf_core.quality.known import Answered, AsPlanned, Cached, Counted, Open, Staged, Subject, Written
from ppf_core.quality.samples import Sample, texts
from ppf_core.spark.engine import Engine, RowMasks
from ppf_core.spark.rules import Counts, Rules, Summary, quarantines_own
from ppf_core.threads import threads
from ppf_core.validation.implied import Unmarked

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass
class Checking:
    """The state of a component's checks; one thread at a time uses it.

    subject: what is checked; None before `begin`. outcome: what is known of it. rows: where its rows can be looked at again.
    is_cached_first: whether the frame is computed once before anybody writes it, since it could not be judged otherwise.
    marked: the frame with the columns in which a source marks rows; what goes on does not have them.
    """

    checks: tuple[CheckRun, ...]
    carrier: Carrier
    subject: Subject | None = None
    outcome: Open | Answered | Counted = field(default_factory=Open)
    rows: AsPlanned | Staged | Cached = field(default_factory=AsPlanned)
    is_cached_first: bool = False
    marked: "DataFrame | None" = None
    at: datetime.datetime = field(default_factory=lambda: threads().now())

    @property
    def frame(self) -> "DataFrame | None":
        """What is checked; None before `begin`."""
        return self.subject.frame if self.subject is not None else None

    @property
    def counts(self) -> Counts | None:
        """What was counted."""
        return self.outcome.counts if isinstance(self.outcome, Counted) else None

    @property
    def answer(self) -> Sequence[QualityResult] | None:
        """The results of a hook that evaluates in our place."""
        return self.outcome.results if isinstance(self.outcome, Answered) else None

    @property
    def is_deterministic(self) -> bool:
        """Whether the frame gives the very same rows each time it is read."""
        return self._known.is_deterministic

    @property
    def is_split(self) -> bool:
        """Whether some rows go elsewhere."""
        return bool(splitting(self.checks))

    @property
    def helpers(self) -> tuple[str, ...]:
        """The columns in which a source tells of rows that it could not read."""
        return tuple(each for check in self.checks if isinstance(check.plugin, Unmarked) for each in check.plugin.helpers)

    @property
    def hands_on_all(self) -> bool:
        """Whether the frame goes on as it is looked at: with all rows, and all columns."""
        return not self.is_split and not self.helpers

    @property
    def quarantines(self) -> bool:
        """Whether bad rows are kept."""
        return bool(places(self.checks))

    @property
    def has_takers(self) -> bool:
        """Whether sinks take bad rows."""
        return any(place is not None for place in places(self.checks).values())

    @property
    def places(self) -> tuple[str | None, ...]:
        """Where its bad rows go: sinks, and (None) the folder of the run."""
        return tuple(self._numbers)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to count: it was given up, or there are frame checks alone."""
        return self.subject is not None and self.subject.counted <= self.subject.errors.keys()

    @property
    def is_cached(self) -> bool:
        """Whether the frame is computed once, and its rows are counted."""
        return isinstance(self.rows, Cached)

    @property
    def can_part(self) -> bool:
        """Whether a sink may write good and bad rows in one pass, so that these are judged again where they lie."""
        known = self._known
        splits = splitting(self.checks) & known.masks.rules.rows.keys()
        is_kept = self.is_cached_first or self.is_cached or bool(self.helpers)
        return bool(splits) and not is_kept and known.engine.labels_alike(known.masks)

    @property
    def can_be_answered(self) -> bool:
        """Whether a hook may evaluate in our place: it cannot split a frame, and knows no marks of a source."""
        return self.hands_on_all

    @property
    def is_observable(self) -> bool:
        """Whether its numbers can be counted while somebody writes the frame; if not, they are counted afterwards."""
        return self._known.masks.is_observable()

    def unmarked(self, frame: "DataFrame", engine: Engine) -> "DataFrame":
        """What goes on of a source's frame. With the columns that mark rows it is only looked at here."""
        self.marked = frame if self.helpers else None
        return engine.without_columns(frame, self.helpers) if self.helpers else frame

    def begin(self, frame: "DataFrame", engine: Engine, *, is_deterministic: bool) -> None:
        """Looks at the frame, not at its rows. A check that does not fit it is not evaluated, which is told at the end."""
        self.release()  # of what was looked at before: another attempt has another frame
        frame = frame if self.marked is None else self.marked
        unfit = _overwriting(frame.columns, self._taken)
        masks, broken = engine.fitting(frame, self._rules(engine).without(unfit), splitting(self.checks), self._taken)
        errors = {key: _reason(error) for key, error in broken.items()} | unfit
        self.subject, self.outcome = Subject(engine, frame, is_deterministic, masks, errors), Open()

    def observed(self) -> "DataFrame":
        """The good rows, which count while somebody writes them, each time anew."""
        masks, self.outcome = self._known.masks, Open()
        if not masks.rules.rows and not masks.rules.values:
            return self._handed_on(masks.frame)
        if not self.is_observable:
            return self._handed_on(masks.good(masks.labelled))
        labelled, observation = masks.observed(is_detailed=not self.is_deterministic)
        self.outcome = Open(observation)
        return self._handed_on(masks.good(labelled))

    def part(self) -> "tuple[DataFrame, str]":
        """All rows, which count while somebody writes them, and the column that says which of them are set apart."""
        frame, column, observation = self._known.masks.parted()
        self.outcome = Open(observation)
        return frame, column

    def collect(self, written: Written, expected: int | None) -> bool:
        """Takes over what was counted while the rows were written, if nothing speaks against it, else counts what was written.

        expected: how many rows went on, as far as it is known: the good ones, or all where the sink splits. False when neither
        can be had: Spark did part of the work twice, or a check looks at the whole frame, and the rows differ each time.
        """
        subject = self._known
        if written.apart is not None:
            return self._collect_apart(subject, written, written.apart, expected)
        summary = self._seen(expected) if written.is_once and expected is not None else None
        if summary is not None and not subject.masks.found(summary) and not self._looks_at_frame:
            self.outcome = Counted(subject.masks.complete(summary))  # nobody has to look at the rows again
            return True
        stage = None if self.is_split else written.stage()
        self.rows = Staged(stage) if stage is not None and subject.engine.same_shape(stage, subject.frame) else AsPlanned()
        if isinstance(self.rows, AsPlanned) and not subject.is_deterministic and (self._looks_at_frame or summary is None):
            return self.is_settled and not self._looks_at_frame
        if not self.is_settled:
            try:
                self.outcome = Counted(self._counted(subject, summary))
                if summary is None and isinstance(self.rows, AsPlanned):
                    self._compare(expected)
            except Exception as error:  # noqa: BLE001 -- what cannot be counted was not evaluated, whatever the reason
                self._give_up(_reason(error))
        return True

    def _counted(self, subject: Subject, summary: Summary | None) -> Counts:
        """From observed numbers, or from another look at the rows."""
        frame = self.rows.frame if isinstance(self.rows, Staged) else subject.frame
        if summary is not None:
            return subject.masks.complete(summary, frame)
        return (subject.engine.masks(frame, subject.masks.rules) if isinstance(self.rows, Staged) else subject.masks).count()

    def _collect_apart(self, subject: Subject, written: Written, apart: "DataFrame", total: int | None) -> bool:
        """The same where good and bad rows lie apart. False when these are not the rows that were given."""
        good, engine = written.stage(), subject.engine
        if good is None or not all(engine.same_shape(each, subject.frame) for each in (good, apart)):
            return False
        whole = engine.united_rows([good, apart])
        self.rows = Staged(whole, apart)
        try:
            bad = self._masks_of(apart, subject.masks.rules.rows).count(is_detailed=True)
            if bad.apart != bad.rows:
                raise RuntimeError(f"{bad.rows} rows were set apart, but of these a second look found {bad.apart} bad.")
            summary = self._seen(total - bad.rows) if written.is_once and total is not None else None
            is_told = summary is not None and (summary.rows, summary.apart) == (total, bad.rows)
            self.outcome = Counted(self._counted_apart(subject, whole, bad, summary if is_told else None, total))
        except Exception as error:  # noqa: BLE001 -- what cannot be counted was not evaluated, whatever the reason
            self._give_up(_reason(error))
        return True

    def _counted_apart(
        self, subject: Subject, whole: "DataFrame", bad: Counts, summary: Summary | None, total: int | None
    ) -> Counts:
        """bad: the counts of the rows that were set apart. summary: the observed numbers, if they are believed."""
        rules = subject.masks.rules
        if summary is not None and self.is_observable:
            if rules.rows.keys() <= splitting(self.checks):
                return replace(bad, rows=summary.rows, values=summary.values)
            return subject.masks.complete(summary, whole)
        counts = self._masks_of(whole, (*rules.rows, *rules.values)).count()
        if counts.apart != bad.rows or counts.rows != (counts.rows if total is None else total):
            told = f"{counts.rows} rows, of which {counts.apart} are bad"
            raise RuntimeError(f"{total} rows were written, {bad.rows} of them set apart, but a second look found {told}.")
        return counts

    def _masks_of(self, frame: "DataFrame", keys: Collection[int]) -> RowMasks:
        """These rules, of rows that lie elsewhere."""
        subject = self._known
        return subject.engine.masks(frame, subject.masks.rules.only(*keys), splitting(self.checks), self._taken)

    def cache(self, level: str) -> None:
        """Computes the frame once, and counts its rows in the same action."""
        subject = self._known
        self.rows = Cached(subject.masks.labelled)
        subject.engine.cache_when_read(subject.masks.labelled, level)
        try:
            self.outcome = Counted(subject.masks.count())
        except BaseException:
            self.release()
            raise

    def count(self) -> None:
        """Counts in a pass over the frame."""
        if self._known.counted:
            self.outcome = Counted(self._known.masks.count())

    def exclude_raising(self) -> bool:
        """After a job that failed: whether checks are to blame. These are left out from then on, and are not evaluated."""
        subject = self._known
        found = subject.engine.raising_rules(subject.frame, subject.masks.rules)
        if found:
            errors = {**subject.errors, **{key: f"It raises on the data: {_reason(error)}" for key, error in found.items()}}
            rules = self._rules(subject.engine).without(errors)
            masks = subject.engine.masks(subject.frame, rules, splitting(self.checks), self._taken)
            self.subject = replace(subject, masks=masks, errors=errors)
        return bool(found)

    def good(self) -> "DataFrame":
        """The rows that go on."""
        return self._handed_on(self._known.masks.good(self._labelled()))

    def bad(self, place: str | None, run_id: str) -> "DataFrame":
        """The rows that a sink takes, or (None) the run's own folder."""
        return self._set_apart(self._numbers[place], run_id)

    def rejected_rows(self, run_id: str) -> "DataFrame":
        """All quarantined rows, wherever they would have gone."""
        return self._set_apart(None, run_id)

    def quarantined(self, place: str | None) -> int:
        """How many rows a place takes."""
        return self.counts.routed.get(self._numbers[place], 0) if self.counts is not None and place in self._numbers else 0

    @property
    def all_quarantined(self) -> int:
        """How many rows go to any place."""
        return sum(self.counts.routed.values()) if self.counts is not None else 0

    def judge(self, context: Context) -> list[QualityResult]:
        """The result of each check, in the order of the file. Frame checks run their jobs now."""
        looks = Looks(context, self._looked_at()) if self._looks_at_frame else None
        return [self._judge(check, looks) for check in self.checks]

    def samples(self) -> Iterator[Sample]:
        """Bad rows of the checks that want some shown, where these can be read once more as they were judged."""
        subject, counts = self._known, self.counts
        if counts is None or (isinstance(self.rows, AsPlanned) and not subject.is_deterministic):
            return
        is_staged = isinstance(self.rows, Staged)
        masks = subject.engine.masks(self._looked_at(), subject.masks.rules) if is_staged else subject.masks
        labelled = masks.labelled if is_staged else self._labelled()
        for check in self.checks:
            if check.config.samples and counts.failed.get(check.number):
                rows = masks.bad_rows(labelled, check.number, check.config.samples)
                columns, values = subject.engine.collected(rows)
                yield Sample(check.number, columns, texts(columns, values, check.config.mask))

    def release(self) -> None:
        """Lets go of the frame that is cached."""
        if isinstance(self.rows, Cached):
            self._known.engine.release_frame(self.rows.labelled)
            self.rows = AsPlanned()

    # ---- inside

    def _handed_on(self, rows: "DataFrame") -> "DataFrame":
        return self._known.engine.without_columns(rows, self.helpers) if self.helpers else rows

    @property
    def _known(self) -> Subject:
        if self.subject is None:
            raise RuntimeError("The checks have not begun.")
        return self.subject

    @property
    def _names(self) -> dict[int, str]:
        return {check.number: check.name for check in self.checks}

    @property
    def _numbers(self) -> dict[str | None, int]:
        """Place → its number."""
        return {place: number for number, place in enumerate(dict.fromkeys(places(self.checks).values()))}

    @property
    def _looks_at_frame(self) -> bool:
        return any(check.looks_at_frame for check in self.checks)

    def _rules(self, engine: Engine) -> Rules:
        counted = {
            check.number: check.plugin
            for check in self.checks
            if isinstance(check.plugin, RowCheck | AggregateCheck) and not check.looks_at_frame
        }
        return engine.rules(counted, wheres(self.checks))

    @property
    def _taken(self) -> dict[int, int]:
        """Quarantine check → the number of the place that takes its bad rows."""
        return {key: self._numbers[place] for key, place in places(self.checks).items()}

    def _labelled(self) -> "DataFrame":
        return self._known.engine.planned_anew(self._known.masks.labelled)

    def _set_apart(self, place: int | None, run_id: str) -> "DataFrame":
        """Bad rows, with what was wrong with them. Of a frame that is read again, only rules that found a row are asked."""
        masks, labelled = self._known.masks, self._labelled()
        if not self.is_cached and self.counts is not None:
            found = [key for key, failed in self.counts.failed.items() if failed]
            apart = self.rows.apart if isinstance(self.rows, Staged) else None
            masks = masks.narrowed(found) if apart is None else self._masks_of(apart, found)
            labelled = masks.labelled
        return self._known.engine.signed(masks.routed(labelled, place, self._names), run_id, self.at)

    def _seen(self, expected: int) -> Summary | None:
        """What was counted during the write; None when nothing arrived, or when other rows went on."""
        observation = self.outcome.observation if isinstance(self.outcome, Open) else None
        summary = self._known.masks.seen(observation) if observation is not None else None
        return summary if summary is not None and summary.rows - summary.apart == expected else None

    def _compare(self, expected: int | None) -> None:
        counts = self.counts
        if counts is not None and expected is not None and counts.rows - counts.apart != expected:
            good = counts.rows - counts.apart
            self._give_up(f"{expected} good rows were written, but a second look at the frame found {good}.")

    def _give_up(self, reason: str) -> None:
        self.outcome = Open()
        self.subject = replace(self._known, errors={**self._known.errors, **dict.fromkeys(self._known.counted, reason)})

    def _judge(self, check: CheckRun, looks: "Looks | None") -> QualityResult:
        if check.number in self._known.errors:
            return not_evaluated(check, self._known.errors[check.number])
        try:
            verdict = self._verdict(check, looks)
        except Exception as error:  # noqa: BLE001 -- the code of a check may raise anything
            return not_evaluated(check, _reason(error))
        if not isinstance(verdict, Verdict):
            return not_evaluated(check, f"It gave {type(verdict).__name__} instead of a Verdict.")
        return result_of(check, verdict)

    def _verdict(self, check: CheckRun, looks: "Looks | None") -> Any:
        plugin = check.plugin
        if check.looks_at_frame and looks is not None:
            return looks.verdict(check)
        if self.counts is None or isinstance(plugin, FrameCheck):
            raise RuntimeError("Its numbers did not arrive.")
        if isinstance(plugin, RowCheck):
            return row_verdict(check.number, self.counts.failed, self.counts.values, self.counts.rows)
        return plugin.judge(self.counts.values[check.number])

    def _looked_at(self) -> "DataFrame":
        """The frame of the frame checks."""
        match self.rows:
            case Staged(frame):
                return frame
            case Cached():
                return self._handed_on(self._known.masks.unlabelled(self._labelled()))
            case AsPlanned():
                return self._handed_on(self._known.frame)


def _overwriting(names: Sequence[str], quarantines: Collection[int]) -> dict[int, str]:
    """Quarantine adds columns of its own: rows that have them already were set apart before, and would lose why."""
    taken = quarantines_own(names)
    reason = f"Quarantine would overwrite {', '.join(map(repr, taken))}. Rename or drop it before, with `rename` or `drop`."
    return dict.fromkeys(quarantines, reason) if taken else {}


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])  # its own text has quotes around it
    told = describe_error(error)
    return told.message if told.type == "RuntimeError" else f"{told.type}: {told.message}"


Evaluate = Callable[[ComponentInfo, "DataFrame", Sequence[CheckConfig]], Sequence[QualityResult] | None]
