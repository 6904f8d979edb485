"""How streaming queries stand, in words: while a run goes on, and from what is kept of it."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from ppf_core.cli.output import Output, seconds
from ppf_core.contracts.results import StreamProgress
from ppf_core.state.documents import from_document

_HEADINGS = ("query", "batches", "rows", "bad rows", "last batch", "its rows/s in", "out", "took", "lag", "state rows")


def batch_text(batch: StreamProgress) -> str:
    """One line on the last batch of a query."""
    facts = [f"batch {batch.batch_id}", f"{batch.input_rows:,} rows", *_rates(batch), _time(batch)]
    facts += [f"lag {batch.lag:,.0f}"] if batch.lag is not None else []
    facts += [f"{batch.state_rows:,} rows of state"] if batch.state_rows is not None else []
    facts += [f"{batch.bad_rows:,} bad rows"] if batch.bad_rows else []
    return f"{batch.query}: {', '.join(facts)}"


def newest_text(queries: Sequence[Mapping[str, Any]], now: datetime.datetime) -> str | None:
    """Which batch of which query ended last, and how long ago, from what is kept of a run."""
    ended = [from_document(StreamProgress, each["last"]) for each in queries if each["last"] is not None]
    if not ended:
        return None
    newest = max(ended, key=_ended_at)
    return f"{newest.query} {newest.batch_id}, {seconds(max(0.0, (now - _ended_at(newest)).total_seconds()))} ago"


def print_queries(output: Output, queries: Sequence[Mapping[str, Any]]) -> None:
    """A table of the queries of a stream, from what is kept of its run."""
    if queries:
        output.table(_HEADINGS, [_row(each) for each in queries])
        output.text("")


def _row(query: Mapping[str, Any]) -> tuple[object, ...]:
    head = (query["query"], query["batches"], f"{query['input_rows']:,}", f"{query['bad_rows']:,}")
    if query["last"] is None:
        return (*head, *[None] * (len(_HEADINGS) - len(head)))
    last = from_document(StreamProgress, query["last"])
    rates = (None if rate is None else f"{rate:,.1f}" for rate in (last.input_rate, last.output_rate))
    return (*head, last.batch_id, *rates, _time(last), last.lag, last.state_rows)


def _rates(batch: StreamProgress) -> list[str]:
    rates = {"in": batch.input_rate, "out": batch.output_rate}
    return [f"{rate:,.1f} rows/s {name}" for name, rate in rates.items() if rate is not None]


def _time(batch: StreamProgress) -> str:
    """How long it took; where it takes longer than the trigger, batches are late."""
    return seconds(batch.duration) + (f" (trigger {seconds(batch.trigger)})" if batch.trigger else "")


def _ended_at(batch: StreamProgress) -> datetime.datetime:
    return batch.started_at + datetime.timedelta(seconds=batch.duration)
