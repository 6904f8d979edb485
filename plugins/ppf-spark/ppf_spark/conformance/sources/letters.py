# ruff: noqa: D101, D102, N802, N803 -- the methods and their names are those of pyspark
"""Data sources in Python, over a folder with a file for each batch of lines. The option `fail` names what is to raise."""

import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql.datasource import (
    DataSource,
    DataSourceReader,
    DataSourceStreamReader,
    DataSourceStreamWriter,
    DataSourceWriter,
    InputPartition,
    SimpleDataSourceStreamReader,
    WriterCommitMessage,
)


class Folder:
    """The files, in the order in which they came."""

    def __init__(self, options: Any) -> None:
        self.path = Path(options["folder"])
        self.failing = options.get("fail")

    def meet(self, method: str) -> None:
        """Raises where it is told to."""
        if self.failing == method:
            raise LookupError(f"bad luck in {method}")

    def files(self) -> list[Path]:
        """Those that are whole."""
        return sorted(self.path.glob("*.txt"), key=lambda file: (file.stat().st_mtime_ns, file.name))

    def lines(self, start: int, end: int) -> Iterator[tuple[str]]:
        """Those of some of the files."""
        for file in self.files()[start:end]:
            self.meet("read")
            yield from ((line,) for line in file.read_text().splitlines())

    def keep(self, rows: Iterator[Any]) -> "Kept":
        """Writes rows where nobody looks."""
        hidden = self.path / f".{uuid.uuid4().hex}"
        with hidden.open("w") as file:
            for row in rows:
                self.meet("write")
                file.write(f"{row[0]}\n")
        return Kept(hidden.name)

    def show(self, messages: Sequence[Any], name: str) -> None:
        """Renames what was kept."""
        self.meet("commit")
        for number, message in enumerate(messages):
            (self.path / message.name).rename(self.path / f"{name}-{number}.txt")

    def forget(self, messages: Sequence[Any]) -> None:
        """Removes what was kept."""
        for message in filter(None, messages):
            (self.path / message.name).unlink(missing_ok=True)
        (self.path / "aborted").touch()


class Kept(WriterCommitMessage):
    """A file that is not shown yet."""

    def __init__(self, name: str) -> None:
        self.name = name


class Lines(DataSource):
    """All that a data source can do. Its name is one that Spark has itself."""

    @classmethod
    def name(cls) -> str:
        return "text"

    def schema(self) -> str:
        Folder(self.options).meet("schema")
        return "value STRING"

    def reader(self, schema: Any) -> DataSourceReader:
        Folder(self.options).meet("reader")
        return Reader(self.options)

    def writer(self, schema: Any, overwrite: bool) -> DataSourceWriter:
        Folder(self.options).meet("writer")
        return Writer(self.options, overwrite)

    def streamReader(self, schema: Any) -> DataSourceStreamReader:
        return StreamReader(self.options)

    def streamWriter(self, schema: Any, overwrite: bool) -> DataSourceStreamWriter:
        return StreamWriter(self.options)


class Simple(DataSource):
    """What only has a simple reader of streams."""

    def schema(self) -> str:
        return "value STRING"

    def simpleStreamReader(self, schema: Any) -> SimpleDataSourceStreamReader:
        return SimpleReader(self.options)


class Nothing:
    """No data source."""


class Reader(DataSourceReader):
    def __init__(self, options: Any) -> None:
        self.folder = Folder(options)

    def partitions(self) -> Sequence[InputPartition]:
        self.folder.meet("partitions")
        return [InputPartition(number) for number in range(len(self.folder.files()))]

    def read(self, partition: InputPartition) -> Iterator[tuple[str]]:
        return self.folder.lines(partition.value, partition.value + 1)


class Writer(DataSourceWriter):
    def __init__(self, options: Any, overwrite: bool) -> None:
        self.folder, self.overwrite = Folder(options), overwrite

    def write(self, iterator: Iterator[Any]) -> WriterCommitMessage:
        return self.folder.keep(iterator)

    def commit(self, messages: Sequence[Any]) -> None:
        for file in self.folder.files() if self.overwrite else ():
            file.unlink()
        self.folder.show(messages, f"{time.time_ns()}")

    def abort(self, messages: Sequence[Any]) -> None:
        self.folder.forget(messages)


class StreamReader(DataSourceStreamReader):
    def __init__(self, options: Any) -> None:
        self.folder = Folder(options)

    def initialOffset(self) -> dict[str, int]:
        return {"files": 0}

    def latestOffset(self) -> dict[str, int]:
        self.folder.meet("latestOffset")
        return {"files": len(self.folder.files())}

    def partitions(self, start: dict[str, int], end: dict[str, int]) -> Sequence[InputPartition]:
        return [InputPartition(number) for number in range(start["files"], end["files"])]

    def read(self, partition: InputPartition) -> Iterator[tuple[str]]:
        return self.folder.lines(partition.value, partition.value + 1)


class SimpleReader(SimpleDataSourceStreamReader):
    def __init__(self, options: Any) -> None:
        self.folder = Folder(options)

    def initialOffset(self) -> dict[str, int]:
        return {"files": 0}

    def read(self, start: dict[str, int]) -> tuple[Iterator[tuple[str]], dict[str, int]]:
        end = len(self.folder.files())
        return iter(list(self.folder.lines(start["files"], end))), {"files": end}

    def readBetweenOffsets(self, start: dict[str, int], end: dict[str, int]) -> Iterator[tuple[str]]:
        return self.folder.lines(start["files"], end["files"])


class StreamWriter(DataSourceStreamWriter):
    """Writes each batch under its number, so that writing it again replaces it."""

    def __init__(self, options: Any) -> None:
        self.folder = Folder(options)

    def write(self, iterator: Iterator[Any]) -> WriterCommitMessage:
        return self.folder.keep(iterator)

    def commit(self, messages: Sequence[Any], batchId: int) -> None:
        self.folder.show(messages, f"batch-{batchId}")

    def abort(self, messages: Sequence[Any], batchId: int) -> None:
        self.folder.forget(messages)
