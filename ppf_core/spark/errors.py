"""What a failure of Spark says to a person: its class and its first words, without the stack of the JVM."""

import builtins
import fnmatch
import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ppf_core.contracts.results import ErrorInfo

_LONGEST = 2000
SQLSTATE = "SQLSTATE:"
_DEEPEST = 50  # causes of a Java exception, which may go round in a circle
# Where a stack begins, in all the ways in which Spark appends one to a message; under DataFrame, which line of a plugin it was.
_STACK = re.compile(r"\n\s*(?:JVM stacktrace:|Driver stacktrace:|at [\w$.<>/]+\(|Caused by: |== DataFrame ==)")
# Spark appends the whole plan to the message of an analysis error.
_PLAN = re.compile(r";\s*\n(?=\s*['!]?[A-Z]\w+)")
_PYTHON_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<name>\S+)')
_WORKER_ERROR = re.compile(r"([\w.]+)(?:: | \(|$)")
_JAVA_CLASS = re.compile(r"^(?:[\w$]+\.)+[\w$]+(?:: |$)")
# These say only that something failed; their cause says what.
_WRAPPERS = re.compile(
    r"^(?:Job aborted|Writing job aborted|Task failed|Exception thrown in awaitResult"
    r"|\[(?:TASK_WRITE_FAILED|FAILED_READ_FILE\.NO_HINT)\])"
)
_WRAPPER_CLASSES = frozenset({"ExecutionException", "InvocationTargetException", "UndeclaredThrowableException"})


def describe_error(error: BaseException) -> ErrorInfo:
    """The class and a short text of an error: for Spark's own the error class, the words, and the piece of SQL it is about.

    What was noted on it (`add_note`), such as the place in a user's code, stands behind it in parentheses.
    """
    told = _described(error)
    notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, str)]
    return replace(told, message=f"{told.message} ({'; '.join(notes)})") if notes else told


def _described(error: BaseException) -> ErrorInfo:
    if jvm_is_dead(error):
        return ErrorInfo(type(error).__name__, "Spark's JVM is gone. If it ran out of memory, raise spark.driver.memory.")
    java = getattr(error, "java_exception", None)
    if java is not None:
        return _of_java(java)
    text = _of_python_worker(_text(error)) if "Python worker" in _text(error) else _text(error) + _sql(error)
    return ErrorInfo(type(error).__name__, _shorten(text) or f"{type(error).__name__}, without a message.")


def is_of_spark(error: BaseException) -> bool:
    """Whether it came out of Spark, as what a job raises does."""
    return any(type(link).__module__.partition(".")[0] in ("pyspark", "py4j") for link in _causes(error))


def is_analysis_error(error: BaseException) -> bool:
    """Whether Spark refused the plan itself, so that trying again cannot help."""
    # Only causes that somebody named: what was merely being handled (`__context__`) may be a question that got its answer.
    return any(_is_a(link, "AnalysisException") for link in _causes(error))


