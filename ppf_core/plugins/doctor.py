"""Whether the installed plugins can be used: `ppf plugins doctor` imports them, `ppf doctor` does not."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ppf_core.errors import PluginError, suggestion
from ppf_core.plugins.installed import GROUPS, Distribution, normalise
from ppf_core.plugins.known import distribution_of
from ppf_core.plugins.versions import missing_requirements

if TYPE_CHECKING:
    from ppf_core.plugins.registry import PluginEntry, PluginRegistry


_DEPTH = 5


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. Field names are the keys of the document."""

    name: str
    status: Literal["ok", "warning", "error"]
    message: str
    hint: str | None = None


def plugin_checks(registry: "PluginRegistry", *, load: bool) -> Iterator[Check]:
    """What is wrong with the environment variables, with a distribution or with a plugin; each plugin when they are loaded."""
    for problem in registry.problems:
        yield Check("plugins", "error", problem.message, problem.hint)
    for distribution in registry.distributions:
        yield from _distribution(distribution)
    checks = [_plugin(registry, entry, load=load) for entry in registry.entries]
    yield from (check for check in checks if load or check.status != "ok")
    if not load or not checks:
        ready = sum(entry.state == "ready" for entry in registry.entries)
        hint = None if checks else "Install some, for example: pip install ppf"
        yield Check("plugins", "ok" if checks else "warning", f"{ready} of {len(checks)} installed plugins are ready.", hint)


def _distribution(distribution: Distribution) -> Iterator[Check]:
    """What its metadata gets wrong, apart from what the states of its plugins tell."""
    name = f"{distribution.name} {distribution.version}"
    if distribution.fault and not distribution.offers:
        yield Check(name, "error", distribution.fault, f"Reinstall {distribution.name}.")
    for group in sorted({offer.group for offer in distribution.offers} - set(GROUPS)):
        message = f"It offers plugins under the unknown entry-point group 'ppf.{group}'; nothing finds them there."
        yield Check(name, "warning", message, suggestion(f"ppf.{group}", [f"ppf.{each}" for each in GROUPS]))
    yield from _untyped(name, distribution)
    missing = list(missing_requirements(distribution.requires))
    if missing:
        message = f"Requirements are not met: {', '.join(missing)}."
        yield Check(name, "warning", message, f"Run: pip install {' '.join(map(repr, missing))}")


def _untyped(name: str, distribution: Distribution) -> Iterator[Check]:
    """Its packages without py.typed. A module that is no package cannot have one."""
    for package in sorted({offer.value.partition(":")[0].partition(".")[0].strip() for offer in distribution.offers}):
        with contextlib.suppress(ImportError, ValueError):
            spec = find_spec(package)
            places = list(spec.submodule_search_locations or ()) if spec is not None else []
            if places and not any(Path(place, "py.typed").exists() for place in places):
                message = (
                    f"The package {package!r} in {places[0]} has no file py.typed, so nobody's types are checked against it."
                )
                yield Check(
                    name, "warning", message, f"Ask the author of {distribution.name} for an empty file py.typed in it."
                )


def _plugin(registry: "PluginRegistry", entry: "PluginEntry", *, load: bool) -> Check:
    name = f"{entry.distribution}:{entry.qualified}"
    if entry.state == "blocked":
        return Check(name, "ok", f"It is blocked. {entry.reason}")  # somebody wanted it so
    if entry.state != "ready":
        return Check(name, "error", f"It is {entry.state}. {entry.reason}", _fix(entry))
    if load:
        try:
            (registry.load_command if entry.group == "commands" else registry.load)(entry)
        except PluginError as error:
            cause = "" if error.__cause__ is None else f" Cause: {_causes(error.__cause__)}."
            return Check(name, "error", f"{error.message}{cause}", error.hint or _fix(registry.current(entry)))
        if notes := registry.notes(entry):
            return Check(name, "warning", " ".join(notes), f"Tell the author of {entry.distribution}.")
    owner = distribution_of(entry.group, entry.name)
    if owner is not None and normalise(owner) != normalise(entry.distribution):
        message = f"It has the name of a plugin of {owner}: where both are installed, neither is found by it."
        return Check(name, "warning", message, f"Ask the author of {entry.distribution} for another name.")
    return Check(name, "ok", f"{entry.distribution} {entry.version}")


def _fix(entry: "PluginEntry") -> str:
    """The command that mends it."""
    if entry.state == "duplicate":
        return f"Run: pip uninstall {entry.distribution}"
    if entry.state == "incompatible":
        return f"Run: pip install --upgrade ppf-core {entry.distribution}"
    return f"Run: pip install --upgrade --force-reinstall {entry.distribution}, or pip uninstall {entry.distribution}"


def _causes(error: BaseException | None) -> str:
    """Each with its type, the last one being the first that happened."""
    told: list[str] = []
    while error is not None and len(told) < _DEPTH:
        told.append(f"{type(error).__name__}: {(str(error) or 'no message').splitlines()[0].rstrip('.')}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return ", from ".join(told)


# ---- what ends the program


def set_aside_deadly(registry: "PluginRegistry") -> None:
    """Marks what ends the program past Python while it is imported. Processes of their own find out: nobody else would live."""
    left = [entry for entry in registry.entries if entry.state == "ready"]
    while left:
        modules = [entry.value.partition(":")[0].strip() for entry in left]
        command = [sys.executable, "-c", f"from {__name__} import import_all; import_all()"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(  # noqa: S603 -- ourselves
            command, input="\n".join(modules), env=environment, capture_output=True, text=True, check=False
        )
        begun = done.stdout.count("\n")
        if done.returncode == 0 or not 0 < begun <= len(left):
            return
        deadly = left[begun - 1]
        end = f"the signal {-done.returncode}" if done.returncode < 0 else f"the exit code {done.returncode}"
        what = f"Importing {deadly.value!r} ended the program with {end}, past Python"
        registry.mark_broken(deadly, f"{what}. Reinstall {deadly.distribution}, or tell its author.")
        left = left[begun:]


def import_all() -> None:
    """For a process of its own: imports the modules that standard input names, and says of each that it begins."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.register_at_fork(after_in_child=lambda: os._exit(0))
    for module in sys.stdin.read().split():
        answer.write(f"{module}\n")
        answer.flush()
        with contextlib.suppress(BaseException):  # what Python can tell is told elsewhere
            import_module(module)
    os._exit(0)  # whatever else wants to happen at the end
