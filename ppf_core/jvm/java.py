"""Whether Spark can start at all, and which Java it would run on, asked before a run leaves its first trace."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ppf_core.errors import RunError
from ppf_core.jvm.requirements import installed_spark

if TYPE_CHECKING:
    from ppf_core.spark.session import SessionRequest

_ADVICE = "Install a JDK (for example Temurin 17) and set JAVA_HOME to its folder, or put its `java` on the PATH."


@dataclass(frozen=True)
class JavaInfo:
    """The Java that Spark will use: its major version, its folder, and its full version as text."""

    version: int
    home: str
    text: str


def require_spark(request: "SessionRequest", given: object = None) -> None:
    """Raises RunError when pyspark or its Java is missing, or the session that was given is of no use.

    Asks nothing of Java where a JVM is there already or is not needed.
    """
    if given is not None:
        _require_running(given)
        return
    if installed_spark() is None:
        raise RunError("pyspark is not installed.", hint="Run: pip install 'ppf-core[spark]'.")
    if not (request.remote or "PYSPARK_GATEWAY_PORT" in os.environ or _has_context()):
        require_java()


def require_java() -> JavaInfo:
    """The Java that Spark will use; a RunError of one line when there is none, or one that is too old for this Spark."""
    program = _program()
    text = _release(program) or _asked(program)
    java = JavaInfo(_major(text), str(program.resolve().parent.parent), text)
    spark = installed_spark() or "4"
    oldest = 8 if spark.startswith("3.") else 17
    if java.version < oldest:
        raise RunError(
            f"Java {java.text!r} at {java.home!r} is too old: Spark {spark} needs Java {oldest} or newer.", hint=_ADVICE
        )
    return java


def _program() -> Path:
    """The `java` that Spark's own scripts take: the one of JAVA_HOME if that is set, else the first on the PATH."""
    home = os.environ.get("JAVA_HOME")
    if home:
        program = Path(home, "bin", "java.exe" if os.name == "nt" else "java")
        if not os.access(program, os.X_OK):
            raise RunError(f"JAVA_HOME is {home!r}, but there is no Java: {str(program)!r} is not a program.", hint=_ADVICE)
        return program
    found = shutil.which("java")
    if found is None:
        raise RunError("There is no Java: JAVA_HOME is not set and there is no `java` on the PATH.", hint=_ADVICE)
    return Path(found)


def _release(program: Path) -> str | None:
    """The version in the `release` file of a JDK: reading it takes no time, `java -version` starts a JVM."""
    for folder in list(program.resolve().parents)[1:3]:
        try:
            text = (folder / "release").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found = re.search(r'^JAVA_VERSION="?([^"\n]+)', text, re.MULTILINE)
        if found:
            return found[1]
    return None


def _asked(program: Path) -> str:
    """What `java -version` says; some packagers leave the `release` file out."""
    try:
        done = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603 -- Spark will start this very program
    except subprocess.CalledProcessError as error:
        said = f" and said {error.stderr.strip()!r}" if error.stderr.strip() else ""
        raise RunError(f"The Java at {str(program)!r} ended with code {error.returncode}{said}.", hint=_ADVICE) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise RunError(f"The Java at {str(program)!r} does not run: {error}.", hint=_ADVICE) from error
    found = re.search(r'version "([^"]+)"', done.stderr + done.stdout)
    if found is None:
        raise RunError(f"The program at {str(program)!r} does not say which Java it is.", hint=_ADVICE)
    return found[1]


def _major(text: str) -> int:
    """17 of `17.0.15`, and 8 of `1.8.0_392`, as Java counted before 9."""
    numbers = [int(number) for number in re.findall(r"\d+", text)[:2]] or [0]
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def _require_running(given: object) -> None:
    if not hasattr(given, "createDataFrame"):
        hint = "Pass the session of your notebook or test, or nothing: then ppf finds or starts one."
        raise RunError(f"spark is {given!r}, which is no SparkSession.", hint=hint)
    context = getattr(given, "_sc", None)
    if context is not None and context._jsc is None:
        raise RunError("The Spark session that was passed in is stopped.", hint="Pass one that runs, or none.")


def _has_context() -> bool:
    """Whether somebody in this process started Spark; looking must not import pyspark."""
    pyspark = sys.modules.get("pyspark")
    return pyspark is not None and getattr(pyspark.SparkContext, "_active_spark_context", None) is not None
