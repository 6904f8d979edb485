"""The modules of one folder, importable only while they are wanted.

Two pipelines in one process may each have a module `helpers`. So the folder is on `sys.path`, and its modules are in
`sys.modules`, only inside `importable`; in between they are kept here.
"""

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

# The module tables are the process's: two components must not exchange them at the same time.
_tables = threading.RLock()
_NEVER_HIDDEN = sys.stdlib_module_names | {"ppf_core", "py4j", "pyspark"}


class ModuleFolder:
    """A folder to import from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._modules: dict[str, ModuleType] = {}

    @property
    def names(self) -> list[str]:
        """The modules and packages that lie in the folder."""
        if not self.path.is_dir():
            return []
        modules = [file.stem for file in self.path.glob("*.py")]
        return modules + [file.parent.name for file in self.path.glob("*/__init__.py")]

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Inside, an import finds the folder's modules first; afterwards all is as before."""
        with _tables:
            hidden = self._hide_others()
            before = {_top(name) for name in sys.modules}
            sys.modules.update(self._modules)
            sys.path.insert(0, str(self.path))
            importlib.invalidate_caches()
            try:
                yield
            finally:
                sys.path.remove(str(self.path))
                self._modules = {name: module for name, module in sys.modules.items() if self._is_new(name, before)}
                for name in self._modules:
                    del sys.modules[name]
                sys.modules.update(hidden)

    def loaded(self) -> list[ModuleType]:
        """The folder's modules that are imported now; only inside `importable`."""
        return [sys.modules[top] for top in {_top(name) for name in sys.modules} if top in sys.modules and self._holds(top)]

    def _hide_others(self) -> dict[str, ModuleType]:
        tops = {name for name in self.names if name in sys.modules and name not in _NEVER_HIDDEN and not self._holds(name)}
        return {name: sys.modules.pop(name) for name in list(sys.modules) if _top(name) in tops}

    def _is_new(self, name: str, before: set[str]) -> bool:
        return _top(name) not in before and self._holds(_top(name))

    def _holds(self, top: str) -> bool:
        """Whether a top-level module lies directly in the folder: what is installed below it, as in .venv, does not count."""
        module = sys.modules.get(top)
        origin = getattr(module, "__file__", None)
        places = [Path(origin)] if origin else [Path(place) / "" for place in getattr(module, "__path__", [])]
        homes = {self.path / f"{top}.py", self.path / top / "__init__.py", self.path / top}
        return top not in _NEVER_HIDDEN and any(place in homes for place in places)


def _top(name: str) -> str:
    return name.partition(".")[0]
