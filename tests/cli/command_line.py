"""The command line as a function."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ppf_core.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What one command line gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one document on standard output, which ends with exactly one newline."""
        assert self.out.endswith("}\n")
        document: dict[str, Any] = json.loads(self.out)
        return document


Ppf = Callable[..., Answer]


@pytest.fixture
def ppf(capsys: pytest.CaptureFixture[str]) -> Ppf:
    """Runs a command line in this process."""

    def run(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Answer(code, *capsys.readouterr())

    return run
