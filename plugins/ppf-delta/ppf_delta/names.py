"""Which table is meant: a folder, or a name in the catalog."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ppf_core import Dataset, PipelineComponent, Requirements, local_path
from ppf_core.storage import scheme

DELTA_VERSION = "4.4.0"
SPARK = ">=4.1,<4.2"
_CATALOG = "spark_catalog"
_PART = r"(?:`(?:[^`]|``)+`|\w+)"
_NAME = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")


def quoted(name: str) -> str:
    """A column's name, or a path, as SQL takes it literally."""
    return "`" + name.replace("`", "``") + "`"


def parts(table: str) -> list[str]:
    """The parts of a table's name, as they are written."""
    return re.findall(_PART, table)


def in_spark_catalog(table: str) -> str:
    """The name without Spark's own catalog in front."""
    return ".".join(parts(table)[-2:])


def wrong_names(path: str | None, table: str | None) -> Mapping[str, str]:
    """What is wrong with how a table is named, by option."""
    if table is not None and not _NAME.fullmatch(table):
        return {
            "table": f"{table!r} is not the name of a table. Write table or schema.table; other signs need backticks: `a-b`"
        }
    if table is not None and len(parts(table)) == 3 and parts(table)[0].strip("`").lower() != _CATALOG:
        return {"table": f"{table!r} is a table of another catalog; only those of Spark's own are found. Give the path"}
    if path is not None and scheme(path) in ("", "file") and str(local_path(path)) == "/":
        return {"path": "is the root of a file system. Name a folder below it"}
    return {}


def dataset(path: str | None, table: str | None) -> Dataset:
    """The identity of a table, found without asking anybody."""
    if table is not None:
        found = [part.strip("`").lower() for part in parts(table)]
        return Dataset("table", ".".join([*[_CATALOG, "default"][: 3 - len(found)], *found]))
    if scheme(path or "") in ("", "file"):
        return Dataset("file", os.path.normpath(local_path(path or "")))
    start, _, rest = (path or "").partition("://")
    authority, _, name = rest.partition("/")
    return Dataset(f"{start.lower()}://{authority}", "/" + name.strip("/"))


def requirements(_options: Any) -> Requirements:
    """The jars of Delta for this Spark, its commands, and its tables in Spark's catalog."""
    return Requirements(
        packages=[f"io.delta:delta-spark_{{spark_minor}}_{{scala}}:{DELTA_VERSION}"],
        extend={"spark.sql.extensions": ["io.delta.sql.DeltaSparkSessionExtension"]},
        conf={
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            # Delta's parser does not hand on the parameters of a query, as Spark 4.1 gives them; so it binds them afterwards.
            "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
        },
        spark=SPARK,
    )


class OfTable(PipelineComponent[Any]):
    """What all that reads or writes a table has in common."""

    @classmethod
    def requirements(cls, options: Any) -> Requirements:
        """The jars of Delta."""
        return requirements(options)

    def datasets(self) -> Sequence[Dataset]:
        """The table."""
        return (dataset(self.options.path, self.options.table),)
