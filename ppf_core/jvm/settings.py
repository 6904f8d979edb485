"""What a run wants of a session that somebody else made, against what that session has."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ppf_core.errors import Problem, RunError
from ppf_core.hocon.places import dotted
from ppf_core.jvm.errors import describe_error
from ppf_core.jvm.requirements import JARS, PACKAGES, REPOSITORIES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# The names of the jars, once somebody wants them: the JVM's class path takes 45 ms to come over.
_Jars: TypeAlias = Callable[[], str]

# Spark reads these when it starts, so that setting them on a session is accepted and does nothing.
_ONLY_AT_START = (
    "spark.jars",
    "spark.hadoop.",
    "spark.driver.",
    "spark.executor.",
    "spark.master",
    "spark.app.",
    "spark.submit.",
)


def read_at_start(key: str) -> bool:
    """Whether a setting counts only when the JVM or the SparkContext starts."""
    return key.startswith(_ONLY_AT_START)


def require_valid(jvm: Any, conf: Mapping[str, str]) -> None:
    """Raises RunError with every SQL setting whose value Spark cannot use. Needs a JVM, and no session.

    A session that cannot read its own settings fails at everything, and pyspark asks it how to describe that failure: without
    end.
    """
    settings = jvm.org.apache.spark.sql.internal.SQLConf()
    problems = []
    for key, value in conf.items():
        try:
            settings.setConfString(key, value)
        except Exception as error:  # noqa: BLE001 -- Py4J's error or pyspark's, whichever is set up in this process
            problems.append(_unusable(key, value, error))
    if problems:
        raise RunError("Spark cannot use all of its settings.", problems=problems)


def apply_settings(spark: "SparkSession", conf: Mapping[str, str]) -> tuple[Problem, ...]:
    """Sets on a run's own session what can be set there; a warning with wanted and found for each other one that differs."""
    late = {key: value for key, value in conf.items() if read_at_start(key) or not _set(spark, key, value)}
    return tuple(
        differing(
            late, {key: found for key in late if (found := spark.conf.get(key, None)) is not None}, lambda: jars_of(spark)
        )
    )


def differing(wanted: Mapping[str, str], found: Mapping[str, str], jars: _Jars = str) -> Iterator[Problem]:
    """A warning for each setting that stays as it is, although the file wants another value."""
    for key, value in wanted.items():
        if key != REPOSITORIES and not _has(key, value, found, jars):
            there = f"= {found[key]!r}" if key in found else "not set"
            yield Problem(
                code="spark-setting",
                message=f"The Spark session that the run found has {key!r} {there}; the file wants {value!r}.",
                hint="Set it where the session is created, or take it out of the file.",
                path=dotted(("spark", "conf", key)),
            )


def require_settings(required: Mapping[str, str], found: Mapping[str, str], jars: _Jars = str) -> None:
    """Raises RunError when a session lacks what plugins cannot do without, with the arguments that spark-submit needs."""
    missing = {key: value for key, value in required.items() if key != REPOSITORIES and not _has(key, value, found, jars)}
    if missing:
        if (PACKAGES in missing) and REPOSITORIES in required:
            missing[REPOSITORIES] = required[REPOSITORIES]
        listed = "; ".join(f"{key} = {value}" for key, value in missing.items())
        raise RunError(
            f"ppf did not create this Spark session, and it lacks what the plugins of the pipeline need: {listed}.",
            hint=f"Start it with: spark-submit {' '.join(_arguments(missing))}",
        )


def settings_of(spark: "SparkSession", keys: Iterable[str]) -> dict[str, str]:
    """The values that a session has for these keys, static ones included."""
    return {key: value for key in keys if (value := spark.conf.get(key, None)) is not None}


def jars_of(spark: Any) -> str:
    """The names of all jars that a classic session can load, however they got there; empty under Spark Connect."""
    try:
        context, jvm = spark.sparkContext._jsc.sc(), spark._jvm
    except Exception:  # noqa: BLE001 -- Spark Connect refuses these in several ways
        return ""
    return f"{jars_of_jvm(jvm)} {context.listJars().mkString(' ')}"


def jars_of_jvm(jvm: Any) -> str:
    """The jars that a JVM started with."""
    return str(jvm.java.lang.System.getProperty("java.class.path"))


def _set(spark: "SparkSession", key: str, value: str) -> bool:
    from pyspark.errors import IllegalArgumentException

    try:
        spark.conf.set(key, value)
    except IllegalArgumentException as error:
        raise RunError("Spark cannot use all of its settings.", problems=[_unusable(key, value, error)]) from error
    except Exception:  # noqa: BLE001 -- classic and Connect refuse static settings with different errors
        return False
    return True


def _unusable(key: str, value: str, error: Exception) -> Problem:
    return Problem(
        code="spark-setting",
        message=f"Spark cannot use {value!r} as {key!r}: {describe_error(error).message}",
        hint="Correct it in the block spark.conf.",
        path=dotted(("spark", "conf", key)),
    )


def _has(key: str, wanted: str, found: Mapping[str, str], jars: _Jars) -> bool:
    """Whether the value is there; of a list, whether all of its elements are."""
    there = found.get(key, "")
    missing = {part.strip() for part in wanted.split(",")} - {part.strip() for part in there.split(",")}
    if not missing or there == wanted:
        return True
    if key == PACKAGES:
        known = jars()
        return all(_jar_of(package).search(known) for package in missing)
    if key == JARS:
        known = jars()
        return all(f"/{jar.rpartition('/')[2]}" in known for jar in missing)
    return False


def _jar_of(package: str) -> re.Pattern[str]:
    """The jar of a Maven coordinate: artifact-version.jar, or group_artifact-version.jar when Ivy fetched it."""
    artifact = package.rpartition(":")[0].rpartition(":")[2] or package
    return re.compile(rf"[/_]{re.escape(artifact)}-\d")


def _arguments(missing: Mapping[str, str]) -> Iterator[str]:
    options = {PACKAGES: "--packages", JARS: "--jars", REPOSITORIES: "--repositories"}
    for key, value in missing.items():
        yield f"{options[key]} {shlex.quote(value)}" if key in options else f"--conf {shlex.quote(f'{key}={value}')}"
