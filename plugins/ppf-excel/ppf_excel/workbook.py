"""A workbook as rows of cells, once it is sure that it is one and not too large."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from ppf_core import PpfError, suggestion
from ppf_excel.options import Region

_OF_OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
# XML packs well; what unpacks to more than this is made to fill the memory.
_PACKING = 20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
)
_CHUNK = 1 << 20
_LONGEST_TAG = 256
# Programs may write the names of XML with a prefix.
_FORMULA = re.compile(rb"<(\w+:)?f[ >/]")


@dataclass(frozen=True)
class Cell:
    """A value, and where it stands. is_day: a moment that is shown without a time."""

    place: str
    value: Any
    is_day: bool = False
    is_error: bool = False


@contextmanager
def opened(path: Path, max_bytes: int) -> Iterator[IO[bytes]]:
    """The file, after a look at whether it is a workbook of a size that can be read."""
    try:
        size = path.stat().st_size
        stream = path.open("rb")
    except OSError as error:
        raise PpfError(
            f"The workbook {str(path)!r} cannot be read: {error.strerror or error}.", hint="Check the option 'path'."
        ) from error
    with stream:
        if size > max_bytes:
            raise PpfError(
                f"The workbook {str(path)!r} has {size} bytes, and max_bytes is {max_bytes}.",
                hint="Raise max_bytes if the driver has the memory, or save the sheet as CSV.",
            )
        _require_workbook(path, stream, max_bytes)
        try:
            yield stream
        except _BROKEN as error:
            raise _no_workbook(path) from error


def cells(path: Path, stream: IO[bytes], sheet: str | None, region: Region) -> Iterator[list[Cell]]:
    """The rows of a sheet, with the values that formulas had when the workbook was saved."""
    values = _sheet(path, stream, sheet, values=True)
    has_formulas = any(_holds_formulas(stream, name) for name in _worksheets(stream))
    formulas = _rows(_sheet(path, stream, sheet, values=False), region) if has_formulas else None
    for number, row in enumerate(_rows(values, region), start=region.first_row):
        made = next(formulas, ()) if formulas is not None else ()
        yield [_cell(path, values.title, number, column, row, made) for column in range(len(row))]


def _cell(path: Path, sheet: str, number: int, index: int, row: tuple[Any, ...], formulas: tuple[Any, ...]) -> Cell:
    from openpyxl.styles.numbers import is_datetime
    from openpyxl.utils import get_column_letter

    found = row[index]
    is_formula = index < len(formulas) and formulas[index].data_type == "f"
    if found.value is None and (not is_formula or found.data_type == "str"):  # a formula may give an empty text
        return Cell("", None)
    place = f"{sheet!r}!{get_column_letter(found.column)}{number}" if found.value is not None else ""
    if found.value is None:
        place = f"{sheet!r}!{get_column_letter(formulas[index].column)}{number}"
        raise PpfError(
            f"The formula {formulas[index].value!r} in the cell {place} of {str(path)!r} has no value: a program wrote it, and "
            "none has computed it.",
            hint="Open the workbook with Excel or LibreOffice and save it.",
        )
    is_day = found.is_date and is_datetime(found.number_format) == "date"
    return Cell(place, found.value, is_day, found.data_type == "e")


def _rows(sheet: Any, region: Region) -> Iterator[tuple[Any, ...]]:
    return iter(
        sheet.iter_rows(
            min_row=region.first_row, max_row=region.last_row, min_col=region.first_column, max_col=region.last_column
        )
    )


def _sheet(path: Path, stream: IO[bytes], name: str | None, *, values: bool) -> Any:
    from openpyxl import load_workbook

    stream.seek(0)
    book = load_workbook(stream, read_only=True, data_only=values, keep_links=False)
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        raise PpfError(f"The workbook {str(path)!r} has no sheet of cells.", hint="Check the option 'path'.")
    if name is not None and name not in sheets:
        listed = ", ".join(map(repr, sheets))
        raise PpfError(
            f"The workbook {str(path)!r} has no sheet {name!r}.", hint=f"{suggestion(name, list(sheets))} There is: {listed}."
        )
    sheet = sheets[name] if name is not None else next(iter(sheets.values()))
    sheet.reset_dimensions()  # programs note wrong ones
    return sheet


def _require_workbook(path: Path, stream: IO[bytes], max_bytes: int) -> None:
    if stream.read(len(_OF_OLD_OFFICE)) == _OF_OLD_OFFICE:
        raise PpfError(
            f"{str(path)!r} is a workbook of the old format .xls, or one with a password.",
            hint="Save it as .xlsx, without a password.",
        )
    try:
        with zipfile.ZipFile(stream) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
            is_workbook = any(each.startswith("xl/") for each in archive.namelist())
    except zipfile.BadZipFile as error:
        raise _no_workbook(path) from error
    if not is_workbook:
        raise _no_workbook(path)
    if unpacked > max_bytes * _PACKING:
        raise PpfError(
            f"The workbook {str(path)!r} unpacks to {unpacked} bytes, more than {_PACKING} times max_bytes = {max_bytes}.",
            hint="Raise max_bytes if the driver has the memory, or save the sheet as CSV.",
        )


def _no_workbook(path: Path) -> PpfError:
    return PpfError(
        f"{str(path)!r} is no Excel workbook, or a broken one.",
        hint="Check the option 'path'; open the file and save it as .xlsx.",
    )


def _worksheets(stream: IO[bytes]) -> list[str]:
    with zipfile.ZipFile(stream) as archive:
        return [name for name in archive.namelist() if name.startswith("xl/worksheets/")]


def _holds_formulas(stream: IO[bytes], name: str) -> bool:
    with zipfile.ZipFile(stream) as archive, archive.open(name) as member:
        before = b""
        while chunk := member.read(_CHUNK):
            if _FORMULA.search(before + chunk):
                return True
            before = chunk[-_LONGEST_TAG:]
    return False
