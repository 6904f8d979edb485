"""The standard streams of the command line: one document on standard output, Spark's noise in a log, no secret in either."""

import codecs
import io
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO, cast

Redact = Callable[[str], str]

_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 20
# Longer than any secret: so much of an unfinished line stays unwritten, in case a secret has only half arrived.
_HELD_BACK = 1 << 16


class StandardStreams:
    """Standard output and error of the command line while Spark runs.

        streams = StandardStreams(json=True)
        with streams.capture(Path("spark.log"), redactor.redact):
            ...                        # the JVM prints into spark.log, print() to standard error
        print("{}")                    # the only thing on standard output

    The JVM writes to the file descriptors 1 and 2 directly, past `sys.stdout`; so these are what is turned away.
    """

    def __init__(self, json: bool = False) -> None:
        self._json = json

    @contextmanager
    def capture(self, log: Path, redact: Redact) -> Iterator[None]:
        """Until the block ends, Spark prints into the log, and Python to the terminal; both redacted. Ends the JVM of ppf."""
        from ppf_core.jvm.start import end_jvm

        _open_missing()
        before = sys.stdout, sys.stderr
        for stream in (*before, sys.__stdout__, sys.__stderr__):
            _flush(stream)
        out, err = _Redacting(_private(sys.stdout, 1), redact), _Redacting(_private(sys.stderr, 2), redact)
        drain = _Drain(log, redact)
        sys.stdout, sys.stderr = err if self._json else out, err
        try:
            yield
        finally:
            # The JVM holds the pipe; while it lives, the pipe has no end.
            end_jvm()
            for stream in (out, err, sys.__stdout__, sys.__stderr__):
                _flush(stream)
            sys.stdout, sys.stderr = before
            drain.close()


class _Drain:
    """A pipe in the place of the file descriptors 1 and 2, and a thread that writes what comes out, redacted, to a file."""

    def __init__(self, log: Path, redact: Redact) -> None:
        self._log = log.open("ab", buffering=0)
        self._redact = redact
        self._mark = f"\0{secrets.token_hex(16)}\n"
        self._drained = threading.Event()
        self._saved = os.dup(1), os.dup(2)
        self._pipe, write = os.pipe()
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.close(write)
        # A daemon: a child process that nobody ended may hold the pipe for ever, and must not hold us.
        self._thread = threading.Thread(target=self._run, name="ppf-spark-log", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Puts the file descriptors back, when all that was written before is in the log."""
        # The pipe keeps the order: when the mark comes out, all that went in before it is out, whoever still writes.
        os.write(1, self._mark.encode())
        for number, saved in zip((1, 2), self._saved, strict=True):
            os.dup2(saved, number)
            os.close(saved)
        self._drained.wait(timeout=30)
        self._thread.join(timeout=1)

    def _run(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending = ""
        with open(self._pipe, "rb", buffering=0) as pipe, self._log:  # noqa: PTH123 -- a file descriptor has no path
            while chunk := pipe.read(_CHUNK):
                pending += decoder.decode(chunk)
                if self._mark in pending:
                    pending = pending.replace(self._mark, "")
                    self._write(pending)
                    pending = ""
                    self._drained.set()
                pending = pending[self._write_lines(pending) :]
            self._write(pending)
        self._drained.set()

    def _write_lines(self, text: str) -> int:
        """Writes what is complete: whole lines, so that no secret is cut in two; returns how much that was."""
        complete = text.rfind("\n") + 1
        if len(text) - complete > _LONGEST_LINE:
            complete = _safe_cut(text, self._redact)
        self._write(text[:complete])
        return complete

    def _write(self, text: str) -> None:
        if not text:
            return
        # Whatever goes wrong here, the pipe must be emptied: a full one stops the JVM.
        with suppress(OSError, ValueError):
            self._log.write(_redacted(text, self._redact).encode("utf-8", "backslashreplace"))


class _Redacting(io.TextIOBase):
    """A text stream that redacts whole lines and writes them to another; what has no line end yet goes out with `flush`."""

    encoding = "utf-8"
    errors = "backslashreplace"
    redacting = True

    def __init__(self, target: BinaryIO, redact: Redact) -> None:
        self._target = target
        self._redact = redact
        self._pending = ""
        self._lock = threading.RLock()
        self.buffer = _Bytes(self)

    def write(self, text: str) -> int:
        with self._lock:
            complete, newline, self._pending = (self._pending + text).rpartition("\n")
            self._send(complete + newline)
        return len(text)

    def flush(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, ""
            self._send(pending)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._target.isatty()

    def fileno(self) -> int:
        return self._target.fileno()

    def _send(self, text: str) -> None:
        if text:
            # A reader that went away (`| head`) is no reason to fail a run that writes data elsewhere.
            with suppress(OSError, ValueError):
                self._target.write(_redacted(text, self._redact).encode(self.encoding, self.errors))
                self._target.flush()


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer` for those who write bytes: they are redacted as text."""

    def __init__(self, text: _Redacting) -> None:
        self._text = text
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = bytes(cast("bytes", data))
        self._text.write(self._decoder.decode(given))
        return len(given)

    def flush(self) -> None:
        self._text.flush()


def _redacted(text: str, redact: Redact) -> str:
    try:
        return redact(text)
    except Exception as error:  # noqa: BLE001 -- unredacted text must not go out, and a writer must not die
        return f"[{len(text)} characters withheld: {type(error).__name__} while redacting.]\n"


def _safe_cut(text: str, redact: Redact) -> int:
    """Where a very long line can be cut without cutting a secret: there, the redacted parts are the redacted whole."""
    whole = _redacted(text, redact)
    latest = len(text) - _HELD_BACK
    for cut in range(latest, max(latest - 20 * _CHUNK // 16, 0), -_CHUNK // 16):
        if _redacted(text[:cut], redact) + _redacted(text[cut:], redact) == whole:
            return cut
    return len(text)


def _private(stream: TextIO | None, number: int) -> BinaryIO:
    """Standard output or error for ourselves alone, whatever is done to the file descriptor later."""
    if stream is None:
        return open(os.devnull, "wb")  # noqa: PTH123 -- it was closed, and lives as long as the process
    if not _stands_on(stream, number) and hasattr(stream, "buffer"):
        return stream.buffer  # somebody (a test, a notebook) put a stream of their own in its place
    return os.fdopen(os.dup(number), "wb")


def _stands_on(stream: TextIO | None, number: int) -> bool:
    try:
        return stream is not None and stream.fileno() == number
    except (OSError, ValueError):
        return False


def _open_missing() -> None:
    """Opens closed standard descriptors on nothing: else the next file that anybody opens becomes standard output."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _flush(stream: io.TextIOBase | TextIO | None) -> None:
    if stream is not None:
        with suppress(OSError, ValueError):
            stream.flush()
