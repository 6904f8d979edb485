"""Where a command writes: its answer on standard output, everything else on standard error, one document under `--json`."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from ppf_core import __version__
from ppf_core.errors import Problem, RunError

if TYPE_CHECKING:
    from pathlib import Path

_STYLES = {
    **dict.fromkeys(("success", "ok", "ready", "resumed"), "green"),
    **dict.fromkeys(("failed", "error", "broken", "duplicate", "incompatible", "interrupted"), "bold red"),
    **dict.fromkeys(("warning", "skipped", "not_run", "blocked"), "yellow"),
}


class Output:
    """What a command tells its user. Made by `main`, handed to every command."""

    json: bool

    def __init__(self) -> None:
        self.json = False
        self._answer: TextIO = sys.stdout
        self._shape: Mapping[str, Any] = {}
        self._open = contextlib.ExitStack()

    @contextlib.contextmanager
    def streams(self, *, as_json: bool) -> Iterator[None]:
        """Under `--json` all else that is printed, by a plugin's C code or a program it calls too, goes to standard error."""
        before = self._answer = sys.stdout = sys.stdout or _nowhere()
        errors = sys.stderr = sys.stderr or _nowhere()
        for stream in (before, errors):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        self.use_json(as_json)
        try:
            yield
        finally:
            self._open.close()
            sys.stdout, sys.stderr = before, errors
            for stream in (before, errors):
                try:
                    stream.flush()
                except OSError:  # else the interpreter would complain at its end
                    silence(stream)

    def use_json(self, wanted: bool = True) -> None:
        """From here on the answer is one document."""
        if wanted and not self.json:
            sys.stderr = _nowhere() if _is_one_stream() else sys.stderr
            self.json, sys.stdout = True, sys.stderr
            self._answer = self._open.enter_context(_alone(self._answer))

    def binary(self) -> BinaryIO:
        """Where a protocol is spoken: the answer as bytes. What plugins print does not get into it, as under `--json`."""
        self.use_json()
        return self._answer.buffer

    def expect(self, **shape: Any) -> None:
        """Says which keys the document of this command has, so that a failing command's document has them too."""
        self._shape = {**self._shape, **shape}

    def text(self, text: str) -> None:
        """A part of the answer, for people and pipes."""
        _write(sys.stdout, printable(text) + "\n")

    def note(self, text: str, *, style: str = "") -> None:
        """Anything that is not the answer. `style` is for a terminal."""
        _write(sys.stderr, _colored(printable(text), style) + "\n")

    def document(self, payload: Mapping[str, Any], *, ok: bool = True) -> None:
        """The one document of this command. Times, decimals, secrets and the like become what JSON has for them."""
        from ppf_core.state.documents import to_document

        self.raw({"ppf": __version__, "ok": ok, **to_document(payload)})

    def raw(self, document: Any) -> None:
        """A document with none of ppf's own keys. It is ASCII, so that no stream can refuse it."""
        try:
            _write(self._answer, json.dumps(document, indent=2, allow_nan=False) + "\n")
        except RunError:
            self.json = False  # there can be no document any more, so that is told in words
            raise

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]], *, aside: bool = False) -> None:
        """A rich table on a terminal; elsewhere one item a line at any width. aside: it is not the answer."""
        stream = sys.stderr if aside else sys.stdout
        cells = [["-" if cell is None or cell == "" else printable(str(cell)) for cell in row] for row in rows]
        if is_terminal(stream):
            _rich_table(headings, cells, stream)
        else:
            _write(stream, _plain_table(headings, cells) + "\n")

    def capture(
        self, log: "Path", redact: Callable[[str], str], *, everything: bool = False
    ) -> contextlib.AbstractContextManager[None]:
        """For `PipelineRunner.frames`: what Spark prints goes to a log, which is shown after a failure; everything: always."""
        from ppf_core.cli.spark_log import ShortLivedLog

        return ShortLivedLog(self, everything=everything).capture(log, redact)

    def problems(self, problems: Sequence[Problem], *, warning: bool = False) -> None:
        """All of them at once: place and message on a line, what to do below it."""
        for problem in problems:
            place = f"{problem.place}: " if problem.place else ""
            kind = "warning: " if warning else "" if place else "error: "
            message = printable(problem.message).replace("\n", "\n    ")
            _write(sys.stderr, printable(place) + _colored(kind + message, "yellow" if warning else "red") + "\n")
            if problem.hint:
                self.note("    " + problem.hint.replace("\n", "\n    "))

    def failure(self, problems: Sequence[Problem], exit_code: int) -> int:
        """Ends a command that could not do what it was asked for, and gives back its exit code."""
        if self.json:
            found = [vars(problem) for problem in problems]
            self.document({**self._shape, "exit_code": exit_code, "problems": found}, ok=False)
        else:
            self.problems(problems)
            if any(problem.file for problem in problems):
                self.note(f"{counted(len(problems), 'problem')}.")
        return exit_code


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at it."""
    try:
        return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # closed
        return False


def counted(count: int, noun: str) -> str:
    """`1 problem`, `2 problems`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def seconds(duration: float | None) -> str:
    """A duration for people."""
    if duration is None:
        return ""
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def printable(text: str) -> str:
    """The text without what would steer a terminal: a file's name or a plugin's message can hold anything."""
    if text.isprintable():
        return text
    return "".join(
        part if part.isprintable() or part in "\n\t" else part.encode("unicode_escape").decode("ascii") for part in text
    )


def _colored(text: str, style: str) -> str:
    if not style or os.environ.get("NO_COLOR") or not is_terminal(sys.stderr):
        return text
    return f"\x1b[{ {'red': 31, 'yellow': 33, 'green': 32}[style] }m{text}\x1b[0m"


def _plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [[heading.upper() for heading in headings]]
    lines += [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _rich_table(headings: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    # Without colours, rich itself would still write in bold.
    Console(file=stream, color_system=None if os.environ.get("NO_COLOR") else "auto").print(table)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        silence(stream)
    except OSError as error:
        silence(stream)
        raise RunError(f"Cannot write the answer: {error.strerror or error}.", hint="Look at where the output goes.") from error


def silence(stream: TextIO) -> None:
    """The reader has left (`| head`): what is still written, by the interpreter at its end too, goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def _alone(answer: TextIO) -> Iterator[TextIO]:
    """A stream to where standard output goes, while the file descriptor 1 itself goes where standard error does."""
    try:
        is_standard, errors = answer.fileno() == 1, sys.stderr.fileno()
    except (OSError, ValueError):  # somebody put a stream of their own in its place
        is_standard, errors = False, 2
    if not is_standard:
        yield answer
        return
    answer.flush()
    with os.fdopen(os.dup(1), "w", encoding="ascii") as alone:
        os.dup2(errors, 1)
        try:
            yield alone
        finally:
            os.dup2(alone.fileno(), 1)


def _is_one_stream() -> bool:
    """Whether spark-submit started us: it copies both streams of its program to its own standard output."""
    try:
        return "PYSPARK_GATEWAY_PORT" in os.environ and os.path.sameopenfile(1, 2)
    except OSError:
        return False


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 -- stands in for a closed stream
