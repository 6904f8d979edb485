"""What a plugin is, in one line: the first line of its docstring, read from its file. Nothing is imported."""

import re
import sys
from functools import cache
from importlib.machinery import ModuleSpec

from ppf_core.plugins.entries import PluginEntry

_BASES = r"(?:\[[^\]\n]*\])?(?:\((?:[^()]|\([^()]*\))*\))?"
_PARAMETERS = r"\((?:(?!\n[^\s)]).)*?\)[^\n]*?:[ ]*\n"
_FIRST_LINE = r'\s*[rR]?(?P<quotes>"""|"|\'\'\'|\')\s*(?P<line>[^\n]*?)\s*(?:(?P=quotes)|\n)'


def summary_of(entry: PluginEntry) -> str | None:
    """The first line of the docstring of its class or command; where none can be read, what its distribution says of itself."""
    module, _, name = entry.value.partition("[")[0].partition(":")
    written = re.escape(name.strip())
    heading = rf"^def\s+{written}{_PARAMETERS}" if entry.group == "commands" else rf"^class\s+{written}\b{_BASES}\s*:"
    found = re.search(heading + _FIRST_LINE, _source(module.strip()), re.MULTILINE | re.DOTALL)
    return (found["line"] if found is not None else None) or entry.summary


@cache
def _source(module: str) -> str:
    """The text of a module; empty where it lies in no file."""
    try:
        origin = getattr(_spec(module), "origin", None)
        if origin is None or not origin.endswith(".py"):
            return ""
        with open(origin, encoding="utf-8") as file:  # noqa: PTH123 -- pathlib takes twice as long
            return file.read()
    except Exception:  # noqa: BLE001 -- the finder of a stranger may raise anything; a listing goes on
        return ""


@cache
def _spec(module: str) -> ModuleSpec | None:
    """Where a module lies. `importlib.util.find_spec` would import the packages above it."""
    package, _, _ = module.rpartition(".")
    above = _spec(package) if package else None
    if package and (above is None or above.submodule_search_locations is None):
        return None
    folders = list(above.submodule_search_locations or ()) if above is not None else None
    found = (finder.find_spec(module, folders) for finder in sys.meta_path if hasattr(finder, "find_spec"))
    return next((spec for spec in found if spec is not None), None)
