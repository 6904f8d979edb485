"""`ppf plugins new`: a distribution to begin with."""

import keyword
import re
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from pathlib import Path

import click

from ppf_author.kinds import KINDS
from ppf_author.project import Project
from ppf_core import Output, PpfError, command

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TAKEN = frozenset({"true", "false", "null", "include", "core"})
"""What means something else in a pipeline file, or to pip."""


def _name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    name = value.removeprefix("ppf-")
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in _TAKEN:
        raise click.BadParameter(f"{value!r} cannot be the name of a plugin: use lower-case letters, digits and dashes.")
    return name


def _kinds(_context: click.Context, _parameter: click.Parameter, value: Sequence[str]) -> list[str]:
    kinds = list(dict.fromkeys(value))
    if {"sink", "staged-sink"} <= set(kinds):
        raise click.BadParameter(
            "'sink' and 'staged-sink' are two sinks of one name. Take staged-sink where the target allows it."
        )
    return kinds


@command(
    "ppf plugins new weather --kind source",
    "ppf plugins new weather --kind staged-sink --kind check",
    folder=None,
    files=[],
    problems=[],
)
@click.argument("name", callback=_name)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice([*KINDS]),
    multiple=True,
    required=True,
    callback=_kinds,
    help="May be given several times.",
)
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where the folder is made.")
def new(output: Output, name: str, kinds: Sequence[str], into: Path) -> int:
    """Begin a plugin: a distribution that installs, is typed, and passes the tests of its kind.

    It has a component that works, its options, an example that runs, and a case, with which the kit asks what every plugin
    of its kind promises: in your own tests, and with `ppf plugins test` wherever it is installed.
    """
    project = Project(name, kinds)
    _require_free(project)
    folder = into / project.distribution
    files = project.files
    try:
        folder.mkdir(parents=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except FileExistsError:
        raise PpfError(
            f"The folder {folder} is there already.", hint="Name another plugin, or another place with --into."
        ) from None
    except OSError as error:
        raise PpfError(f"The folder {folder} cannot be made: {error}.", hint="Name another place with --into.") from error
    if output.json:
        output.document({"folder": str(folder), "files": sorted(files)})
    else:
        output.text(f"Made {folder} with {len(files)} files. Go on with:\n")
        output.text(f'  cd {folder}\n  python -m pip install -e ".[test]"\n  pytest\n  ppf plugins test {project.distribution}')
    return 0


def _require_free(project: Project) -> None:
    """A name that another plugin of its kind has would be nobody's, and pip would replace a distribution of the same name."""
    with suppress(PackageNotFoundError):
        found = distribution(project.distribution)
        message = f"There is a distribution {project.distribution!r} {found.version} already."
        raise PpfError(message, hint="Name yours otherwise, or uninstall that one first.")
    for kind, (group, name) in project.entries.items():
        for other in entry_points(group=group, name=name):
            owner = other.dist.name if other.dist is not None else other.value
            message = f"There is a {KINDS[kind].brings} {name!r} already, in {owner}."
            raise PpfError(message, hint="Name yours otherwise: a pipeline could not say which one it means.")
