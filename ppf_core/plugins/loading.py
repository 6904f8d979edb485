"""Importing one plugin and making sure that it is what its group promises."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

from ppf_core.plugins.verification import BrokenPlugin, verify
from ppf_core.plugins.versions import missing_requirements
from ppf_core.threads import Threads

if TYPE_CHECKING:
    from ppf_core.plugins.registry import PluginEntry

_STDOUT = Threads().lock()  # of the process, whatever else stands for its threads


def load_object(entry: "PluginEntry", requires: Sequence[str] = ()) -> Any:
    """Imports and verifies what stands behind an entry: a class, or a command. Raises BrokenPlugin, the cause chained."""
    with quiet():
        found = _import(entry, requires)
        try:
            return verify(found, entry.group)
        except BrokenPlugin as fault:
            cause = fault.__cause__
            raise BrokenPlugin(f"{entry.value!r} {fault}") from cause
        except Exception as error:  # a metaclass, for one, can make any question fail
            raise BrokenPlugin(f"{entry.value!r} cannot be looked at: {type(error).__name__}: {error}.") from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Sends what a plugin's module prints to standard error: standard output belongs to the command's document."""
    # One thread at a time: each puts back what it found, and must not find what another one put there.
    with _STDOUT, contextlib.redirect_stdout(sys.stderr):
        yield


def _import(entry: "PluginEntry", requires: Sequence[str]) -> object:
    from stevedore.extension import ExtensionManager

    point = EntryPoint(name=entry.name, value=entry.value, group=f"ppf.{entry.group}")

    class OneExtension(ExtensionManager[Any]):
        """Loads this very entry point: stevedore's own listing is cached, and mixes distributions."""

        def list_entry_points(self) -> list[EntryPoint]:
            return [point]

    try:
        loaded = OneExtension(namespace=point.group, on_load_failure_callback=_reraise)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may end the program, or fail an assert, while it is imported
        raise BrokenPlugin(_import_failure(entry, error, requires)) from error
    return loaded.extensions[0].plugin


def _reraise(_manager: object, _point: EntryPoint, error: BaseException) -> None:
    raise error


def _import_failure(entry: "PluginEntry", error: BaseException, requires: Sequence[str]) -> str:
    """What went wrong, and what to do: a missing requirement can be installed, anything else is the author's."""
    what = f"Importing {entry.value!r} failed: {type(error).__name__}: {_first_line(error)}"
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "pyspark":
        return f"{what}. Run: pip install 'ppf-core[spark]'"
    missing = list(missing_requirements(requires))
    if missing:
        return f"{what}. Its requirements are not met. Run: pip install {' '.join(map(repr, missing))}"
    if isinstance(error, SystemExit):
        what = f"Importing {entry.value!r} ended the program with sys.exit({error.code!r})"
    return f"{what}. Reinstall {entry.distribution}, or tell its author."


def _first_line(error: BaseException) -> str:
    return (str(error) or "no message").splitlines()[0].rstrip(".")
