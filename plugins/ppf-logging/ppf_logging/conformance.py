"""Cases for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_logging.logging import LoggingHooks


class Lines:
    """One JSON object a line, in a file."""

    plugin = LoggingHooks
    refused: ClassVar = [{"level": "loud"}, {"format": "xml"}, {"path": "s3a://bucket/log"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        """All that can be set."""
        return {"level": "debug", "format": "json", "path": str(folder / "run.jsonl")}