@lru_cache(maxsize=1)
def known_errors() -> frozenset[str]:
    """The names of errors that need no dots: Python's own, those of pyspark and Py4J, and those of ppf."""
    import pyspark.errors

    import ppf_core.errors

    found = {
        name
        for module in (builtins, pyspark.errors, importlib.import_module("py4j.protocol"), ppf_core.errors)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    return frozenset(found)


def is_known_class(name: str) -> bool:
    """Whether a dotted name is that of a class, in Python or in Spark's JVM. Imports the Python module."""
    module, _, attribute = name.rpartition(".")
    try:
        if isinstance(getattr(importlib.import_module(module), attribute, None), type):
            return True
    except ImportError:
        pass  # it may still be a class of Java
    return _java_class(name) is not None


def matches(error: BaseException, name: str) -> bool:
    """Whether an error, or one that caused it, is what a name says.

    name: a class of Python (`TimeoutError`, `requests.Timeout`), one of Java (`java.io.IOException`), subclasses included; or
    `SQLSTATE:08*`, the state that Spark and databases give their errors, with `*` for anything.
    """
    chain = list(_causes(error))
    if name.startswith(SQLSTATE):
        pattern = name.removeprefix(SQLSTATE)
        return any(fnmatch.fnmatchcase(state, pattern) for link in chain if (state := _sql_state(link)))
    if any(name in _names(kind) for link in chain for kind in type(link).__mro__) or name in _names_in_worker(error):
        return True
    thrown = [java for link in chain if (java := _java_of(link)) is not None]
    wanted = _java_class(name) if thrown and "." in name else None
    return wanted is not None and any(wanted.isInstance(java) for java in _java_causes(thrown))


def _names_in_worker(error: BaseException) -> set[str]:
    """What a user's function raised in a Python worker, of which only the text comes back: its name, and those of its bases."""
    text = _text(error)
    found = _WORKER_ERROR.match(_of_python_worker(text)) if "Python worker" in text or _is_a(error, "PythonException") else None
    if found is None:
        return set()
    kind = getattr(builtins, found[1], None)
    return {base.__name__ for base in kind.__mro__} if isinstance(kind, type) else {found[1], found[1].rpartition(".")[2]}


def _names(kind: type) -> tuple[str, str]:
    return kind.__name__, f"{kind.__module__}.{kind.__qualname__}"


def _java_class(name: str) -> Any:
    """The Java class of this name, or None; also when there is no JVM."""
    from pyspark import SparkContext

    jvm: Any = SparkContext._jvm
    try:
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        return jvm.java.lang.Class.forName(name, False, loader)
    except Exception:  # noqa: BLE001 -- no JVM, or no such class
        return None


def _java_of(error: BaseException) -> Any:
    """The Java exception behind one of Python's: Py4J has it as it is, pyspark keeps it as the origin of its own."""
    return getattr(error, "java_exception", None) or getattr(error, "_origin", None)


def _java_causes(thrown: list[Any]) -> Iterator[Any]:
    for java in thrown:
        link, depth = java, 0
        while link is not None and depth < _DEEPEST:
            yield link
            link, depth = link.getCause(), depth + 1


def _sql_state(error: BaseException) -> str | None:
    """The SQLSTATE of Spark's errors, and of those of JDBC behind them."""
    ask = getattr(error, "getSqlState", None)
    states = [ask()] if callable(ask) else []
    java = _java_of(error)
    for link in _java_causes([java]) if java is not None else ():
        states += [getattr(link, method)() for method in ("getSqlState", "getSQLState") if _has(link, method)]
    return next((str(state) for state in states if state), None)


def _has(java: Any, method: str) -> bool:
    return any(method == each.getName() for each in java.getClass().getMethods())


def jvm_is_dead(error: BaseException) -> bool:
    """Whether the JVM behind the session, or its SparkContext, is gone, so that nothing else can run there.

    The kind of error is only a suspicion: a refused connection may be a plugin's own. So the JVM is asked.
    """
    of_py4j = any(_is_a(link, "Py4JError") for link in _causes(error))
    if not of_py4j and not any(isinstance(link, ConnectionError) for link in _causes(error)):
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


def _of_java(java: Any) -> ErrorInfo:
    """The first Java exception of the chain that says more than that something failed."""
    while (cause := java.getCause()) is not None and _says_nothing(java):
        java = cause
    name, words = str(java.getClass().getName()), str(java.getMessage() or "")
    if name.endswith(".PythonException"):
        return ErrorInfo("PythonException", _shorten(_of_python_worker(words)))
    return ErrorInfo(name, _shorten(_PLAN.split(words, maxsplit=1)[0]) or f"{name}, without a message.")


def _says_nothing(java: Any) -> bool:
    words = java.getMessage()
    repeats = words is not None and _JAVA_CLASS.match(words) is not None
    return words is None or repeats or java.getClass().getSimpleName() in _WRAPPER_CLASSES or _WRAPPERS.match(words) is not None


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 -- pyspark asks the JVM for the text, which may be dead
        text = str(getattr(error, "_desc", ""))
    return _PLAN.split(text, maxsplit=1)[0] if is_analysis_error(error) else text


def _of_python_worker(text: str) -> str:
    """`KeyError: 'x' (rules.py:12, in clean)` out of the traceback of a user's function."""
    # A chained exception prints several tracebacks; the last one is what was raised.
    head, _, trace = text.rpartition("Traceback (most recent call last):")
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
        fragment = contexts[0].fragment() if contexts and "== SQL" not in _text(error) else ""
    except Exception:  # noqa: BLE001 -- not an error of Spark, or of a version that has no contexts
        return ""
    return f" In: {fragment}" if fragment else ""


def _shorten(text: str) -> str:
    text = _STACK.split(text, maxsplit=1)[0].strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"


def _is_a(error: BaseException, name: str) -> bool:
    # By name, so that asking does not import pyspark, and so that the classes of Spark Connect count, too.
    return any(kind.__name__ == name for kind in type(error).__mro__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__
