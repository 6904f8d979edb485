"""What a person sees while a run goes on: a live display on a terminal, one line an event elsewhere. On standard error."""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from ppf_core.cli.output import Output, counted, is_terminal, printable, seconds
from ppf_core.cli.stream_text import batch_text
from ppf_core.contracts.results import ComponentResult, StreamProgress
from ppf_core.state.events import (
    CircuitChanged,
    ComponentEnded,
    ComponentStarted,
    Event,
    Noted,
    Retried,
    RunEnded,
    RunStarted,
    StepStarted,
    StreamProgressed,
    TasksCounted,
    Warned,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

_QUERY_SECONDS = 5.0
"""At most so often a plain line tells of the same query."""
_COLORS = {"success": "green", "resumed": "green", "failed": "bold red", "skipped": "yellow"}


class LineProgress:
    """Plain lines: for logs, for CI, for a pipe. `write` takes one line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._told: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Observes the run."""
        if isinstance(event, RunStarted):
            self._write(_headline(event))
        elif isinstance(event, StreamProgressed):
            self._batch(event.progress)
        elif isinstance(event, ComponentStarted):
            self._write(f"{event.component.name}: started")
        elif isinstance(event, Retried):
            self._write(f"{event.component.name}: {retried(event)}")
        elif isinstance(event, CircuitChanged):
            self._write(f"{event.component.name}: circuit breaker {event.old} → {event.new}")
        elif isinstance(event, StepStarted) and event.step in ("publish", "discard"):
            self._write(f"{event.component}: {event.step}")
        elif isinstance(event, ComponentEnded) and event.result.status != "not_run":
            self._write(outcome(event.result))
        elif isinstance(event, Noted):
            self._write(event.text)
        elif isinstance(event, Warned):
            self._write(f"warning: {event.problem}")

    def __enter__(self) -> "LineProgress":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def _batch(self, batch: StreamProgress) -> None:
        """A stream may have many batches a second, and tells of each for each of its sinks."""
        now = time.monotonic()
        if now - self._told.get(batch.query, -_QUERY_SECONDS) >= _QUERY_SECONDS:
            self._told[batch.query] = now
            self._write(batch_text(batch))


class QuietProgress:
    """Nothing while the run goes on; what a person should know of it follows at its end. `write` takes one line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._warnings: list[str] = []

    def __call__(self, event: Event) -> None:
        """Observes the run."""
        if isinstance(event, Warned):
            self._warnings.append(f"warning: {event.problem}")

    def __enter__(self) -> "QuietProgress":
        return self

    def __exit__(self, *_: object) -> None:
        for warning in self._warnings:
            self._write(warning)


class LiveProgress:
    """On a terminal: what has ended scrolls by, what is at work stays below with its state, its Spark tasks and its time."""

    wants_tasks = True

    def __init__(self) -> None:
        self._console = _console()
        self._working: dict[str, tuple[str, str, float]] = {}
        self._batches: dict[str, StreamProgress] = {}
        self._total = self._ended = 0
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        """Observes the run."""
        if isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, ComponentStarted):
            self._working[event.component.name] = (event.component.kind, "started", time.monotonic())
        elif isinstance(event, StepStarted):
            kind, _, since = self._working.get(event.component, ("", "", time.monotonic()))
            self._working[event.component] = (kind, event.step, since)
        elif isinstance(event, TasksCounted):
            self._count(event)
        elif isinstance(event, StreamProgressed):
            self._batches[event.progress.query] = event.progress
        elif isinstance(event, Retried):
            kind, _, since = self._working.get(event.component.name, ("", "", time.monotonic()))
            self._working[event.component.name] = (kind, f"waits for attempt {event.attempt + 1}", since)
            self._print(f"{event.component.name}: {retried(event)}", "yellow")
        elif isinstance(event, CircuitChanged):
            self._print(f"{event.component.name}: circuit breaker {event.old} → {event.new}", "yellow")
        elif isinstance(event, ComponentEnded):
            self._end(event.result)
        elif isinstance(event, Warned):
            self._print(f"warning: {event.problem}", "yellow")
        elif isinstance(event, Noted):
            self._print(event.text, "dim")
        elif isinstance(event, RunEnded):
            self._stop()

    def __enter__(self) -> "LiveProgress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Gives the terminal back, also when the run broke off."""
        self._stop()

    def __rich__(self) -> "RenderableType":
        """What is at work now; rich asks several times a second."""
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        for batch in list(self._batches.values())[:12]:
            table.add_row(self._spinner, Text(batch_text(batch)))
        for name, (kind, state, since) in () if self._batches else list(self._working.items())[:12]:
            table.add_row(self._spinner, Text(name), Text(kind, "dim"), Text(state), Text(seconds(now - since), "cyan"))
        table.add_row("", Text(f"{self._ended} of {self._total} ended", "dim"))
        assert isinstance(self._spinner, Spinner)  # noqa: S101 -- made by _start, before anything is drawn
        return table

    def _start(self, event: RunStarted) -> None:
        from rich.live import Live
        from rich.spinner import Spinner

        self._total = len(event.components)
        self._spinner = Spinner("dots")
        self._print(_headline(event), "bold")
        # Only what goes to the same terminal is routed around the display; a file or a pipe gets its bytes unchanged.
        self._live = Live(
            self, console=self._console, transient=True, refresh_per_second=8, redirect_stdout=is_terminal(sys.stdout)
        )
        self._live.start()

    def _count(self, event: TasksCounted) -> None:
        if event.component in self._working and event.total:
            kind, state, since = self._working[event.component]
            step = state.partition(" · ")[0]
            self._working[event.component] = (kind, f"{step} · {event.done} of {event.total} tasks", since)

    def _end(self, result: ComponentResult) -> None:
        self._working.pop(result.name, None)
        self._ended += 1
        if result.status != "not_run":
            self._print(outcome(result), _COLORS.get(result.status, ""))

    def _print(self, text: str, style: str) -> None:
        """Above the display while there is one; what comes after it, of a hook that failed at the end, is told as well."""
        self._console.print(printable(text), style=style, markup=False, highlight=False)

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


Progress = LineProgress | QuietProgress | LiveProgress


def progress(output: Output, *, wanted: bool) -> AbstractContextManager[Progress]:
    """The display that fits where standard error goes."""
    if not wanted:
        return QuietProgress(output.note)
    return LiveProgress() if is_terminal(sys.stderr) else LineProgress(output.note)


def outcome(result: ComponentResult) -> str:
    """One line on how a component ended."""
    facts = [f"{result.rows_written} rows"] if result.rows_written is not None else []
    facts += [seconds(result.duration)] if result.duration is not None else []
    reason = f" ({result.reason})" if result.reason else ""
    return f"{result.name}: {result.status}{reason}{''.join(f', {fact}' for fact in facts)}"


def retried(event: Retried) -> str:
    """What happens after an attempt that failed."""
    told = f"{event.error.type}: {event.error.message}"
    return f"attempt {event.attempt} failed ({told}), the next one follows in {seconds(event.delay)}"


def _headline(event: RunStarted) -> str:
    return f"Run {event.run.run_id} of {event.run.pipeline}: {counted(len(event.components), 'component')}"


def _console() -> "Console":
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True)
