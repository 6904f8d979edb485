"""A staged sink, and one that is not."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame

from ppf_core import Context, Dataset, Sink, StagedSink, Ticket, local_path, option, options


@options
class FileOptions:
    """Where the file is."""

    path: str = option("The file.", path=True)


class LedgerSink(StagedSink[FileOptions]):
    """Writes a ledger, as a whole or not at all."""

    def datasets(self) -> Sequence[Dataset]:
        return (Dataset("file", self.options.path),)

    def stage(self, context: Context, frame: DataFrame) -> Ticket:
        staged = self._folder / str(context.write_id)
        staged.mkdir(parents=True)
        rows = sorted((row.id, row.amount) for row in frame.collect())
        (staged / "rows.json").write_text(json.dumps(rows))
        return {"staged": str(staged)}

    def publish(self, context: Context, ticket: Ticket) -> None:
        staged = Path(ticket["staged"])
        if staged.exists():
            (staged / "rows.json").replace(self._target)
            shutil.rmtree(staged)

    def discard(self, context: Context, ticket: Ticket | None) -> None:
        staged = Path(ticket["staged"]) if ticket else self._folder / str(context.write_id)
        shutil.rmtree(staged, ignore_errors=True)

    @property
    def _target(self) -> Path:
        return local_path(self.options.path)

    @property
    def _folder(self) -> Path:
        return self._target.with_name(f".{self._target.name}.staged")


class ToldSink(Sink[FileOptions]):
    """Writes how many rows there are."""

    @property
    def idempotent(self) -> bool:
        return True

    def write(self, context: Context, frame: DataFrame) -> None:
        local_path(self.options.path).write_text(str(frame.count()))
