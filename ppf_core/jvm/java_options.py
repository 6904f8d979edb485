"""The options of a JVM that ppf starts: what the user chose for it, and what ppf adds to make it start faster."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# Serial, and compiled once: a JVM that lives for seconds has no time to gain by the thorough compiler.
_QUICK = {
    "-XX:TieredStopAtLevel=1": re.compile(r"Tiered|-Xint|-Xcomp|-client|-server|CompilerCount|JVMCI|CompileThreshold"),
    "-XX:+UseSerialGC": re.compile(r"-XX:[+-]Use\w*GC\b"),
    # Of the quick compiler's 48 MB the classes that Spark makes take all: a JVM that lives on would clear it all the time.
    "-XX:ReservedCodeCacheSize=240m": re.compile(r"CodeCache|CodeHeap"),
}
# Spark adds its options to those of the JVM that it starts, and says nothing of it.
_SUBMIT_OPTIONS = "SPARK_SUBMIT_OPTS"
_ENVIRONMENT = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", _SUBMIT_OPTIONS)
_SETTINGS = ("spark.driver.extraJavaOptions", "spark.driver.defaultJavaOptions")


def spark_home() -> Path | None:
    """The Spark that pyspark will start; None without pyspark."""
    from importlib.util import find_spec

    chosen = os.environ.get("SPARK_HOME")
    if chosen:
        return Path(chosen)
    found = find_spec("pyspark")
    return Path(found.origin).parent if found is not None and found.origin is not None else None


def setting(name: str, conf: Mapping[str, str]) -> str:
    """What the JVM's start is told for a setting: by the pipeline, else by spark-defaults.conf; "" when by nobody."""
    return conf.get(name) or _defaults().get(name, "")


def chosen_options(conf: Mapping[str, str]) -> str:
    """All options of the JVM that the user chose, wherever that was."""
    found = [*(setting(name, conf) for name in _SETTINGS), *(os.environ.get(name, "") for name in _ENVIRONMENT)]
    return " ".join(text for text in found if text)


def quick_options(conf: Mapping[str, str]) -> Iterator[str]:
    """A small collector and the quick compiler, unless the user named one."""
    chosen = chosen_options(conf)
    yield from (option for option, rival in _QUICK.items() if not rival.search(chosen))


@contextmanager
def jvm_options(added: Sequence[str]) -> Iterator[None]:
    """What a JVM is started with besides the user's own options; no setting of Spark's tells of it."""
    before = os.environ.get(_SUBMIT_OPTIONS)
    if added:
        os.environ[_SUBMIT_OPTIONS] = " ".join((*([before] if before else []), *added))
    try:
        yield
    finally:
        if added and before is None:
            del os.environ[_SUBMIT_OPTIONS]
        elif before is not None:
            os.environ[_SUBMIT_OPTIONS] = before


def _defaults() -> dict[str, str]:
    home = spark_home()
    folder = os.environ.get("SPARK_CONF_DIR") or (home / "conf" if home is not None else None)
    try:
        text = Path(folder or "", "spark-defaults.conf").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    lines = (
        re.split(r"\s*=\s*|\s+", line.strip(), maxsplit=1) for line in text.splitlines() if not line.lstrip().startswith("#")
    )
    return {line[0]: line[1].strip() for line in lines if len(line) == 2}
