"""The modules of one folder, importable only while they are wanted.

Two pipelines in one process may each have a module `helpers`. So the folder is on `sys.path`, and its modules are in
`sys.modules`, only inside `importable`; in between they are kept here.
"""

import importlib
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from ppf_core.errors import PpfError, suggestion

# The module tables are the process's: two components must not exchange them at the same time.
_tables = threading.RLock()
_NEVER_HIDDEN = sys.stdlib_module_names | {"ppf_core", "py4j", "pyspark"}


class ModuleFolder:
    """A folder to import the code of users from.

    folder = ModuleFolder(Path("/pipelines"))
    with folder.importable():
        late = folder.load("delays:late_flights", "function", callable)
    """

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
        """Inside, an import finds the folder's modules first; afterwards all is as before.

        An error of their code gets a note of where in the folder it was raised, since nobody is shown its traceback.
        """
        with _tables:
            hidden = self._hide_others()
            before = {_top(name) for name in sys.modules}
            sys.modules.update(self._modules)
            sys.path.insert(0, str(self.path))
            importlib.invalidate_caches()
            try:
                yield
            except PpfError:
                raise
            except Exception as error:
                self._locate(error)
                raise
            finally:
                sys.path.remove(str(self.path))
                self._modules = {name: module for name, module in sys.modules.items() if self._is_new(name, before)}
                for name in self._modules:
                    del sys.modules[name]
                sys.modules.update(hidden)

    def load(self, place: str, kind: str, fits: Callable[[object], bool]) -> Any:
        """What `module:name` names, if it fits; only inside `importable`. kind: what messages call it, such as function."""
        module_name, _, name = place.partition(":")
        module = self._module(module_name)
        found = getattr(module, name, None)
        if fits(found):
            return found
        known = [each for each, value in vars(module).items() if fits(value) and not each.startswith("_")]
        where = getattr(module, "__file__", None) or "no file"
        raise PpfError(f"The module {module_name!r} ({where}) has no {kind} {name!r}. {suggestion(name, known)}")

    @contextmanager
    def pickled_by_value(self, cloudpickle: Any) -> Iterator[None]:
        """Inside, what is pickled carries the code of the folder along: executors do not have it. Only inside `importable`."""
        known = cloudpickle.list_registry_pickle_by_value()
        added = [module for module in self._loaded() if module.__name__ not in known]
        for module in added:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            for module in added:
                cloudpickle.unregister_pickle_by_value(module)

    def _module(self, name: str) -> ModuleType:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            raise PpfError(
                f"There is no module {error.name!r} in {str(self.path)!r}, and none is installed. "
                f"{suggestion(error.name, self.names)}"
            ) from error
        except SystemExit as error:
            hint = "Raise another exception to fail."
            raise PpfError(f"The module {name!r} ended with SystemExit({error.code!r}).", hint=hint) from error

    def _locate(self, error: Exception) -> None:
        frames = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).is_relative_to(self.path)]
        for frame in frames[-1:]:
            error.add_note(f"{frame.filename}:{frame.lineno}, in {frame.name}")

    def _loaded(self) -> list[ModuleType]:
        """The folder's modules that are imported now."""
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
