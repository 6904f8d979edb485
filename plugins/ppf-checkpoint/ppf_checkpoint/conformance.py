"""Cases for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_checkpoint.checkpoint import CheckpointHooks


class Files:
    """A folder of files."""

    plugin = CheckpointHooks
    refused: ClassVar = [{"directory": "s3a://bucket/checkpoints"}, {"directory": ["kept"]}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        """All that can be set."""
        return {"directory": str(folder / "kept")}
