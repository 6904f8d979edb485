"""What can be wrong with a machine before any pipeline is: for `ppf doctor`."""

import os
import platform
import re
import tempfile
from collections.abc import Iterator
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ppf_core import __version__
from ppf_core.errors import PpfError
from ppf_core.plugins.doctor import Check
from ppf_core.storage.state_files import state_files

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_INSTALL_SPARK = "Run: pip install 'ppf-core[spark]'"
_MOST_POMS = 20_000
_ARCHIVE = "class archive"
_MAKE_ARCHIVE = "Run: ppf doctor --fix"


def environment_checks(state_dir: Path) -> Iterator[Check]:
    """Java, Spark, the kernel's libraries, folders that a run writes, and traps. Starts nothing, leaves nothing behind."""
    yield Check("ppf", "ok", f"ppf {__version__} on Python {platform.python_version()}.")
    yield from _libraries()
    yield _pyspark()
    yield _java()
    yield _class_archive()
    yield from _spark_home()
    yield _writable("state directory", state_dir, "Use another --state-dir, and set runtime.state_dir in the pipeline file.")
    yield _writable("temporary folder", Path(tempfile.gettempdir()), "Set TMPDIR to a folder that can be written.")
    yield _maven_cache(Path.home() / ".m2" / "repository")


def _libraries() -> Iterator[Check]:
    """Each library that ppf-core depends on, as its own metadata says."""
    for wanted in _requirements():
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            found = None
        yield _version(wanted, found, f"Run: pip install '{wanted}'")


def _requirements() -> "Iterator[Requirement]":
    from packaging.requirements import Requirement

    return map(Requirement, metadata.requires("ppf-core") or ())


def _version(wanted: "Requirement", found: str | None, hint: str) -> Check:
    if found is not None and wanted.specifier.contains(found, prereleases=True):
        return Check(wanted.name, "ok", f"{wanted.name} {found}")
    return Check(wanted.name, "error", f"Wanted {wanted.name}{wanted.specifier}, found {found or 'none'}.", hint)


def _pyspark() -> Check:
    from ppf_core.jvm.requirements import installed_spark

    wanted = next(requirement for requirement in _requirements() if requirement.name == "pyspark")
    return _version(wanted, installed_spark(), _INSTALL_SPARK)


def _java() -> Check:
    from ppf_core.jvm.java import require_java

    try:
        java = require_java()
    except PpfError as error:
        return Check("Java", "error", error.message, error.hint)
    return Check("Java", "ok", f"Java {java.text} in {java.home}")


def _class_archive() -> Check:
    """Whether the next run starts with Spark's classes from an archive."""
    from ppf_core.jvm.class_archive import class_archive

    archive = class_archive({})
    if archive.is_sound and archive.obstacle is None:
        return Check(_ARCHIVE, "ok", f"Spark's classes come from {archive.file}.")
    if archive.obstacle is not None:
        return Check(_ARCHIVE, "ok", f"Spark starts without an archive of its classes. {archive.obstacle}")
    if (failed := archive.why_failed) is not None:
        return Check(_ARCHIVE, "warning", f"No archive of Spark's classes could be made. {failed}", _MAKE_ARCHIVE)
    message = "There is no archive of Spark's classes yet. The next run has one made in the background."
    return Check(_ARCHIVE, "ok", message, _MAKE_ARCHIVE)


def make_class_archive() -> None:
    """Makes the archive here and now, if there can be one; takes about half a minute. The check tells what came of it."""
    from ppf_core.jvm.archive_job import make

    make({}, waits=True)


def _spark_home() -> Iterator[Check]:
    """A SPARK_HOME wins over the Spark that comes with pyspark, and is easily forgotten in a profile."""
    home = os.environ.get("SPARK_HOME")
    if not home:
        return
    if Path(home, "bin", "spark-submit").is_file():
        hint = "Unset SPARK_HOME unless that Spark has the version of pyspark."
        yield Check("SPARK_HOME", "warning", f"SPARK_HOME is {home!r}: that Spark is used, not the one inside pyspark.", hint)
    else:
        yield Check(
            "SPARK_HOME", "error", f"SPARK_HOME is {home!r}, but there is no Spark.", "Unset SPARK_HOME, or correct it."
        )


def _writable(name: str, folder: Path, hint: str) -> Check:
    """Whether a run could write here, tried for real: permissions alone do not tell of a read-only or full disk."""
    folder = folder.absolute()
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        state_files().try_writing(nearest)
    except OSError as error:
        return Check(name, "error", f"{str(folder)!r} cannot be written: {error.strerror or error}.", hint)
    return Check(name, "ok", str(folder))


def _maven_cache(repository: Path) -> Check:
    """Spark looks into ~/.m2 first, and takes a POM there as a promise that the JAR lies beside it."""
    poms = list(islice(repository.rglob("*.pom"), _MOST_POMS)) if repository.is_dir() else []
    lonely = [pom for pom in poms if not pom.with_suffix(".jar").exists() and _promises_jar(pom)]
    if not lonely:
        return Check("Maven cache", "ok", f"{repository} holds no POM without its JAR.")
    few = ", ".join(str(pom.parent.relative_to(repository)) for pom in lonely[:3]) + (", …" if len(lonely) > 3 else "")
    message = f"{len(lonely)} POMs in {repository} have no JAR: {few}. Spark cannot fetch these through spark.jars.packages."
    return Check(
        "Maven cache", "warning", message, "Delete the folders of those that a pipeline needs; Spark then downloads them."
    )


def _promises_jar(pom: Path) -> bool:
    try:
        text = pom.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    packaging = re.search(r"<packaging>\s*([\w-]+)\s*</packaging>", text)
    return packaging is None or packaging[1] in ("jar", "bundle")
