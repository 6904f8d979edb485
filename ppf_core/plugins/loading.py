"""Importing one plugin and making sure that it is what its group promises."""

import contextlib
import inspect
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import EntryPoint
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from ppf_core.plugins.verification import BrokenPlugin, verify
from ppf_core.plugins.versions import missing_requirements
from ppf_core.threads import Threads

if TYPE_CHECKING:
    from ppf_core.plugins.registry import PluginEntry

_STDOUT = Threads().lock()  # of the process, whatever else stands for its threads


def load_object(entry: "PluginEntry", requires: Sequence[str] = (), notes: list[str] | None = None) -> Any:
    """Imports and verifies what stands behind an entry: a class, or a command. Raises BrokenPlugin, the cause chained.

    notes: gets what is no reason to refuse it, such as that it printed something.
    """
    with quiet(notes, entry.package):
        found = _import(entry, requires)
        try:
            return verify(found, entry.group)
        except BrokenPlugin as fault:
            cause = fault.__cause__
            raise BrokenPlugin(f"{entry.value!r}{_at(_place_of_class(found, fault))} {fault}") from cause
        except Exception as error:  # a metaclass, for one, can make any question fail
            raise BrokenPlugin(f"{entry.value!r} cannot be looked at: {type(error).__name__}: {error}.") from error


@contextlib.contextmanager
def quiet(notes: list[str] | None = None, package: str = "") -> Iterator[None]:
    """Sends what a plugin's module prints to standard error: standard output belongs to the command's document.

    notes: gets a sentence for each line of the package that printed something.
    """
    # One thread at a time: each puts back what it found, and must not find what another one put there.
    target: Any = sys.stderr if notes is None else _Noting(sys.stderr, notes, package)
    with _STDOUT, contextlib.redirect_stdout(target):
        yield


class _Noting:
    """A stream to another one that notes who writes."""

    def __init__(self, target: TextIO, notes: list[str], package: str) -> None:
        self._target, self._notes, self._package = target, notes, package

    def write(self, text: str) -> int:
        note = f"It prints {text.strip()!r} while it is imported{_at(_place_in(self._package))}. Leave that out."
        if text.strip():
            self._notes.append(note)
        return self._target.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


def _import(entry: "PluginEntry", requires: Sequence[str]) -> object:
    from stevedore.extension import ExtensionManager

    point = EntryPoint(name=entry.name, value=entry.value, group=f"ppf.{entry.group}")

    class OneExtension(ExtensionManager[Any]):
        """Loads this very entry point: stevedore's own listing is cached, and mixes distributions."""

        def list_entry_points(self) -> list[EntryPoint]:
            return [point]

    try:
        with _no_forks(entry.package) as forks:
            loaded = OneExtension(namespace=point.group, on_load_failure_callback=_reraise)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may end the program, or fail an assert, while it is imported
        raise BrokenPlugin(_import_failure(entry, error, requires)) from error
    if forks:
        what = f"Importing {entry.value!r} starts another process{_at(forks[0])}: os.fork()"
        raise BrokenPlugin(f"{what}. Reinstall {entry.distribution}, or tell its author.")
    return loaded.extensions[0].plugin


def _reraise(_manager: object, _point: EntryPoint, error: BaseException) -> None:
    raise error


def _import_failure(entry: "PluginEntry", error: BaseException, requires: Sequence[str]) -> str:
    """What went wrong, and what to do: a missing requirement can be installed, anything else is the author's."""
    place = _at(_place_of(error, entry.package))
    what = f"Importing {entry.value!r} failed{place}: {type(error).__name__}: {_first_line(error)}"
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "pyspark":
        return f"{what}. Run: pip install 'ppf-core[spark]'"
    missing = list(missing_requirements(requires))
    if missing:
        return f"{what}. Its requirements are not met. Run: pip install {' '.join(map(repr, missing))}"
    if isinstance(error, SystemExit):
        what = f"Importing {entry.value!r} ended the program with sys.exit({error.code!r}){place}"
    return f"{what}. Reinstall {entry.distribution}, or tell its author."


def _first_line(error: BaseException) -> str:
    return (str(error) or "no message").splitlines()[0].rstrip(".")


# ---- where something happens

_importing: list[str] = []
"""The package whose module is imported now; while there is one, a child of this process ends as soon as it is born."""
_forks: list[str | None] = []


@contextlib.contextmanager
def _no_forks(package: str) -> Iterator[list[str | None]]:
    """Gives the places at which a module forked. Its child would go on with what we do."""
    _watch_forks()
    _importing.append(package)
    _forks.clear()
    try:
        yield _forks
    finally:
        _importing.pop()


@cache
def _watch_forks() -> None:
    """For good: nobody can stop to watch."""
    os.register_at_fork(
        before=lambda: _forks.append(_place_in(_importing[-1])) if _importing else None,
        after_in_child=lambda: os._exit(0) if _importing else None,
    )


def _place_of_class(found: object, fault: BrokenPlugin) -> str | None:
    """Where a class stands, unless the fault tells a place of its own."""
    if not inspect.isclass(found) or ".py:" in str(fault):
        return None
    try:
        return f"{inspect.getsourcefile(found)}:{inspect.findsource(found)[1] + 1}"
    except (OSError, TypeError):  # it was made without a file
        return None


def _place_in(package: str) -> str | None:
    """The line of a package that is at work."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and not _is_of(frame, package):
        frame = frame.f_back
    return None if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _place_of(error: BaseException, package: str) -> str | None:
    """The last line of a package that an error went through."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    found, at = None, error.__traceback__
    while at is not None:
        found = _line(at) if _is_of(at.tb_frame, package) else found
        at = at.tb_next
    return found


def _line(at: TracebackType) -> str:
    return f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}"


def _is_of(frame: FrameType, package: str) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == package


def _at(place: str | None) -> str:
    return f" at {place}" if place else ""
