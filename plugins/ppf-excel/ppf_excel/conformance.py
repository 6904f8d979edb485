"""Cases for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_excel.sink import ExcelSink
from ppf_excel.source import ExcelSource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Sheet:
    """A text and a number below their names."""

    plugin = ExcelSource
    refused: ClassVar = ({"header": "perhaps"},)
    missing: ClassVar = {"path": "/nowhere/else.xlsx"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """The first sheet."""
        return {"path": str(folder / "in.xlsx")}

    def prepare(self, spark: "SparkSession", folder: Path) -> None:
        """One row."""
        _save(folder / "in.xlsx", "Ada", 1815)

    def change(self, spark: "SparkSession", folder: Path) -> None:
        """Another one."""
        _save(folder / "in.xlsx", "Grace", 1906)


class Workbook:
    """A workbook that is replaced."""

    plugin = ExcelSink
    refused: ClassVar = ({"mode": "append"}, {"path": ""})

    def options(self, folder: Path) -> Mapping[str, Any]:
        """One file."""
        return {"path": str(folder / "out.xlsx"), "mode": "overwrite"}

    def shown(self, spark: "SparkSession", folder: Path) -> "DataFrame | None":
        """Its rows, as texts."""
        from openpyxl import load_workbook

        if not (folder / "out.xlsx").exists():
            return None
        names, *rows = load_workbook(folder / "out.xlsx").active.iter_rows(values_only=True)
        shown = [tuple(None if value is None else str(value) for value in row) for row in rows]
        return spark.createDataFrame(shown, ", ".join(f"`{name}` STRING" for name in names))


def _save(path: Path, name: str, born: int) -> None:
    from openpyxl import Workbook as Book

    book = Book()
    for row in (["name", "born"], [name, born]):
        book.active.append(row)
    book.save(path)
