"""The kit, run against an installed distribution in a process of its own, away from any source tree."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_MODULE = "from ppf_testing import suites_of\n\nglobals().update(suites_of({distribution!r}))\n"


@dataclass(frozen=True)
class Checked:
    """How one check ended. Field names are the keys of the document; status: passed, failed or skipped."""

    plugin: str
    name: str
    status: str
    message: str


def run_kit(distribution: str) -> list[Checked]:
    """All checks of a distribution, as they ended. What pytest prints goes to standard error."""
    with tempfile.TemporaryDirectory(prefix="ppf-testing-") as place:
        folder = Path(place)
        report, module = folder / "report.jsonl", folder / "test_conformance.py"
        module.write_text(_MODULE.format(distribution=distribution), encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        plugins = ("-p", "ppf_testing.fixtures", "-p", "ppf_testing.reporting", "-p", "no:cacheprovider")
        places = ("-c", "pytest.ini", "--rootdir", place, "--basetemp", "tests", "--ppf-report", str(report))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--tb=short",
            *plugins,
            *places,
            "--import-mode=importlib",
            str(module),
        ]
        # Neither settings nor other plugins of whoever calls have a say.
        environment = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        done = subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr.fileno(), check=False)  # noqa: S603
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        checks = [Checked(**json.loads(line)) for line in lines]
        if done.returncode not in (0, 1) and all(each.status != "failed" for each in checks):
            end = f"The tests ended with the exit code {done.returncode}. Look at what they print."
            checks.append(Checked("", "end", "failed", end))
        return checks


def markdown(distribution: str, checks: Sequence[Checked]) -> str:
    """A table for a README: how many checks of each plugin passed, and which were skipped, with the reason."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("ppf-testing", "ppf-core", "pyspark"))
    lines = [f"{distribution} {metadata.version(distribution)}, checked with {versions}:", ""]
    lines += ["| plugin | passed | failed | skipped |", "|---|---|---|---|"]
    for plugin in dict.fromkeys(each.plugin for each in checks):
        own = [each for each in checks if each.plugin == plugin]
        count = Counter(each.status for each in own)
        lines.append(f"| `{plugin}` | {count['passed']} | {count['failed']} | {count['skipped']} |")
    reasons = Counter((each.plugin, each.message) for each in checks if each.status == "skipped")
    lines += ["", *(f"- `{plugin}`: {number} skipped. {message}" for (plugin, message), number in reasons.items())]
    return "\n".join(lines).rstrip()
