"""What secrets cost: masking a long log, and fetching many; prints seconds as JSON.

`python secret_costs.py masking|fetching FOLDER`
"""

import json
import logging
import random
import string
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from ppf_core import NoOptions, SecretsBackend
from ppf_core.config.binding import bind
from ppf_core.jvm.standard_streams import StandardStreams
from ppf_core.resources.secret_values import SecretsResolver
from ppf_core.secrets.redaction import Redactor
from ppf_core.validation.selection import BoundPlugin

BYTES = 10_000_000
SECRETS = 100
LATENCY = 0.05
WORDS = "INFO Starting task 0.0 in stage (TID 127.0.0.1, executor driver, 9876 bytes) scheduler".split()  # noqa: SIM905 -- words


def masking(folder: Path) -> dict[str, float]:
    """A log of 10 MB on its way to a file: line by line from Python, and as fast as a pipe gives it."""
    chance = random.Random(7)  # noqa: S311 -- the same log each time
    lines = [" ".join(chance.choices(WORDS, k=12)) for _ in range(BYTES // 80)]
    whole = folder / "whole.log"
    whole.write_text("\n".join(lines))
    letters = string.ascii_letters + string.digits
    redactor = Redactor("".join(chance.choices(letters, k=chance.randint(12, 40))) for _ in range(SECRETS))

    def logged(redact: Callable[[str], str]) -> None:
        with (folder / "log").open("w") as sys.stderr, StandardStreams(json=True).capture(folder / "spark.log", redact):
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            logger = logging.getLogger("bench")
            logger.addHandler(handler)
            for line in lines:
                logger.error(line)
            logger.removeHandler(handler)

    def piped(redact: Callable[[str], str]) -> None:
        with StandardStreams(json=True).capture(folder / "spark.log", redact):
            subprocess.run(["cat", whole], check=True)

    taken: dict[str, list[float]] = {}
    error = sys.stderr
    for name, run in {"logged": logged, "piped": piped}.items():
        for _ in range(5):
            taken.setdefault(name, []).append(_seconds(lambda run=run: run(redactor.redact)))
            taken.setdefault(f"{name} without", []).append(_seconds(lambda run=run: run(str)))
    sys.stderr = error
    # The least: whatever else the machine does only adds to it.
    return {name: min(each) for name, each in taken.items()} | {"bytes": float(whole.stat().st_size)}


class Slow(SecretsBackend[NoOptions]):
    """A backend far away."""

    def fetch(self, key: str, field: str | None) -> str:
        """Takes its time."""
        time.sleep(LATENCY)
        return f"value of {key}"


def fetching(_folder: Path) -> dict[str, float]:
    """A hundred references."""
    entry: Any = None
    bound = BoundPlugin("slow", entry, Slow, {}, bind(NoOptions, {}, folder=Path("/")), ("secrets", "slow"), Path("/"))

    def fetch() -> None:
        found = SecretsResolver({"slow": bound}).check({f"secret://slow/{number}": None for number in range(SECRETS)})
        assert not found

    return {"fetched": median(_seconds(fetch) for _ in range(3))}


def _seconds(task: Callable[[], None]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps({"masking": masking, "fetching": fetching}[sys.argv[1]](Path(sys.argv[2]))))
