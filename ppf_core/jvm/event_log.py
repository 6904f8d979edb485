"""Spark's event log of one application, out of which secrets are taken once Spark has written the last of it.

Spark writes what tasks raise as they raised it, into one file or a folder of files, of lines of JSON that it compresses unless
told otherwise. So each file is read, by Spark's own codec, and replaced by the masked one where that differs.
"""

import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.paths import local_path
from ppf_core.errors import Problem
from ppf_core.hocon.places import dotted
from ppf_core.jvm.errors import describe_error
from ppf_core.storage.durable import replacing
from ppf_core.storage.paths import scheme

if TYPE_CHECKING:
    from pyspark import SparkContext

Mask = Callable[[str], str]

_FOLDER = "spark.eventLog.dir"
_CHUNK = 1 << 22


@dataclass(frozen=True)
class EventLog:
    """Where Spark writes the log. codec: what it compresses with, in Java; None when it does not."""

    path: str
    _java: Any
    _codec: Any | None = None

    @property
    def obstacle(self) -> Problem | None:
        """Why the log cannot be masked, as a warning; None when it can."""
        if scheme(self.path) == "file":
            return None
        message = f"Spark's event log {self.path!r} lies on no disk of this machine: what tasks raise stands there unmasked."
        hint = f"Let {_FOLDER!r} be a local folder, or let only those read it who may know the secrets of the pipeline."
        return Problem(code="event-log", message=message, hint=hint, path=dotted(("spark", "conf", _FOLDER)))

    def mask(self, mask: Mask, tell: Callable[[str], None]) -> None:
        """Masks the files of an application that has ended; tells of those that stay as they are."""
        for file in self._files():
            try:
                self._mask_file(file, mask)
            except Exception as error:  # noqa: BLE001 -- Java that has died answers with errors of many kinds
                told = describe_error(error)
                tell(f"Secrets may stand in Spark's event log {str(file)!r}, which was not masked: {told.type}: {told.message}")

    def _files(self) -> list[Path]:
        path = local_path(self.path)
        if path.is_dir():
            return sorted(path.glob("events_*"))
        return [file for file in (path, path.with_name(f"{path.name}.inprogress")) if file.is_file()]

    def _mask_file(self, file: Path, mask: Mask) -> None:
        if any(mask(text) != text for text in self._texts(file)):
            with replacing(file, mode=stat.S_IMODE(file.stat().st_mode)) as part, self._writing(part) as write:
                for text in self._texts(file):
                    write(mask(text).encode("utf-8", "surrogateescape"))

    def _texts(self, file: Path) -> Iterator[str]:
        """The text of a file in pieces of whole lines."""
        rest = b""
        with closing(self._chunks(file)) as chunks:
            for chunk in chunks:
                complete, newline, rest = (rest + chunk).rpartition(b"\n")
                yield (complete + newline).decode("utf-8", "surrogateescape")
        yield rest.decode("utf-8", "surrogateescape")

    def _chunks(self, file: Path) -> Generator[bytes, None, None]:
        if self._codec is None:
            with file.open("rb") as plain:
                while chunk := plain.read(_CHUNK):
                    yield chunk
            return
        # It takes a file without its end for whole, as a Spark that was killed leaves it.
        stream = self._codec.compressedContinuousInputStream(self._java.java.io.FileInputStream(str(file)))
        try:
            while chunk := bytes(stream.readNBytes(_CHUNK)):
                yield chunk
        finally:
            stream.close()

    @contextmanager
    def _writing(self, file: Path) -> Iterator[Callable[[bytes], Any]]:
        if self._codec is None:
            with file.open("wb") as plain:
                yield plain.write
            return
        stream = self._codec.compressedOutputStream(self._java.java.io.FileOutputStream(str(file)))
        try:
            yield stream.write
        finally:
            stream.close()


def event_log(context: "SparkContext") -> EventLog | None:
    """The event log of a SparkContext; None when it keeps none."""
    java: Any = context._jvm
    scala = context._jsc.sc()
    if scala.eventLogger().isEmpty():
        return None
    codec = scala.eventLogCodec()
    made = None
    if codec.isDefined():
        made = java.org.apache.spark.io.CompressionCodec.createCodec(scala.getConf(), codec.get())
    return EventLog(str(scala.eventLogger().get().logWriter().logPath()), java, made)
