"""Keeps secrets out of what Python libraries log, whichever logger and whosever handler it goes through."""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Redact = Callable[[str], str]

_WITHHELD = "A line was withheld, since a secret was being fetched."

_lock = threading.RLock()
_redacting: list[Redact] = []
_fetching = threading.local()
_before: Callable[..., logging.LogRecord] = logging.LogRecord


@contextmanager
def redacted_logs(redact: Redact) -> Iterator[None]:
    """Until the block ends, the message and the traceback of every log record are masked before any handler sees them."""
    global _before
    with _lock:
        if not _redacting:
            _before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_record)
        _redacting.append(redact)
    try:
        yield
    finally:
        with _lock:
            _redacting.remove(redact)
            if not _redacting and logging.getLogRecordFactory() is _record:
                logging.setLogRecordFactory(_before)


@contextmanager
def withheld_logs() -> Iterator[None]:
    """Until the block ends, nothing of what this thread logs is shown: clients log whole answers, which nobody can mask yet."""
    with redacted_logs(str):
        _fetching.depth = getattr(_fetching, "depth", 0) + 1
        try:
            yield
        finally:
            _fetching.depth -= 1


def _record(*arguments: Any, **more: Any) -> logging.LogRecord:
    record = _before(*arguments, **more)
    if getattr(_fetching, "depth", 0):
        record.msg, record.args, record.exc_info, record.stack_info = _WITHHELD, (), None, None
        return record
    for redact in tuple(_redacting):
        _mask(record, redact)
    return record


def _mask(record: logging.LogRecord, redact: Redact) -> None:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 -- arguments that do not fit; logging would print them to standard error
        message = f"{record.msg} {record.args}"
        record.msg, record.args = message, ()
    if (masked := redact(message)) != message:
        record.msg, record.args = masked, ()
    if record.exc_info and record.exc_info[1] is not None:
        told = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        if (masked := redact(told)) != told:
            record.exc_text, record.exc_info = masked, None
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
