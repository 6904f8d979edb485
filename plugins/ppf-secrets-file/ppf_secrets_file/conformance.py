"""Cases for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_secrets_file.file import FileBackend


class Mounted:
    """A folder with two files, one of them in a folder below and with fields."""

    plugin = FileBackend
    refused: ClassVar = [{"directory": []}, {"directory": "s3a://bucket/secrets"}]
    secrets: ClassVar = {"token": "s3cr3t-one", ("db/login", "password"): "s3cr3t-two"}

    def options(self, folder: Path) -> Mapping[str, Any]:
        """The folder of the test."""
        return {"directory": str(folder / "secrets")}

    def prepare(self, folder: Path) -> None:
        """Writes both."""
        (folder / "secrets" / "db").mkdir(parents=True)
        (folder / "secrets" / "token").write_text("s3cr3t-one\n", encoding="utf-8")
        (folder / "secrets" / "db" / "login").write_text('{"password": "s3cr3t-two"}', encoding="utf-8")
