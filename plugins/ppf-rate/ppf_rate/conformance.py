"""Cases for `ppf plugins test`."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_rate.rate import RateSource

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class _Numbers:
    """Numbers, which nobody feeds."""

    plugin = RateSource

    def due(self, _fed: Sequence[str], read: Sequence[str]) -> Sequence[str]:
        """As many as came, one after the other."""
        return [str(number) for number in range(len(read))]


class EachBatch(_Numbers):
    """Each start makes a batch."""

    refused: ClassVar = [{"rows_per_batch": 0}, {"partitions": 0}, {"rows_per_second": 2, "rows_per_batch": 2}]

    def options(self, _folder: Path) -> Mapping[str, Any]:
        """Three rows at a time."""
        return {"rows_per_batch": 3}

    def feed(self, _spark: "SparkSession", _folder: Path, _value: str) -> None:
        """Nothing has to be done."""


class EachSecond(_Numbers):
    """Time makes rows."""

    refused: ClassVar = [{"rows_per_second": 0}, {"rows_per_second": "many"}]

    def options(self, _folder: Path) -> Mapping[str, Any]:
        """Two rows at a time."""
        return {"rows_per_second": 2, "partitions": 1}

    def feed(self, _spark: "SparkSession", _folder: Path, _value: str) -> None:
        """Waits for rows."""
        time.sleep(1.1)
