"""One event of a run, and the line of the audit trail that tells of it."""

import datetime
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ppf_core import ErrorInfo


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """What happened where. What an event does not know is null; what only this event knows is in `details`."""

    event: str
    run_id: str
    pipeline: str
    component: str | None = None
    status: str | None = None
    attempt: int | None = None
    duration: float | None = None
    error: ErrorInfo | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    time: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def line(self) -> bytes:
        """One JSON object and a newline. Every line has the same keys, so that it can be read as a table."""
        document = {
            "time": _moment(self.time),
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "event": self.event,
            "component": self.component,
            "status": self.status,
            "attempt": self.attempt,
            "duration": self.duration,
            "error": {"type": self.error.type, "message": self.error.message} if self.error else None,
            "details": self.details,
        }
        text = json.dumps(_told(document), ensure_ascii=False, allow_nan=False)
        # A lone surrogate has no UTF-8; written as \udc80 it is what JSON itself would write.
        return (text + "\n").encode("utf-8", "backslashreplace")


def _told(value: Any) -> Any:
    """A value in JSON's types."""
    if isinstance(value, float):
        # JSON has no NaN and no infinity; their names are what a reader can still understand.
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime.datetime):
        return _moment(value)
    if isinstance(value, Mapping):
        return {str(key): _told(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_told(item) for item in value]
    return str(value)


def _moment(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
