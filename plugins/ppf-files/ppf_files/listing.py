"""What a path names right now: every file that a reader would see, with its size and its time."""

from typing import TYPE_CHECKING, Any

from ppf_core import PpfError
from ppf_files.filesystem import HadoopFiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def listing(spark: "SparkSession", path: str) -> list[dict[str, Any]]:
    """The files of a path, a folder or a glob. `root` is the folder below which partitions begin; None for a single file."""
    files = HadoopFiles(spark, path)
    found = files.glob(path)
    if not found:
        raise PpfError(f"There is no file or folder {path!r}.", hint="Check the option 'path'.")
    return [
        each for name, is_folder in found for each in (_below(files, name) if is_folder else [{"path": name, "root": None}])
    ]


def _below(files: HadoopFiles, folder: str) -> list[dict[str, Any]]:
    return [
        {"path": f"{folder}/{entry.relative}", "root": folder, "size": entry.size, "modified": entry.modified}
        for entry in files.walk(folder)
    ]
