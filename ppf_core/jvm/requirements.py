"""What the plugins of a pipeline and its file ask of the Spark session, merged into one set of settings."""

import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ppf_core.contracts.context import Requirements
from ppf_core.errors import PluginError, Problem

if TYPE_CHECKING:
    from importlib.abc import ResourceLoader

PACKAGES, JARS, REPOSITORIES = "spark.jars.packages", "spark.jars", "spark.jars.repositories"

Asked = Sequence[tuple[str, Requirements]]


@dataclass(frozen=True)
class MergedRequirements:
    """conf: all settings for the session. required: the part that plugins cannot do without. executors: distributions."""

    conf: dict[str, str]
    executors: tuple[str, ...] = ()
    required: Mapping[str, str] = field(default_factory=dict)


def merge_requirements(
    asked: Asked, *, conf: Mapping[str, str], packages: Sequence[str], spark_version: str | None
) -> MergedRequirements:
    """One set of Spark settings out of what plugins ask (a plugin's name, its requirements) and what the file sets.

    The file wins over plugins. Two plugins that contradict each other, or one that this Spark cannot run, are a PluginError.
    """
    asked = [(plugin, _filled(wants, spark_version)) for plugin, wants in asked]
    own_packages = _united(packages, _listed(conf.get(PACKAGES, "")))
    problems = [
        *_wrong_spark(asked, spark_version),
        *_contradictions(((plugin, wants.conf) for plugin, wants in asked), {*conf, *_extended(asked)}, "setting"),
        *_contradictions(((plugin, _versions(wants.packages)) for plugin, wants in asked), _versions(own_packages), "package"),
    ]
    if problems:
        raise PluginError(problems[0].message, hint=problems[0].hint, problems=problems)
    required = _required(asked, conf, own_packages)
    merged = {**required, **conf}
    for key in _list_keys(asked):
        own = own_packages if key == PACKAGES else _listed(conf.get(key, ""))
        values = _united(own, _listed(required.get(key, "")))
        if values:
            merged[key] = ",".join(sorted(values) if key in _extended(asked) else values)
    return MergedRequirements(merged, _united(*(wants.executors for _, wants in asked)), required)


def installed_spark() -> str | None:
    """The version of the installed pyspark, without importing it; None when there is none."""
    for name in ("pyspark", "pyspark-client", "databricks-connect"):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return _unpackaged_spark()


def installed_scala() -> str:
    """The Scala version of the installed Spark, such as 2.13, read from the names of its jars."""
    for folder in _spark_homes():
        for jar in sorted(folder.glob("jars/spark-core_*.jar")):
            return jar.name.removeprefix("spark-core_").partition("-")[0]
    # A client without jars (Spark Connect): what its servers are built with.
    return "2.12" if (installed_spark() or "4").startswith("3.") else "2.13"


def _unpackaged_spark() -> str | None:
    """The version of a pyspark that a cluster or spark-submit put on the path as a plain folder or zip."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None or spec.loader is None:
        return None
    loader = cast("ResourceLoader", spec.loader)
    text = loader.get_data(str(Path(spec.origin).with_name("version.py"))).decode()
    found = re.search(r"""__version__[^=]*=\s*["']([^"']+)""", text)
    return found[1] if found else None


def _spark_homes() -> Iterator[Path]:
    if os.environ.get("SPARK_HOME"):
        yield Path(os.environ["SPARK_HOME"])
    spec = importlib.util.find_spec("pyspark")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent


def _filled(wants: Requirements, spark_version: str | None) -> Requirements:
    """The requirements with the versions of the installed Spark in place of their names in braces."""
    if spark_version is None or wants == Requirements():
        return wants  # nearly always: the names of jars need not be read
    versions = {"{spark}": spark_version, "{spark_minor}": ".".join(spark_version.split(".")[:2]), "{scala}": installed_scala()}

    def fill(text: str) -> str:
        # Not str.format: a value may hold other braces, such as JSON.
        for name, version in versions.items():
            text = text.replace(name, version)
        return text

    return Requirements(
        packages=[fill(text) for text in wants.packages],
        jars=[fill(text) for text in wants.jars],
        repositories=[fill(text) for text in wants.repositories],
        conf={key: fill(str(value)) for key, value in wants.conf.items()},
        extend={key: [fill(text) for text in values] for key, values in wants.extend.items()},
        spark=wants.spark,
        executors=wants.executors,
    )


def _wrong_spark(asked: Asked, spark_version: str | None) -> Iterator[Problem]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    for plugin, wants in asked:
        try:
            fits = spark_version is None or SpecifierSet(wants.spark).contains(spark_version, prereleases=True)
        except InvalidSpecifier:
            yield Problem(
                code="plugin-broken",
                message=f"Plugin {plugin!r} asks for Spark {wants.spark!r}, which is no version specifier.",
                hint="Tell its author; a right one looks like '>=4.0,<4.2'.",
            )
            continue
        if not fits:
            yield Problem(
                code="plugin-incompatible",
                message=f"Plugin {plugin!r} needs Spark {wants.spark}; installed is {spark_version}.",
                hint=f"Install pyspark{wants.spark}, or a version of the plugin that supports Spark {spark_version}.",
            )


def _contradictions(asked: Iterable[tuple[str, Mapping[str, str]]], settled: Iterable[str], what: str) -> Iterator[Problem]:
    """A problem for each key that two plugins want differently, unless the file (or a list that unites) settled it."""
    first: dict[str, tuple[str, str]] = {}
    told = set(settled)
    for plugin, wanted in asked:
        for key, value in wanted.items():
            other, before = first.setdefault(key, (plugin, value))
            if value == before or key in told:
                continue
            told.add(key)
            settle = f"spark.packages (as '{key}:VERSION')" if what == "package" else f'spark.conf."{key}"'
            yield Problem(
                code="plugin-conflict",
                message=f"Plugins {other!r} and {plugin!r} differ on the Spark {what} {key!r}: {before!r} and {value!r}.",
                hint=f"Set {settle} in the pipeline file; it wins over both.",
            )


def _required(asked: Asked, conf: Mapping[str, str], own_packages: Sequence[str]) -> dict[str, str]:
    """What plugins ask for, with the file's value where the file has one: what a session that was made elsewhere must have."""
    required = {key: conf.get(key, str(value)) for _, wants in asked for key, value in wants.conf.items()}
    chosen = _versions(own_packages)
    lists = {
        PACKAGES: _united(*([_settled(text, chosen) for text in wants.packages] for _, wants in asked)),
        JARS: _united(*(wants.jars for _, wants in asked)),
        REPOSITORIES: _united(*(wants.repositories for _, wants in asked)),
    }
    for key in _extended(asked):
        elements = _united(
            *(wants.extend.get(key, ()) for _, wants in asked), *(_listed(w.conf.get(key, "")) for _, w in asked)
        )
        lists[key] = tuple(sorted(elements))
    return required | {key: ",".join(values) for key, values in lists.items() if values}


def _settled(package: str, chosen: Mapping[str, str]) -> str:
    artifact, _, _ = package.rpartition(":")
    return f"{artifact}:{chosen[artifact]}" if artifact in chosen else package


def _versions(packages: Iterable[str]) -> dict[str, str]:
    """The version by `group:artifact`."""
    return {artifact: version for artifact, _, version in (package.rpartition(":") for package in packages)}


def _extended(asked: Asked) -> set[str]:
    return {key for _, wants in asked for key in wants.extend}


def _list_keys(asked: Asked) -> tuple[str, ...]:
    return (PACKAGES, JARS, REPOSITORIES, *sorted(_extended(asked)))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _united(*lists: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for values in lists for value in values))
