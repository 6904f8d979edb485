"""One streaming query: started from its checkpoint, watched, started again after a failure, and drained."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.components import StreamingSink
from ppf_core.contracts.context import Context
from ppf_core.execution.retry import RetryExecutor
from ppf_core.spark.streaming import StreamEngine
from ppf_core.streams.batches import Batches, reason_of
from ppf_core.threads import Flag, threads
from ppf_core.validation.queries import Query

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_LOOK_SECONDS = 0.2
_NOTE_SECONDS = 5.0


class Drained(Exception):
    """No further batch begins."""


class CircuitOpen(Exception):
    """The circuit breaker of its input keeps a query from starting."""


@dataclass
class RunningQuery:
    """What goes on in one query, from its first start to its end. `run` takes a thread of its own.

    frame: the streaming frame of its input. batches: None where Spark's own writer does the rest; then `native` writes.
    retrying: after which failure it is started again. admit: why it may not start now. settled: hears whether a start led to a
    batch that was shown, or to a failure. retried: hears of a failure, and after how many seconds it goes on.
    told: hears what Spark said of the last batches, once no more come: it may have told too late.
    """

    query: Query
    checkpoint: str
    trigger: float | None
    frame: "DataFrame"
    streams: StreamEngine
    batches: Batches | None
    native: tuple[StreamingSink[Any], Context] | None
    retrying: RetryExecutor
    admit: Callable[[], str | None]
    settled: Callable[[bool], None]
    retried: Callable[[int, BaseException, float], None]
    told: Callable[[Mapping[str, Any]], None]
    is_draining: Flag = field(default_factory=lambda: threads().event())
    _gate: Any = field(default_factory=lambda: threads().lock())
    _name: str | None = None
    _failure: BaseException | None = None
    _shown: int = 0
    _is_proven: bool = False
    _is_at_work: bool = False

    def run(self) -> BaseException | None:
        """Until it ends by itself, or is drained. Gives the failure after which it was not started again."""
        attempt = 1
        while True:
            shown = self._shown
            refusal = self.admit()
            error = self._once() if refusal is None else CircuitOpen(refusal)
            if error is None or self.is_draining.is_set():
                return error if error is not None and not isinstance(error, Drained) else None
            attempt = 1 if self._shown > shown else attempt
            if refusal is None:
                self.settled(False)
            delay = self.retrying.delay_after(attempt, reason_of(error))
            if delay is None:
                return error
            self.retried(attempt, error, delay)
            self.is_draining.wait(delay)
            if self.is_draining.is_set():
                return error
            attempt += 1

    @property
    def unready(self) -> str | None:
        """Why it is not at work, if it is not."""
        if self.is_draining.is_set():
            return f"The query {self.query.name!r} is drained."
        return None if self._is_at_work else f"The query {self.query.name!r} is not at work: it has not started, or has failed."

    @property
    def spark_name(self) -> str:
        """What Spark calls it: a sink that starts it may need another name."""
        return self._name or self.query.name

    def drain(self) -> None:
        """The batch at work is finished and shown; no other begins. Returns at once."""
        self.is_draining.set()

    # ---- inside

    def _once(self) -> BaseException | None:
        self._failure, self._is_proven = None, False
        try:
            handle = self._start()
            self._name = handle.name
        except Exception as error:  # noqa: BLE001 -- whatever keeps it from starting
            return error
        self._is_at_work = True
        while handle.isActive:
            _wait_for(handle)
            if self.is_draining.is_set() and handle.isActive:
                self._stop(handle)
        self._is_at_work = False
        for told in self.streams.said_of(handle):
            self.told(told)
        return self._failure or self.streams.failure_of(handle)

    def _stop(self, handle: Any) -> None:
        """Once no batch is at work and Spark has noted the last one; if it has not, that comes again, and nothing is done."""
        with self._gate:
            deadline = threads().monotonic() + _NOTE_SECONDS
        while handle.isActive and handle.status["isTriggerActive"] and threads().monotonic() < deadline:
            _wait_for(handle)
        handle.stop()  # without the gate: a batch that comes now finds that no other begins, and Spark waits until it has

    def _start(self) -> Any:
        if self.batches is not None:
            writer = self.streams.batches(self.frame, self._batch)
            return self._set_up(writer).start()
        assert self.native is not None  # noqa: S101 -- one of the two
        sink, context = self.native
        return sink.start(context, self._set_up(sink.write_stream(context, self.frame)))

    def _set_up(self, writer: Any) -> Any:
        return self.streams.set_up(
            writer,
            name=self.query.name,
            trigger=self.trigger,
            output_mode=self.query.output_mode,
            checkpoint=self.checkpoint,
        )

    def _batch(self, frame: "DataFrame", number: int) -> None:
        assert self.batches is not None  # noqa: S101 -- it is the one who calls
        while not self._gate.acquire(timeout=_LOOK_SECONDS):
            self._require_wanted()  # whoever holds it ends the query, and waits for this very call
        try:
            self._require_wanted()
            self.batches.run(frame, number)
            if not self._is_proven:
                self._is_proven = True
                self.settled(True)
            self._shown += 1
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._gate.release()

    def _require_wanted(self) -> None:
        if self.is_draining.is_set():
            self._failure = Drained()
            raise self._failure


def _wait_for(handle: Any) -> None:
    """Until the query ends, but no longer than a moment."""
    with suppress(Exception):  # what it failed with; that is asked for when it is not active any more
        handle.awaitTermination(_LOOK_SECONDS)
