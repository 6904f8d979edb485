"""What Spark says of a batch, as a value."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from ppf_core.contracts.results import StreamProgress
from ppf_core.threads import threads


def progress_of(told: Mapping[str, Any]) -> StreamProgress:
    """told: the document that Spark makes of a batch."""
    started = _time(told["timestamp"])
    watermark = told.get("eventTime", {}).get("watermark")
    return StreamProgress(
        query=told.get("name") or "",
        batch_id=told["batchId"],
        started_at=started if started is not None else threads().now(),
        duration=told.get("batchDuration", told.get("durationMs", {}).get("triggerExecution", 0)) / 1000,
        input_rows=told.get("numInputRows", 0),
        input_rate=_rate(told.get("inputRowsPerSecond")),
        output_rate=_rate(told.get("processedRowsPerSecond")),
        lag=_lag(told.get("sources", ())),
        state_rows=sum(each["numRowsTotal"] for each in told.get("stateOperators", ())) if told.get("stateOperators") else None,
        watermark=_time(watermark) if watermark is not None and not watermark.startswith("1970-01-01") else None,
    )


def _time(text: str) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def _rate(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _lag(sources: Sequence[Mapping[str, Any]]) -> float | None:
    """How far behind its sources a query is, where they say so."""
    known = [
        float(each["metrics"]["maxOffsetsBehindLatest"])
        for each in sources
        if "maxOffsetsBehindLatest" in (each.get("metrics") or {})
    ]
    return max(known) if known else None
