"""Values as a reader of the page sees them."""

import datetime
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

_MOST_COLUMNS = 60
_LONGEST = 4000
_EXIT_CODES = {
    0: "success",
    1: "a component, or something that the run needs, failed",
    2: "the command line or the file is wrong",
    3: "a plugin that is needed cannot be used",
    4: "a blocking check failed",
    5: "a checkpoint was refused, or another process holds the run",
    130: "interrupted",
    143: "asked to end by SIGTERM",
}


def duration_text(duration: float | None) -> str:
    """Milliseconds where seconds would say nothing."""
    if duration is None:
        return ""
    if 0 < duration < 0.95:
        return f"{1000 * duration:.0f} ms"
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def counted(count: int, noun: str) -> str:
    """`1 component`, `2 components`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def number_text(number: float | None) -> str:
    """`336,776`."""
    return "" if number is None else f"{number:,.10g}" if isinstance(number, float) else f"{number:,}"


def time_text(text: str | datetime.datetime | None) -> str:
    """`2026-01-31 23:59:59 UTC`."""
    if text is None:
        return ""
    moment = datetime.datetime.fromisoformat(text) if isinstance(text, str) else text
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"


def exit_code_text(code: int | None) -> str:
    """The code and what it means."""
    if code is None:
        return ""
    return f"{code}: {_EXIT_CODES[code]}" if code in _EXIT_CODES else str(code)


def clipped(text: str, length: int) -> str:
    """At most so many characters; what is missing is marked."""
    return text if len(text) <= length else text[: length - 1] + "…"


def columns_text(schema: str | None) -> str:
    """The columns in Spark's JSON of a schema: `name string, age int`."""
    if not schema:
        return ""
    fields = json.loads(schema).get("fields", [])
    shown = ", ".join(f"{each['name']} {_type(each['type'])}" for each in fields[:_MOST_COLUMNS])
    return f"{shown}, … ({len(fields)} columns)" if len(fields) > _MOST_COLUMNS else shown


def _type(spark_type: Any) -> str:
    return spark_type if isinstance(spark_type, str) else str(spark_type.get("type"))


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings that are set, in the notation of `--set`: `spark.conf."spark.ui.enabled"` and its value."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            name = json.dumps(key, ensure_ascii=False) if "." in key or not key else key
            yield from flattened(item, f"{path}.{name}" if path else name)
    elif value not in (None, [], ""):
        yield path, clipped(_text(value), _LONGEST)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return textwrap.dedent(value).strip() if "\n" in value else value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def visible(value: Any) -> Any:
    """A text without what a browser would not show, or would show in another order; anything else as it is."""
    if type(value) is not str or value.isprintable():
        return value
    return "".join(each if each.isprintable() or each in "\n\t" else each.encode("unicode_escape").decode() for each in value)
