"""The promise to plugin authors: `ppf_core.testing` has every name here, with this signature.

`test_public_api.py` holds the kernel against this file, as it does for contracts.pyi. Only add, with defaults.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import StructType

from ppf_core import Context, Plugin, Sink, StreamingSink, WriteId

P = TypeVar("P", bound=Plugin[Any])
Schema = str | StructType  # DDL or a StructType

# ---- a plugin, and what a run hands to it ----------------------------------------------------------------------------

def build(plugin_class: type[P], folder: Path | str | None = None, /, **options: Any) -> P:
    """As the kernel builds it from the options of a pipeline file in `folder`. ConfigError has every mistake in them."""

def context(
    spark: SparkSession,
    *,
    component: str = "component",
    pipeline: str = "test",
    run_id: str = "test",
    attempt: int = 1,
    write_id: WriteId | None = None,
    frames: Mapping[str, DataFrame] | None = None,
    pinned: str | None = None,
    state: Mapping[str, str] | None = None,
) -> Context: ...

# ---- streams ---------------------------------------------------------------------------------------------------------

class MemoryStream:
    """Rows that a test adds, as a stream."""

    @property
    def frame(self) -> DataFrame:
        """A streaming frame, from the first row on."""
    def add(self, rows: Iterable[Any] = ()) -> None:
        """A batch, of no rows too."""

def memory_stream(spark: SparkSession, schema: Schema, folder: Path | None = None) -> MemoryStream:
    """folder: where the rows are kept, for a test that goes on in another process."""

def stream_batches(frame: DataFrame, checkpoint: Path) -> list[list[Row]]:
    """All that a streaming frame gives now, batch by batch; with the same checkpoint again what it gives since."""

def write_stream(
    sink: Sink[Any] | StreamingSink[Any],
    frame: DataFrame,
    checkpoint: Path,
    *,
    output_mode: str = "append",
    component: str = "component",
) -> None:
    """Writes all that a streaming frame gives now, as a run does. A batch that is written again has the same write id."""
