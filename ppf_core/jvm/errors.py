"""What a failure of Spark says to a person: its class and its first words, without the stack of the JVM."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ppf_core.contracts.results import ErrorInfo
from ppf_core.jvm.error_chain import Link, links_of_java, links_of_text, telling

_LONGEST = 2000
# Where a stack begins, in all the ways in which Spark appends one to a message; under DataFrame, which line of a plugin it was.
_STACK = re.compile(r"\n\s*(?:JVM stacktrace:|Driver stacktrace:|at [\w$.<>/]+\(|Caused by: |== DataFrame ==)")
# Spark appends the whole plan to the message of an analysis error.
_PLAN = re.compile(r";\s*\n(?=\s*['!]?[A-Z]\w+)")
# `.a:b.csv.crc` is the checksum that Hadoop looks for beside the file `a:b.csv`.
_COLON = re.compile(r"URISyntaxException: Relative path in absolute URI: (?:\.(?=.*\.crc$))?(?P<name>\S+?)(?:\.crc)?$")
_TRACE = "Traceback (most recent call last):"
# What Spark has to say after the traceback of a data source in Python: with the options of the source among it.
_AFTER_TRACE = re.compile(r"\n\s*(?:SQLSTATE: |at [\w$.<>/]+\(|Driver stacktrace:|=== Streaming Query ===)")
_PYTHON_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<name>\S+)')


def describe_error(error: BaseException) -> ErrorInfo:
    """The class and a short text of an error: for Spark's own the error class, the words, and the piece of SQL it is about.

    What was noted on it (`add_note`), such as the place in a user's code, stands behind it in parentheses.
    """
    told = _of_colon(_described(error))
    notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, str)]
    return replace(told, message=f"{told.message} ({'; '.join(notes)})") if notes else told


def _described(error: BaseException) -> ErrorInfo:
    if jvm_is_dead(error):
        return ErrorInfo(type(error).__name__, "Spark's JVM is gone. If it ran out of memory, raise spark.driver.memory.")
    java = getattr(error, "java_exception", None)
    if java is not None:
        return _of_links(list(links_of_java(java)))
    text, name = text_of(error), type(error).__name__
    if "Python worker" in text or (_TRACE in text and is_of_spark(error)):
        return ErrorInfo(name, _shorten(words_of_worker(text)))
    if is_of_spark(error) and (causes := list(links_of_text(text))):
        return _of_links([Link(name, _shorten(text) + _sql(error)), *causes])
    return ErrorInfo(name, _shorten(text + _sql(error)) or f"{name}, without a message.")


def _of_colon(told: ErrorInfo) -> ErrorInfo:
    """Hadoop takes a name with a colon for an address: a file beside its checksum, and whatever lies where a glob looks."""
    found = _COLON.search(f"{told.type}: {told.message}")
    if found is None:
        return told
    words = f"The name {found['name']!r} has a colon, which Hadoop takes for the end of a scheme. Rename this file or folder."
    return ErrorInfo(told.type, words)


def is_of_spark(error: BaseException) -> bool:
    """Whether it came out of Spark, as what a job raises does."""
    return any(type(link).__module__.partition(".")[0] in ("pyspark", "py4j") for link in causes(error))


def is_analysis_error(error: BaseException) -> bool:
    """Whether Spark refused the plan itself, so that trying again cannot help."""
    # Only causes that somebody named: what was merely being handled (`__context__`) may be a question that got its answer.
    return any(is_a(link, "AnalysisException") for link in causes(error))


def jvm_is_dead(error: BaseException) -> bool:
    """Whether the JVM behind the session, or its SparkContext, is gone, so that nothing else can run there.

    The kind of error is only a suspicion: a refused connection may be a plugin's own. So the JVM is asked.
    """
    of_py4j = any(is_a(link, "Py4JError") for link in causes(error))
    if not of_py4j and not any(isinstance(link, ConnectionError) for link in causes(error)):
        return False
    from pyspark import SparkContext

    context, jvm = SparkContext._active_spark_context, SparkContext._jvm
    try:
        if context is not None:
            return bool(context._jsc.sc().isStopped())
        # No context: an error of Py4J can come from starting one.
        return of_py4j and (jvm is None or jvm.java.lang.System.nanoTime() is None)
    except Exception:  # noqa: BLE001 -- whatever it is, the JVM does not answer
        return True


def _of_links(links: Sequence[Link]) -> ErrorInfo:
    """The first exception of a chain that says more than that something failed, with the file that the ones around it name."""
    link, place = telling(links)
    if link.name.endswith(".PythonException"):
        return ErrorInfo("PythonException", _shorten(words_of_worker(link.words)))
    words = _shorten(_PLAN.split(link.words, maxsplit=1)[0]) or f"{link.name}, without a message."
    return ErrorInfo(link.name, f"{words} ({place})" if place else words)


def text_of(error: BaseException) -> str:
    """The words of an error, without the plan that Spark appends to them."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 -- pyspark asks the JVM for the text, which may be dead
        text = str(getattr(error, "_desc", ""))
    return _PLAN.split(text, maxsplit=1)[0] if is_analysis_error(error) else text


def words_of_worker(text: str) -> str:
    """`KeyError: 'x' (rules.py:12, in clean)` out of the traceback of a user's function."""
    # A chained exception prints several tracebacks; the last one is what was raised.
    head, _, trace = text.rpartition(_TRACE)
    trace = _AFTER_TRACE.split(trace, maxsplit=1)[0]
    said = [line for line in trace.splitlines() if line and not line.startswith((" ", "\t"))]
    frames = list(_PYTHON_FRAME.finditer(trace))
    if not said or not frames:
        return head or text
    frame = frames[-1]
    return f"{' '.join(said)} ({frame['file']}:{frame['line']}, in {frame['name']})"


def _sql(error: Any) -> str:
    """The piece of SQL that a query context names, where the message does not show it already."""
    try:
        contexts = [context for context in error.getQueryContext() if context.contextType().name == "SQL"]
        fragment = contexts[0].fragment() if contexts and "== SQL" not in text_of(error) else ""
    except Exception:  # noqa: BLE001 -- not an error of Spark, or of a version that has no contexts
        return ""
    return f" In: {fragment}" if fragment else ""


def _shorten(text: str) -> str:
    text = _STACK.split(text, maxsplit=1)[0].strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"


def is_a(error: BaseException, name: str) -> bool:
    """Whether its class, or one of its bases, has this name: asking imports nothing, and Spark Connect has its own classes."""
    return any(kind.__name__ == name for kind in type(error).__mro__)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and so on."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__
