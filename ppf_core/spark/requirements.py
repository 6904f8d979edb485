"""What the plugins of a pipeline and its file ask of the Spark session, merged into one set of settings."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ppf_core.contracts.context import Requirements

PACKAGES, JARS, REPOSITORIES = "spark.jars.packages", "spark.jars", "spark.jars.repositories"


@dataclass(frozen=True)
class MergedRequirements:
    """conf: all settings for the session. required: the part that plugins cannot do without. executors: distributions."""

    conf: dict[str, str]
    executors: tuple[str, ...] = ()
    required: Mapping[str, str] = field(default_factory=dict)


def installed_spark() -> str | None:
    """The version of the installed pyspark, without importing it; None when there is none."""
    for name in ("pyspark", "pyspark-client", "pyspark-connect", "databricks-connect"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def merge_requirements(
    asked: Sequence[tuple[str, Requirements]],
    *,
    conf: Mapping[str, str],
    packages: Sequence[str],
    spark_version: str | None,
) -> MergedRequirements:
    """One set of Spark settings out of what plugins ask (plugin name, its requirements) and what the file sets."""
    merged = dict(conf)
    if packages:
        merged[PACKAGES] = ",".join(packages)
    return MergedRequirements(merged)
