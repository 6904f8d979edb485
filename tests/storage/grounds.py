"""Where a promise is tried."""

from dataclasses import dataclass

from ppf_core.storage import Files


@dataclass(frozen=True)
class Ground:
    """A folder that nobody else has, on one of the file systems."""

    kind: str
    files: Files
    folder: str

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"
