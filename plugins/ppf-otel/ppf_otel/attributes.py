"""Values as OTLP can carry them."""

import datetime
from collections.abc import Mapping
from typing import TypeAlias

Attribute: TypeAlias = str | bool | int | float

LONGEST_TEXT = 4000
"""Longer texts are cut. Many plans of Spark in one request would be more than a collector accepts."""


def attributes(known: Mapping[str, Attribute | None]) -> dict[str, Attribute]:
    """What is known of something, without what is None."""
    return {name: text(value) if isinstance(value, str) else value for name, value in known.items() if value is not None}


def text(value: str) -> str:
    """A text that protobuf accepts: a lone surrogate has no UTF-8, and would take all that is sent with it down."""
    return value[:LONGEST_TEXT].encode("utf-8", "backslashreplace").decode()


def nanoseconds(moment: datetime.datetime) -> int:
    """A moment as OpenTelemetry counts time, exact to the microsecond."""
    since = moment - datetime.datetime.fromtimestamp(0, datetime.UTC)
    return since // datetime.timedelta(microseconds=1) * 1000
