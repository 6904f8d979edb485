"""Writes a workbook: first under a hidden name beside it, then in its place, in one step.

out/report.xlsx                     the workbook
out/.report.xlsx.ppf-<write id>     its stage
"""

import hashlib
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, Dataset, PpfError, StagedSink, TargetMoved, Ticket, local_path
from ppf_core.storage import LocalFiles, make_folder, rename_if_free, replacing
from ppf_excel.options import ExcelWriteOptions
from ppf_excel.writing import require_storable, storable, write_workbook

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MODE = 0o644


class ExcelSink(StagedSink[ExcelWriteOptions]):
    """Writes the rows as a sheet of a new Excel workbook. The driver writes them, so that there is a limit."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar[Sequence[str]] = ('{ path = "out/report.xlsx", mode = overwrite, sheet = Delays }',)

    @property
    def atomic(self) -> bool | None:
        """A file takes the place of another in one step."""
        return True

    @property
    def idempotent(self) -> bool:
        """Writing again replaces what was written, if it may."""
        return self.options.mode != "error"

    def datasets(self) -> Sequence[Dataset]:
        """The workbook."""
        return (Dataset("file", str(self._target)),)

    def holds_rows(self, context: Context) -> bool:
        """Whether there is a workbook."""
        return self._target.exists()

    def stage(self, context: Context, frame: "DataFrame") -> Ticket:
        """Writes the hidden file. With mode = ignore and a workbook that exists there is nothing to do."""
        self._refuse()
        if self.options.mode == "ignore" and self._target.exists():
            context.report(rows_written=0)
            return {"ignored": "true"}
        seen = _digest(self._target)
        limit = self.options.max_rows
        rows = storable(frame).limit(limit + 1).collect()
        if len(rows) > limit:
            raise PpfError(
                f"The result for {str(self._target)!r} has more than {limit} rows, which max_rows allows.",
                hint="Raise max_rows, aggregate or filter the rows, or write another format.",
            )
        require_storable(frame.columns, rows, header=self.options.header)
        stage = self._stage(context)
        try:
            make_folder(stage.parent)
            with replacing(stage, mode=self._rights) as part:
                write_workbook(part, self.options.sheet, [*([frame.columns] if self.options.header else []), *rows])
        except OSError as error:
            raise PpfError(
                f"The workbook {str(self._target)!r} cannot be written: {error.strerror or error}.",
                hint="Make its folder writable, free space there, or name another path.",
            ) from error
        context.report(rows_written=len(rows))
        return {"staged": _digest(stage), "seen": seen}

    def publish(self, context: Context, ticket: Ticket) -> None:
        """Shows the workbook; one that is there already was shown before."""
        if "ignored" in ticket:
            return
        stage, target = self._stage(context), self._target
        staged = _digest(stage)
        if not staged and (_digest(target) == ticket["staged"] or (self.options.mode == "ignore" and target.exists())):
            return
        if staged != ticket["staged"]:
            raise TargetMoved(f"What was staged for {str(target)!r} is gone or was changed. Run the pipeline again.")
        files = LocalFiles()
        try:
            if not target.exists() and rename_if_free(files, str(stage), str(target)):
                return
            if self.options.mode == "ignore":
                stage.unlink()
                return
            if self.options.mode == "error" or _digest(target) != ticket["seen"]:
                raise TargetMoved(
                    f"The workbook {str(target)!r} was written by somebody else while this run worked on it. Nothing was "
                    "replaced. Look at it, then run again."
                )
            stage.replace(target)
            files.sync(str(target.parent))
        except OSError as error:
            raise PpfError(
                f"The workbook {str(target)!r} could not be published: {error.strerror or error}.",
                hint="What was staged is kept. Remove what is in the way, then run 'ppf runs recover'.",
            ) from error

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Removes what was staged, also half of it."""
        stage = self._stage(context)
        stage.unlink(missing_ok=True)
        stage.with_name(f".{stage.name}.part").unlink(missing_ok=True)

    def _refuse(self) -> None:
        target = self._target
        if target.is_dir():
            raise PpfError(f"The target {str(target)!r} is a folder.", hint="Name a file: a workbook is one.")
        if self.options.mode == "error" and target.exists():
            raise PpfError(
                f"The workbook {str(target)!r} exists, and mode is 'error'.",
                hint="Remove it, or set mode to overwrite or ignore.",
            )

    def _stage(self, context: Context) -> Path:
        return self._target.with_name(f".{self._target.name}.ppf-{context.write_id}")

    @property
    def _target(self) -> Path:
        """With links followed, since the workbook and not the link is replaced."""
        return local_path(self.options.path).resolve()

    @property
    def _rights(self) -> int:
        """Those of the workbook that is replaced."""
        return stat.S_IMODE(self._target.stat().st_mode) if self._target.exists() else _MODE


def _digest(file: Path) -> str:
    """Of the content; empty when there is no file."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
