"""Values as JSON: the one way in which records, documents and plugins' options are written down."""

import dataclasses
import datetime
import enum
import math
import types
import typing
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from functools import cache
from typing import Any

from ppf_core.contracts.secrets import MASK, Secret


def to_document(value: Any) -> Any:
    """The value in JSON's types: times in ISO 8601 and UTC, durations in seconds, dataclasses by field, secrets masked."""
    if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, enum.Enum)):
        return value
    if isinstance(value, float):
        # JSON has no NaN and no infinity; their names are what a reader can still understand.
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Secret):
        return MASK
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_document(item) for key, item in value.items()}
    if isinstance(value, (Sequence, Set)) and not isinstance(value, (bytes, bytearray)):
        return [to_document(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.UTC) if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    return str(value)


def from_document(kind: Any, value: Any) -> Any:
    """What `to_document` made of a value of this type: dataclasses, sequences, mappings, times, and JSON's own types."""
    if value is None or kind is Any:
        return value
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return from_document(next(part for part in parts if part is not type(None)), value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**{name: from_document(part, value[name]) for name, part in _field_types(kind).items() if name in value})
    if origin in (Sequence, tuple):
        return tuple(from_document(parts[0], item) for item in value)
    if origin is Mapping:
        return {key: from_document(parts[1], item) for key, item in value.items()}
    return datetime.datetime.fromisoformat(value) if kind is datetime.datetime else value


@cache  # asking for the types of fields takes longer than reading a line
def _field_types(kind: Any) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
