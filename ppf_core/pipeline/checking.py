"""The checks of one component in one run: what they look at, who counts for them, and what they find.

    begin → ride (a sink writes the frame, and counts) | keep (computed once, and counted) | count (a pass) → judge

Numbers of a ride are only believed when nothing of the sink's job ran twice and they agree with what the sink wrote. Else the
rows are counted again where they lie: in the stage, or in a frame that gives the same rows each time.
"""

import datetime
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppf_core.config.model import CheckConfig
from ppf_core.contracts.checks import AggregateCheck, FrameCheck, RowCheck, Verdict
from ppf_core.contracts.context import Context
from ppf_core.contracts.results import ComponentInfo, QualityResult
from ppf_core.contracts.secrets import MASK
from ppf_core.pipeline.judging import CheckRun, not_evaluated, places, result_of, row_verdict, splitting
from ppf_core.pipeline.redaction import mask_by_name
from ppf_core.pipeline.roles import Carrier
from ppf_core.spark.engine import Engine, Tally
from ppf_core.spark.errors import describe_error
from ppf_core.spark.tallies import Counts, Rules, Summary
from ppf_core.threads import threads

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


_LONGEST_TEXT = 200


@dataclass(frozen=True)
class Written:
    """What a sink did with the rows that it got. frame: its stage, where that can be read and holds all of them.

    is_once: whether all its jobs, their stages and their tasks ran once.
    """

    frame: "DataFrame | None"
    is_once: bool


@dataclass(frozen=True)
class Sample:
    """A few bad rows of one check, as texts; a value that is not shown is MASK, one that is NULL is None."""

    number: int
    columns: tuple[str, ...]
    rows: list[list[str | None]]


