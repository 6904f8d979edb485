"""The options of the source and of the sink."""

import re
from dataclasses import dataclass
from typing import Literal

from ppf_core import OptionsError, SchemaContract, local_path, option, options

MOST_ROWS = 1_048_576
"""As many rows as a sheet can have, its header among them."""
MOST_COLUMNS = 16_384
_RANGE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6})?)?", re.IGNORECASE)
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True)
class Region:
    """A part of a sheet, in numbers from 1; without an end it goes as far as there are cells."""

    first_row: int = 1
    first_column: int = 1
    last_row: int | None = None
    last_column: int | None = None

    @classmethod
    def of(cls, text: str) -> "Region":
        """What `B3`, `B3:F` or `B3:F20` names. ValueError for anything else."""
        found = _RANGE.fullmatch(text)
        if found is None:
            raise ValueError(f'is {text!r}, but must be cells such as "B3:F20", or "B3:F" for all rows from there')
        column, row, last_column, last_row = found.groups()
        ends = (int(last_row) if last_row else None, _number(last_column) if last_column else None)
        region = cls(int(row), _number(column), *ends)
        if (region.last_row or MOST_ROWS) < region.first_row or (region.last_column or MOST_COLUMNS) < region.first_column:
            raise ValueError(f"is {text!r}, which ends before it begins, or outside of a sheet")
        return region


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _of_this_machine(path: str) -> dict[str, str]:
    try:
        local_path(path)
    except ValueError as error:
        return {"path": str(error)}
    return {} if path else {"path": "must name a workbook"}


@options
class ExcelReadOptions:
    """What the source understands."""

    path: str = option("Workbook to read, on this machine.", path=True)
    sheet: str | None = option("Name of the sheet; the first one unless given.", default=None)
    header: bool = option("The first row holds the names of the columns.", default=True)
    range: str | None = option('The cells that are read: "B3:F20", or "B3:F" for all rows from there.', default=None)
    skip_rows: int = option("Rows that are passed over before the header.", default=0)
    schema: str | None = option("The columns and their types, as DDL; found in the cells unless given.", default=None)
    error_cells: Literal["fail", "null"] = option("What a cell with an error such as #DIV/0! does.", default="fail")
    max_rows: int = option("More rows than these are refused: the driver reads them.", default=100_000)
    max_bytes: int = option("A workbook that is larger is refused.", default=50_000_000)

    def __post_init__(self) -> None:
        problems = _of_this_machine(self.path)
        try:
            Region.of(self.range or "A1")
        except ValueError as error:
            problems["range"] = str(error)
        if self.schema is not None:
            try:
                SchemaContract.of(self.schema)
            except ValueError as error:
                problems["schema"] = str(error)
        least = {"skip_rows": 0, "max_rows": 1, "max_bytes": 1}
        problems |= {name: f"must be at least {by}" for name, by in least.items() if getattr(self, name) < by}
        if problems:
            raise OptionsError(problems)

    @property
    def region(self) -> Region:
        """Where the cells are, the header among them."""
        region = Region.of(self.range or "A1")
        return Region(region.first_row + self.skip_rows, region.first_column, region.last_row, region.last_column)


@options
class ExcelWriteOptions:
    """What the sink understands."""

    path: str = option("Workbook to write, on this machine; it has one sheet.", path=True)
    mode: Literal["error", "overwrite", "ignore"] = option("What to do with a workbook that exists.", default="error")
    sheet: str = option("Name of the sheet.", default="Sheet1")
    header: bool = option("Write the names of the columns as the first row.", default=True)
    max_rows: int = option("More rows than these are refused: the driver writes them.", default=100_000)

    def __post_init__(self) -> None:
        problems = _of_this_machine(self.path)
        if not problems and not self.path.lower().endswith(".xlsx"):
            problems["path"] = f"is {self.path!r}, but must end with .xlsx, the only kind of workbook that is written"
        if not 1 <= len(self.sheet) <= 31 or _NO_SHEET_NAME.search(self.sheet) or self.sheet.startswith("'"):
            problems["sheet"] = rf"is {self.sheet!r}, but must have 1 to 31 characters, none of them of []:*?/\ "
        if not 1 <= self.max_rows <= MOST_ROWS - self.header:
            problems["max_rows"] = f"must be from 1 to {MOST_ROWS - self.header}, as many as a sheet can have"
        if problems:
            raise OptionsError(problems)
