"""What the names in `retry_on` and `give_up_on` mean: classes of Python and of Java, and SQL states."""

import builtins
import fnmatch
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from ppf_core.jvm.errors import causes, is_a, text_of, words_of_worker

_Error: TypeAlias = type[BaseException]

SQLSTATE = "SQLSTATE:"
_DEEPEST = 50  # causes of a Java exception, which may go round in a circle
_WORKER_ERROR = re.compile(r"([\w.<>]+)(?:: | \(|$)")


@lru_cache(maxsize=1)
def known_errors() -> Mapping[str, _Error]:
    """The errors that need no dots, by their names: Python's own, those of pyspark and Py4J, and those of ppf."""
    import pyspark.errors

    import ppf_core.errors

    modules = (ppf_core.errors, importlib.import_module("py4j.protocol"), pyspark.errors, builtins)
    return {name: value for module in modules for name, value in vars(module).items() if _is_error(value)}


def is_known_class(name: str) -> bool:
    """Whether a dotted name is that of an error, in Python or in Spark's JVM. Imports the Python module."""
    return _imported(name) is not None or _java_class(name) is not None


def matches(error: BaseException, name: str) -> bool:
    """Whether an error, or one that caused it, is what a name says.

    name: a class of Python under any of its names (`TimeoutError`, `socket.timeout`, `requests.Timeout`), one of Java
    (`java.io.IOException`), subclasses included; or `SQLSTATE:08*`, the state that Spark and databases give their errors, with
    `*` for anything.
    """
    chain = list(causes(error))
    if name.startswith(SQLSTATE):
        pattern = name.removeprefix(SQLSTATE)
        return any(fnmatch.fnmatchcase(state, pattern) for link in chain if (state := _sql_state(link)))
    meant = _imported(name) if "." in name else known_errors().get(name)
    # By name as well: of what was raised in a Python worker, only a name comes back.
    wanted = {name, *([_full_name(meant)] if meant is not None else ())}
    kinds = [kind for link in chain for kind in type(link).__mro__]
    if meant in kinds or wanted & _names(kinds) or any(wanted & _names_in_worker(link) for link in chain):
        return True
    return "." in name and _is_of_java(chain, name)


def _imported(name: str) -> _Error | None:
    """The class of Python that a dotted name leads to, whatever it is called where it was made. Imports its module."""
    try:
        found = pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        return None  # it may still be a class of Java
    return found if _is_error(found) else None


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _names(kinds: Iterable[type]) -> set[str]:
    return {name for kind in kinds for name in (kind.__name__, _full_name(kind))}


def _names_in_worker(error: BaseException) -> set[str]:
    """What a user's function raised in a Python worker, of which only the text comes back: its name, and those of its bases."""
    text = text_of(error)
    found = _WORKER_ERROR.match(words_of_worker(text)) if "Python worker" in text or is_a(error, "PythonException") else None
    if found is None:
        return set()
    module, _, attribute = found[1].rpartition(".")
    # Only what is there already: a text that came out of a worker must not make anything run here.
    kind = getattr(sys.modules.get(module or "builtins"), attribute, None)
    return {found[1], attribute} | (_names(kind.__mro__) if isinstance(kind, type) else set())


def _is_of_java(chain: Iterable[BaseException], name: str) -> bool:
    thrown = [java for link in chain if (java := _java_of(link)) is not None]
    wanted = _java_class(name) if thrown else None
    return wanted is not None and any(wanted.isInstance(java) for java in _java_causes(thrown))


def _java_class(name: str) -> Any:
    """The Java class of errors of this name, or None; also when there is no JVM."""
    from pyspark import SparkContext

    jvm: Any = SparkContext._jvm
    try:
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        found = jvm.java.lang.Class.forName(name, False, loader)
        return found if jvm.java.lang.Class.forName("java.lang.Throwable").isAssignableFrom(found) else None
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
