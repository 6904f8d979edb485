"""Jars from Maven, fetched by the Ivy that pyspark brings, and kept under ~/.cache/ppf-tests by their names and versions."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyspark
from programs import cannot

SPARK_JARS = Path(pyspark.__file__).parent / "jars"
_CACHE = Path("~/.cache/ppf-tests").expanduser()
_DEPENDENCY = '<dependency org="{}" name="{}" rev="{}" conf="*->default"/>'
_IVY = """<ivy-module version="2.0">
  <info organisation="ppf" module="tests"/>
  <dependencies>{dependencies}{excluded}</dependencies>
</ivy-module>"""


def jars(name: str, coordinates: Sequence[str], excluded: Sequence[str] = ()) -> Path:
    """The folder with jars and all that they need. A test that needs it is skipped without a network; in CI it fails."""
    folder = _CACHE / name
    if not folder.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as fresh:
            _retrieve(Path(fresh), coordinates, excluded)
            if not folder.exists():  # another process may have been faster
                (Path(fresh) / "jars").rename(folder)
    return folder


def _retrieve(fresh: Path, coordinates: Sequence[str], excluded: Sequence[str]) -> None:
    wanted = "".join(_DEPENDENCY.format(*each.split(":")) for each in coordinates)
    without = "".join('<exclude org="{}" module="{}"/>'.format(*each.split(":")) for each in excluded)
    (fresh / "ivy.xml").write_text(_IVY.format(dependencies=wanted, excluded=without))
    ivy = next(SPARK_JARS.glob("ivy-*.jar"))
    pattern = str(fresh / "jars" / "[artifact]-[revision](-[classifier]).[ext]")
    command = [
        "java",
        "-jar",
        str(ivy),
        "-cache",
        str(_CACHE / "ivy-cache"),
        "-ivy",
        str(fresh / "ivy.xml"),
        "-retrieve",
        pattern,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        cannot(f"Maven does not give {', '.join(coordinates)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
