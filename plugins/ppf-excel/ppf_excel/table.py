"""Rows of cells as a table: what the columns are called, which types they have, and the values in these types."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError, suggestion
from ppf_excel.options import ExcelReadOptions
from ppf_excel.workbook import Cell

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

_EMPTY = Cell("", None)
_EXACT = Context(prec=77)  # the usual 28 digits are too few for DECIMAL(38, 18)
_WHOLE = {"byte": 8, "short": 16, "integer": 32, "long": 64}


@dataclass(frozen=True)
class Table:
    """The named columns, and the rows below their names."""

    path: str
    names: tuple[str, ...]
    rows: list[list[Cell]]

    @classmethod
    def of(cls, path: str, cells: Iterator[list[Cell]], options: ExcelReadOptions) -> "Table":
        """The rows up to the last one with a value."""
        head = next(cells, []) if options.header else []
        rows, empty = list[list[Cell]](), 0
        for row in cells:
            if all(cell.value is None for cell in row):
                empty += 1
                continue
            rows += [[] for _ in range(empty)]
            rows.append([_checked(path, cell, options.error_cells) for cell in row])
            empty = 0
            if len(rows) > options.max_rows:
                raise PpfError(
                    f"The sheet in {path!r} has more than {options.max_rows} rows, which max_rows allows.",
                    hint="Raise max_rows if the driver has the memory, name a smaller range, or save the sheet as CSV.",
                )
        width = max(map(len, [head, *rows]))
        if not options.header:
            if not width:
                raise PpfError(f"The sheet in {path!r} has no cells.", hint="Check sheet, range and skip_rows.")
            return cls(path, tuple(f"_c{index}" for index in range(width)), [_padded(row, width) for row in rows])
        return cls._named(path, _padded(head, width), [_padded(row, width) for row in rows])

    @classmethod
    def _named(cls, path: str, head: list[Cell], rows: list[list[Cell]]) -> "Table":
        places, seen = list[int](), dict[str, str]()
        for index, cell in enumerate(head):
            name = "" if cell.value is None else as_text(cell).strip()
            if not name:
                below = next((row[index] for row in rows if row[index].value is not None), None)
                if below is not None:
                    raise PpfError(
                        f"The cell {below.place} of {path!r} stands in a column without a name.",
                        hint="Name the column, say with range where the table is, or set header = false.",
                    )
                continue
            if name.lower() in seen:
                raise PpfError(
                    f"Two columns of {path!r} are called {name!r}, in {seen[name.lower()]} and {cell.place}.",
                    hint="Give them names of their own, or leave one out with range.",
                )
            seen[name.lower()] = cell.place
            places.append(index)
        if not places:
            raise PpfError(
                f"The sheet in {path!r} has no header.", hint="Check sheet, range and skip_rows, or set header = false."
            )
        names = tuple(as_text(head[index]).strip() for index in places)
        return cls(path, names, [[row[index] for index in places] for row in rows])

    def schema(self) -> "StructType":
        """The narrowest type for each column that holds all its values."""
        from pyspark.sql.types import StructField, StructType

        return StructType([StructField(name, self._type(index)) for index, name in enumerate(self.names)])

    def chosen(self, schema: "StructType", *, by_name: bool) -> "Table":
        """The columns of a schema, by name, or by position where the sheet has no names."""
        if not by_name:
            if len(self.names) > len(schema):
                raise PpfError(
                    f"The sheet in {self.path!r} has {len(self.names)} columns, and the schema {len(schema)}.",
                    hint="Name all of them in the schema, or leave some out with range.",
                )
            return Table(self.path, tuple(schema.names), [_padded(row, len(schema)) for row in self.rows])
        there = {name.lower(): index for index, name in enumerate(self.names)}
        for name in schema.names:
            if name.lower() not in there:
                raise PpfError(f"The sheet in {self.path!r} has no column {name!r}.", hint=suggestion(name, list(self.names)))
        places = [there[name.lower()] for name in schema.names]
        return Table(self.path, tuple(schema.names), [[row[place] for place in places] for row in self.rows])

    def values(self, schema: "StructType") -> list[tuple[Any, ...]]:
        """The rows in the types of a schema that has exactly these columns."""
        into = [_conversion(field.dataType) for field in schema]
        return [tuple(self._value(*each) for each in zip(row, into, schema, strict=True)) for row in self.rows]

    def _value(self, cell: Cell, convert: "Callable[[Cell], Any]", field: Any) -> Any:
        if cell.value is None:
            return None
        try:
            return convert(cell)
        except (ValueError, InvalidOperation, OverflowError) as error:
            kind = field.dataType.simpleString().upper()
            raise PpfError(
                f"The cell {cell.place} of {self.path!r} holds {cell.value!r}, which is no {kind} for {field.name!r}.",
                hint="Correct the cell, or give the column another type in the schema.",
            ) from error

    def _type(self, index: int) -> "DataType":
        from pyspark.sql import types as T

        kinds = {_kind(row[index]) for row in self.rows if row[index].value is not None}
        single: dict[str, DataType] = {
            "boolean": T.BooleanType(),
            "whole": T.LongType(),
            "number": T.DoubleType(),
            "day": T.DateType(),
            "moment": T.TimestampNTZType(),
            "span": T.DayTimeIntervalType(),
        }
        if len(kinds) == 1:
            return single.get(kinds.pop(), T.StringType())
        if kinds == {"whole", "number"}:
            return T.DoubleType()
        return T.TimestampNTZType() if kinds == {"day", "moment"} else T.StringType()


def as_text(cell: Cell) -> str:
    """A value as people write it."""
    value = cell.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return str(value.date()) if cell.is_day and value.time() == time() else value.isoformat(" ")
    return str(value)


def _padded(row: list[Cell], width: int) -> list[Cell]:
    return row + [_EMPTY] * (width - len(row))


def _checked(path: str, cell: Cell, error_cells: str) -> Cell:
    if not cell.is_error:
        return cell
    if error_cells == "null":
        return _EMPTY
    raise PpfError(
        f"The cell {cell.place} of {path!r} holds the error {cell.value}.",
        hint="Correct the formula, or set error_cells = null.",
    )


def _kind(cell: Cell) -> str:
    value = cell.value
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "whole" if -(1 << 63) <= value < 1 << 63 else "number"
    if isinstance(value, float):
        return "number"
    if isinstance(value, datetime):
        return "day" if cell.is_day and value.time() == time() else "moment"
    return "span" if isinstance(value, timedelta) else "text"


def _conversion(kind: "DataType") -> "Callable[[Cell], Any]":
    name = kind.typeName()
    if name in _WHOLE:
        return lambda cell: _whole(cell.value, _WHOLE[name])
    if name == "decimal":
        precision, scale = int(kind.precision), int(kind.scale)  # type: ignore[attr-defined]  # of this type alone
        return lambda cell: _decimal(cell.value, precision, scale)
    simple: dict[str, Callable[[Cell], Any]] = {
        "string": as_text,
        "double": lambda cell: float(_number(cell.value)),
        "float": lambda cell: float(_number(cell.value)),
        "boolean": lambda cell: _boolean(cell.value),
        "date": lambda cell: _day(cell.value),
        "timestamp": lambda cell: _moment(cell.value),
        "timestamp_ntz": lambda cell: _moment(cell.value),
        "daytimeinterval": lambda cell: _span(cell.value),
    }
    if name not in simple:
        raise PpfError(
            f"A cell cannot be read as {kind.simpleString().upper()}.",
            hint="Read it as STRING, and convert it with a transform.",
        )
    return simple[name]


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    found = Decimal(value.strip() if isinstance(value, str) else repr(value))
    if not found.is_finite():
        raise ValueError(value)
    return found


def _whole(value: Any, bits: int) -> int:
    found = _number(value)
    if found != found.to_integral_value() or not -(1 << bits - 1) <= found < 1 << bits - 1:
        raise ValueError(value)
    return int(found)


def _decimal(value: Any, precision: int, scale: int) -> Decimal:
    found = _number(value).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
    if len(found.as_tuple().digits) > precision:
        raise ValueError(value)
    return found


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    if not isinstance(found, datetime) or found.tzinfo is not None:
        raise ValueError(value)
    return found


def _day(value: Any) -> date:
    found = _moment(value)
    if found.time() != time():
        raise ValueError(value)
    return found.date()


def _span(value: Any) -> timedelta:
    if not isinstance(value, timedelta):
        raise ValueError(value)
    return value
