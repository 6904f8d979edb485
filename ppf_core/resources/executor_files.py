"""What executors need of the plugins: their distributions, as archives that the Python of each executor imports from.

A function that a plugin gives to Spark travels as the name of its module, so whoever runs it imports that module. On a cluster
the Python of the executors has no plugin. What is written in Python alone is handed over; what has native code cannot be.
"""

import hashlib
import io
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ppf_core.errors import Problem
from ppf_core.plugins.metadata_files import normalise
from ppf_core.spark.connect import is_connect
from ppf_core.storage import make_folder, replace_file

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_KERNEL = "ppf-core"
# Spark brings these itself. Of the kernel an executor needs no more than its standard library gives.
_BROUGHT = {_KERNEL, "pyspark", "pyspark-client", "pyspark-connect", "py4j"}
_NATIVE = (".so", ".pyd", ".dylib", ".dll")


def ship_plugins(spark: "SparkSession", master: str, names: Iterable[str], folder: Path) -> list[Problem]:
    """Hands distributions and what they require to the executors; warns of what cannot be handed over.

    Nothing happens where Spark runs in this machine's own processes: their Python is this one. folder: where archives are kept,
    for as long as an executor may ask for them.
    """
    if master.startswith("local") and not is_connect(spark):
        return []
    shipped, warnings = [distribution(_KERNEL)], []
    for name in dict.fromkeys(names):
        for each in _with_requirements(name):
            if native := next((file for file in each.files or () if file.suffix in _NATIVE), None):
                warnings.append(_cannot_ship(name, each, native.name))
            else:
                shipped.append(each)
    for each in {normalise(each.name): each for each in shipped}.values():
        _hand_over(spark, _archive(each, folder))
    return warnings


def _with_requirements(name: str) -> Iterator[Distribution]:
    """A distribution and all that it requires, as it is installed here; what is missing is another check's concern."""
    from packaging.requirements import Requirement

    waiting, known = [name], set[str]()
    for wanted in waiting:  # grows while we walk it
        if normalise(wanted) in known | _BROUGHT:
            continue
        known.add(normalise(wanted))
        try:
            found = distribution(wanted)
        except PackageNotFoundError:
            continue
        requirements = [Requirement(text) for text in found.requires or ()]
        waiting += [each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
        yield found


def _archive(found: Distribution, folder: Path) -> Path:
    """The modules of a distribution as a zip file. Its name says what is in it, so that another run finds it again."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(_modules(found)):
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    digest = hashlib.sha256(packed.getvalue()).hexdigest()[:12]
    target = folder / f"{normalise(found.name)}-{found.version}-{digest}.zip"
    if not target.is_file():
        make_folder(folder)
        replace_file(target, packed.getvalue())
    return target


def _modules(found: Distribution) -> Iterator[tuple[str, Path]]:
    """What can be imported, and the data beside it: as installed, or where an editable distribution has its sources."""
    listed = [file for file in found.files or () if _is_module(file)]
    for file in listed:
        yield file.as_posix(), Path(str(found.locate_file(file)))
    if not any(file.suffix == ".py" for file in listed):
        for top in {point.module.partition(".")[0] for point in found.entry_points}:
            yield from _sources(top)


def _is_module(file: PurePosixPath) -> bool:
    top = file.parts[0]
    is_metadata = top.endswith((".dist-info", ".egg-info", ".data", ".pth")) or top.startswith("__editable__")
    return not is_metadata and top != ".." and "__pycache__" not in file.parts


def _sources(top: str) -> Iterator[tuple[str, Path]]:
    spec = find_spec(top)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for path in Path(place).rglob("*"):
            name = path.relative_to(Path(place).parent)
            if path.is_file() and _is_module(PurePosixPath(name.as_posix())):
                yield name.as_posix(), path
    if spec and spec.submodule_search_locations is None and spec.origin:
        yield Path(spec.origin).name, Path(spec.origin)


def _hand_over(spark: Any, archive: Path) -> None:
    """Once for each Spark: it keeps what it was given, for executors that come later, too."""
    if is_connect(spark):
        spark.addArtifacts(str(archive), pyfile=True)
    elif archive.name not in spark.sparkContext._python_includes:
        before = list(sys.path)
        spark.sparkContext.addPyFile(str(archive))
        sys.path[:] = before  # this Python has the distribution itself


def _cannot_ship(name: str, found: Distribution, file: str) -> Problem:
    of = f"{found.name!r}" if normalise(found.name) == normalise(name) else f"{found.name!r}, which {name!r} requires,"
    hint = f"Install {found.name}=={found.version} in the Python of the executors, or ship an environment with spark.archives."
    return Problem(
        code="not-shipped", message=f"{of} has native code ({file}): ppf cannot hand it to the executors.", hint=hint
    )
