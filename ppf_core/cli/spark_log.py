"""Spark's own words, which often say why: in its log while Spark runs, and shown when it has ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppf_core.cli.output import Output

_SHOWN_ON_FAILURE = 20


def print_log(output: "Output", log: Path, *, everything: bool) -> bool:
    """Prints all of a log, or its last warnings and errors. Tells whether there is anything in it."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    chosen = lines if everything else [line for line in lines if " WARN " in line or " ERROR " in line][-_SHOWN_ON_FAILURE:]
    if chosen:
        output.note("\n".join(chosen))
    return bool(lines)


class ShortLivedLog:
    """Captures Spark's output for a command that keeps no record, and shows it before the log is gone.

    everything: all of it; else only after a failure, and shortened.
    """

    def __init__(self, output: "Output", *, everything: bool) -> None:
        self._output = output
        self._everything = everything

    @contextmanager
    def capture(self, log: Path, redact: Callable[[str], str]) -> Iterator[None]:
        """As StandardStreams.capture."""
        from ppf_core.jvm.standard_streams import StandardStreams

        is_wanted = True
        try:
            with StandardStreams(self._output.json).capture(log, redact):
                yield
            is_wanted = self._everything
        finally:
            if is_wanted:
                print_log(self._output, log, everything=self._everything)
