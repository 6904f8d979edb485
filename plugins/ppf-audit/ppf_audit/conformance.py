"""Cases for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_audit.audit import AuditHooks


class Trail:
    """A file that is rotated."""

    plugin = AuditHooks
    refused: ClassVar = [{"max_bytes": 0}, {"path": "s3a://bucket/audit"}]

    def options(self, folder: Path) -> Mapping[str, Any]:
        """All that can be set."""
        return {"path": str(folder / "audit.jsonl"), "fsync": False, "max_bytes": 1000, "backups": 2}
