"""Small real wheels, built and installed in milliseconds: a pure wheel is a zip, installing it is unpacking it."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppf_core.plugins.registry import PluginEntry, PluginRegistry

KERNEL = "ppf-core>=0.1,<1"

DISCOVER = "from ppf_core.plugins.registry import PluginRegistry; registry = PluginRegistry.discover()"

SOURCE = """
from ppf_core import NoOptions, Source

class Rows(Source[NoOptions]):
    "Reads rows."
    def read(self, context):
        return context.spark.range(3)
"""


def build_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    offers: Mapping[str, str] | None = None,
    code: str = SOURCE,
    requires: Sequence[str] = (KERNEL,),
    metadata: str | None = None,
    entry_points: str | None = None,
) -> Path:
    """A wheel with one module. `offers` is `{"sources.rows": "module:Class"}`; the last two replace a whole file."""
    module = module_of(name)
    offers = {"sources.rows": f"{module}:Rows"} if offers is None else offers
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": code,
        f"{info}/METADATA": _metadata(name, version, requires) if metadata is None else metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": _entry_points(offers) if entry_points is None else entry_points,
    }
    files[f"{info}/RECORD"] = "".join(_record(*file) for file in files.items()) + f"{info}/RECORD,,\n"
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def install(wheel: Path, site: Path) -> None:
    """Puts a wheel's files into a folder of sys.path."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


class Site:
    """A folder of installed distributions, seen by this process and by those it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._modules: set[str] = set()

    def install(self, name: str, version: str = "1.0", **wheel: Any) -> None:
        """Builds a wheel and installs it; the arguments are those of `build_wheel`."""
        install(build_wheel(self.folder, name, version, **wheel), self.folder)
        self._modules.add(module_of(name))

    def uninstall(self, name: str) -> None:
        """Removes what the distribution's RECORD lists."""
        for record in self.folder.glob(f"{module_of(name)}-*.dist-info/RECORD"):
            for line in record.read_text().splitlines():
                (self.folder / line.partition(",")[0]).unlink()

    def discover(self, **environ: str) -> PluginRegistry:
        """The plugins of this process's environment."""
        return PluginRegistry.discover(environ)

    def row(self, qualified: str, distribution: str = "acme", **environ: str) -> PluginEntry:
        """The row of one plugin."""
        (row,) = (row for row in self.discover(**environ).find(qualified) if row.distribution == distribution)
        return row

    def python(self, code: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Runs code in a fresh interpreter."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder), **environ}
        return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)

    def forget(self) -> None:
        """Lets the next test import modules of the same names."""
        for module in self._modules:
            sys.modules.pop(module, None)


def module_of(name: str) -> str:
    """The module of a distribution."""
    return name.replace("-", "_").lower()


def _metadata(name: str, version: str, requires: Sequence[str]) -> str:
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", f"Summary: What {name} does."]
    return "\n".join([*lines, *(f"Requires-Dist: {text}" for text in requires)]) + "\n\nA longer text.\n"


def _entry_points(offers: Mapping[str, str]) -> str:
    sections = []
    for qualified, value in offers.items():
        group, _, name = qualified.partition(".")
        sections.append(f"[ppf.{group}]\n{name} = {value}\n")
    return "\n".join(sections)


def _record(path: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(text.encode())}\n"