@dataclass
class Checking:
    """The state of a component's checks; one thread at a time uses it.

    frame: what is checked; None before `begin`. is_repeatable: whether it gives the very same rows each time it is read.
    counts: what was counted. answer: the results of a hook that evaluates in our place. is_kept_first: whether the frame is
    computed once before anybody writes it, since it could not be judged otherwise.
    """

    checks: tuple[CheckRun, ...]
    carrier: Carrier
    frame: "DataFrame | None" = None
    is_repeatable: bool = False
    counts: Counts | None = None
    answer: Sequence[QualityResult] | None = None
    is_kept_first: bool = False
    at: datetime.datetime = field(default_factory=lambda: threads().now())
    _tally: Tally | None = None
    _errors: dict[int, str] = field(default_factory=dict)
    _observation: Any = None
    _engine: Engine | None = None
    _whole: "DataFrame | None" = None
    _kept: "DataFrame | None" = None
    _looks: list[tuple[FrameCheck[Any], Any]] = field(default_factory=list)

    @property
    def is_split(self) -> bool:
        """Whether some rows go elsewhere."""
        return bool(splitting(self.checks))

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
        return self._tally is not None and not self._is_counting

    @property
    def is_kept(self) -> bool:
        """Whether the frame is computed once, and its rows are counted."""
        return self._kept is not None

    @property
    def can_be_answered(self) -> bool:
        """Whether a hook may evaluate in our place: it cannot split a frame."""
        return not self.is_split

    @property
    def is_observable(self) -> bool:
        """Whether its numbers can be counted while somebody writes the frame; if not, they are counted afterwards."""
        return self._tallied.is_observable()

    def begin(self, frame: "DataFrame", engine: Engine, *, is_repeatable: bool) -> None:
        """Looks at the frame, not at its rows. A check that does not fit it is not evaluated, which is told at the end."""
        self.frame, self.is_repeatable, self._engine = frame, is_repeatable, engine
        self._tally, broken = engine.fitting(frame, self._rules(()), splitting(self.checks), self._taken)
        self._errors = {key: _reason(error) for key, error in broken.items()}

    def ride(self) -> "DataFrame":
        """The good rows, which count while somebody writes them, each time anew."""
        tally, self.counts, self._observation = self._tallied, None, None
        if not tally.rules.rows and not tally.rules.values:
            return tally.frame
        if not self.is_observable:
            return tally.good(tally.labelled)
        labelled, self._observation = tally.observed(is_detailed=not self.is_repeatable)
        return tally.good(labelled)

    def hear(self, written: Written, expected: int | None) -> bool:
        """Takes over what was counted while the rows were written, if nothing speaks against it, else counts what was written.

        expected: how many good rows went on, as far as it is known. False when neither can be had: Spark did part of the work
        twice, or a check looks at the whole frame, and the rows differ each time.
        """
        tally = self._tallied
        summary = self._seen(expected) if written.is_once and expected is not None else None
        frame = written.frame if written.frame is not None and self._spark.same_shape(written.frame, tally.frame) else None
        self._whole = frame if not self.is_split else None
        if self._whole is None and not self.is_repeatable and self._looks_at_frame:
            return False
        if self.is_settled:
            return True
        try:
            if summary is not None:
                self.counts = tally.complete(summary, self._whole if self._whole is not None else tally.frame)
            elif self._whole is not None:
                self.counts = self._spark.tally(self._whole, tally.rules).count()
            elif self.is_repeatable:
                self.counts = tally.count()
                self._compare(expected)
            else:
                return False
        except Exception as error:  # noqa: BLE001 -- what cannot be counted was not evaluated, whatever the reason
            self._give_up(_reason(error))
        return True

    def keep(self, level: str) -> None:
        """Computes the frame once, and counts its rows in the same action."""
        tally = self._tallied
        self._kept = tally.labelled
        self._spark.keep_when_read(tally.labelled, level)
        try:
            self.counts = tally.count()
        except BaseException:
            self.release()
            raise

    def count(self) -> None:
        """Counts in a pass over the frame."""
        tally = self._tallied
        if tally.rules.rows or tally.rules.values:
            self.counts = tally.count()

    def blame(self) -> bool:
        """After a job that failed: whether checks are to blame. These are left out from then on, and are not evaluated."""
        found = self._spark.raising_rules(self._tallied.frame, self._tallied.rules)
        self._errors |= {key: f"It raises on the data: {_reason(error)}" for key, error in found.items()}
        if found:
            self._make_tally()
        return bool(found)

    def good(self) -> "DataFrame":
        """The rows that go on."""
        return self._tallied.good(self._labelled())

    def bad(self, place: str | None, run_id: str) -> "DataFrame":
        """The rows that a sink takes, or (None) the run's own folder."""
        return self._set_apart(self._numbers[place], run_id)

    def evidence(self, run_id: str) -> "DataFrame":
        """All quarantined rows, wherever they would have gone."""
        return self._set_apart(None, run_id)

    def quarantined(self, place: str | None) -> int:
        """How many rows a place takes."""
        return self.counts.placed.get(self._numbers[place], 0) if self.counts is not None and place in self._numbers else 0

    @property
    def all_quarantined(self) -> int:
        """How many rows go to any place."""
        return sum(self.counts.placed.values()) if self.counts is not None else 0

    def judge(self, context: Context) -> list[QualityResult]:
        """The result of each check, in the order of the file. Frame checks run their jobs now."""
        self._looks.clear()
        return [self._judge(check, context) for check in self.checks]

    def samples(self) -> Iterator[Sample]:
        """Bad rows of the checks that want some shown, where these can be read once more as they were judged."""
        if self.counts is None or not (self.is_kept or self.is_repeatable or self._whole is not None):
            return
        frame = self._labelled() if self._whole is None or self.is_split else None
        tally = self._tallied if frame is not None else self._spark.tally(self._looked_at(), self._tallied.rules)
        for check in self.checks:
            if check.config.samples and self.counts.failed.get(check.number):
                rows = tally.bad_rows(frame if frame is not None else tally.labelled, check.number, check.config.samples)
                columns, values = self._spark.collected(rows)
                yield Sample(check.number, columns, _texts(columns, values, check.config.mask))

    def release(self) -> None:
        """Lets go of the frame that was kept."""
        if self._kept is not None:
            self._spark.release_frame(self._kept)
            self._kept = None

    # ---- inside

    @property
    def _spark(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("The checks have not begun.")
        return self._engine

    @property
    def _tallied(self) -> Tally:
        if self._tally is None:
            raise RuntimeError("The checks have not begun.")
        return self._tally

    @property
    def _names(self) -> dict[int, str]:
        return {check.number: check.name for check in self.checks}

    @property
    def _numbers(self) -> dict[str | None, int]:
        """Place → its number."""
        return {place: number for number, place in enumerate(dict.fromkeys(places(self.checks).values()))}

    @property
    def _looks_at_frame(self) -> bool:
        return any(isinstance(check.plugin, FrameCheck) for check in self.checks)

    @property
    def _is_counting(self) -> bool:
        tally = self._tallied
        counted = {*tally.rules.rows, *tally.rules.values}
        return bool(counted) and not counted <= self._errors.keys()

    def _rules(self, without: Sequence[int]) -> Rules:
        counted = {check.number: check.plugin for check in self.checks if isinstance(check.plugin, RowCheck | AggregateCheck)}
        return self._spark.rules(counted).without(without)

    def _make_tally(self) -> None:
        self._tally = self._spark.tally(
            self._tallied.frame, self._rules(list(self._errors)), splitting(self.checks), self._taken
        )

    @property
    def _taken(self) -> dict[int, int]:
        """Quarantine check → the number of the place that takes its bad rows."""
        return {key: self._numbers[place] for key, place in places(self.checks).items()}

    def _labelled(self) -> "DataFrame":
        return self._spark.planned_anew(self._tallied.labelled)

    def _set_apart(self, place: int | None, run_id: str) -> "DataFrame":
        """Bad rows, with what was wrong with them. Of a frame that is read again, only rules that found a row are asked."""
        tally, labelled = self._tallied, self._labelled()
        if not self.is_kept and self.counts is not None:
            tally = tally.narrowed([key for key, failed in self.counts.failed.items() if failed])
            labelled = tally.labelled
        return self._spark.signed(tally.placed(labelled, place, self._names), run_id, self.at)

    def _seen(self, expected: int) -> Summary | None:
        """What was counted during the ride; None when nothing arrived, or when other rows went on."""
        summary = self._tallied.seen(self._observation) if self._observation is not None else None
        return summary if summary is not None and summary.rows - summary.apart == expected else None

    def _compare(self, expected: int | None) -> None:
        counts = self.counts
        if counts is not None and expected is not None and counts.rows - counts.apart != expected:
            good = counts.rows - counts.apart
            self._give_up(f"{expected} good rows were written, but a second look at the frame found {good}.")

    def _give_up(self, reason: str) -> None:
        self.counts = None
        tally = self._tallied
        self._errors |= dict.fromkeys((*tally.rules.rows, *tally.rules.values), reason)

    def _judge(self, check: CheckRun, context: Context) -> QualityResult:
        if check.number in self._errors:
            return not_evaluated(check, self._errors[check.number])
        try:
            verdict = self._verdict(check, context)
        except Exception as error:  # noqa: BLE001 -- the code of a check may raise anything
            return not_evaluated(check, _reason(error))
        if not isinstance(verdict, Verdict):
            return not_evaluated(check, f"It gave {type(verdict).__name__} instead of a Verdict.")
        return result_of(check, verdict)

    def _verdict(self, check: CheckRun, context: Context) -> Any:
        plugin = check.plugin
        if isinstance(plugin, FrameCheck):
            return self._look(plugin, context)
        if self.counts is None:
            raise RuntimeError("Its numbers did not arrive.")
        if isinstance(plugin, RowCheck):
            return row_verdict(self.counts.failed[check.number], self.counts.rows)
        return plugin.judge(self.counts.values[check.number])

    def _look(self, plugin: FrameCheck[Any], context: Context) -> Any:
        """The verdict on the frame; checks of one kind that look at the same look once."""
        for other, verdict in self._looks:
            if type(other) is type(plugin) and other.identity == plugin.identity:
                return verdict
        verdict = plugin.judge(context, self._looked_at())
        self._looks.append((plugin, verdict))
        return verdict

    def _looked_at(self) -> "DataFrame":
        """The frame of the frame checks: one and the same object for all of them."""
        if self._whole is None:
            tally = self._tallied
            self._whole = tally.unlabelled(self._labelled()) if self.is_kept else tally.frame
        return self._whole


def _texts(columns: Sequence[str], rows: Sequence[Sequence[Any]], masked: Collection[str]) -> list[list[str | None]]:
    hidden = [name in masked or mask_by_name({name: "shown"})[name] == MASK for name in columns]
    return [[_text(value, is_hidden=hide) for value, hide in zip(row, hidden, strict=True)] for row in rows]


def _text(value: object, *, is_hidden: bool) -> str | None:
    if value is None:
        return None
    return MASK if is_hidden else str(value)[:_LONGEST_TEXT]


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])  # its own text has quotes around it
    told = describe_error(error)
    return told.message if told.type == "RuntimeError" else f"{told.type}: {told.message}"


Evaluate = Callable[[ComponentInfo, "DataFrame", Sequence[CheckConfig]], Sequence[QualityResult] | None]
