"""Cases for `ppf plugins test`."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ppf_secrets_env.env import EnvBackend


class Variables:
    """Two variables with a prefix, one of them with fields."""

    plugin = EnvBackend
    refused: ClassVar[Sequence[Mapping[str, Any]]] = [{"prefix": []}]
    secrets: ClassVar = {"TOKEN": "s3cr3t-one", ("LOGIN", "password"): "s3cr3t-two"}

    def options(self, _folder: Path) -> Mapping[str, Any]:
        """A prefix that nobody else has."""
        return {"prefix": "PPF_CONFORMANCE_"}

    def prepare(self, _folder: Path) -> None:
        """Sets both."""
        os.environ |= {"PPF_CONFORMANCE_TOKEN": "s3cr3t-one", "PPF_CONFORMANCE_LOGIN": '{"password": "s3cr3t-two"}'}
