"""Rows as a workbook. What a cell cannot hold as it is, is refused: Excel would cut numbers and compute texts."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError
from ppf_excel.options import MOST_COLUMNS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_KINDS = frozenset({"boolean", "byte", "short", "integer", "long", "float", "double", "decimal", "string"})
_TIMES = frozenset({"date", "timestamp", "timestamp_ntz", "daytimeinterval"})
_MOST_DIGITS = 15
_LONGEST = 32_767
_SHOWN = 60
_FIRST_DAY = date(1900, 1, 1)
_FORMATS: dict[type, str] = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", timedelta: "[h]:mm:ss"}


def storable(frame: "DataFrame") -> "DataFrame":
    """The frame with times as clocks of the session show them; refuses, before anything is computed, what no cell can hold."""
    from pyspark.sql import functions

    if not 1 <= len(frame.columns) <= MOST_COLUMNS:
        raise PpfError(
            f"The result has {len(frame.columns)} columns, and a sheet has 1 to {MOST_COLUMNS}.", hint="Select some of them."
        )
    columns = []
    for field in frame.schema:
        kind = field.dataType.typeName()
        if kind not in _KINDS | _TIMES:
            raise PpfError(
                f"The column {field.name!r} is {field.dataType.simpleString().upper()}, which a cell cannot hold.",
                hint="Make a STRING of it with a transform, say with to_json, or drop it.",
            )
        column = functions.col(f"`{field.name.replace('`', '``')}`")
        columns.append(column.cast("timestamp_ntz").alias(field.name) if kind == "timestamp" else column)
    return frame.select(*columns)


def require_storable(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, header: bool) -> None:
    """Refuses the first value that a cell cannot hold, with its row and column."""
    for name in columns if header else ():
        _require(name, "The header")
    for number, row in enumerate(rows, start=1):
        for name, value in zip(columns, row, strict=True):
            _require(value, f"Row {number}", f" in {name!r}")


def write_workbook(file: Path, sheet: str, rows: Iterable[Sequence[Any]]) -> None:
    """Fills a file with rows that are storable; the names of the columns are one of them."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    made = book.create_sheet(sheet)

    def cell(value: Any) -> Any:
        if value is None:
            return None
        found = WriteOnlyCell(made, value)
        if isinstance(value, str):
            found.data_type = "s"  # it takes '=1+1' for a formula, and '#N/A' for an error
        found.number_format = _FORMATS.get(type(value), found.number_format)
        return found

    for row in rows:
        made.append([cell(value) for value in row])
    book.save(file)


def _require(value: Any, row: str, column: str = "") -> None:
    fault = next((told for kind, fault in _FAULTS if isinstance(value, kind) and (told := fault(value))), None)
    if fault is not None:
        text = str(value)
        shown = f"{text[:_SHOWN]!r}…" if len(text) > _SHOWN else repr(text) if isinstance(value, str) else text
        raise PpfError(f"{row} holds{column} {shown}: {fault}.", hint="Change it with a transform, or write another format.")


def _of_text(text: str) -> str | None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if len(text) > _LONGEST:
        return f"a cell has at most {_LONGEST} characters, and this has {len(text)}"
    return "a cell cannot hold control characters" if ILLEGAL_CHARACTERS_RE.search(text) else None


def _of_whole(value: int) -> str | None:
    return f"Excel keeps {_MOST_DIGITS} digits of a number" if len(str(abs(value)).rstrip("0")) > _MOST_DIGITS else None


def _of_decimal(value: Decimal) -> str | None:
    digits = len(value.normalize().as_tuple().digits)
    return f"Excel keeps {_MOST_DIGITS} digits of a number" if digits > _MOST_DIGITS else None


def _of_number(value: float) -> str | None:
    return None if math.isfinite(value) else "a cell holds finite numbers only"


def _of_day(value: date) -> str | None:
    day = value.date() if isinstance(value, datetime) else value
    return "the days of Excel begin with 1900-01-01" if day < _FIRST_DAY else None


_FAULTS: tuple[tuple[type, Callable[[Any], str | None]], ...] = (
    (str, _of_text),
    (int, _of_whole),
    (float, _of_number),
    (Decimal, _of_decimal),
    (date, _of_day),
)
