"""What a failure of Spark says to a person: its class and its first words, without the stack of the JVM."""

import re
from collections.abc import Iterator

from ppf_core.contracts.results import ErrorInfo

# A JVM stack starts at the first of these; everything before it is the message.
_STACK = re.compile(r"\n\s*(?:JVM stacktrace:|Driver stacktrace:|at [\w$.<>/]+\(|Caused by: |Traceback \(most recent call last\))")
_LONGEST = 2000

_DEAD = frozenset({"Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError"})


def describe_error(error: BaseException) -> ErrorInfo:
    """The class and a short text of an error: for Spark's own the error class, the words and the piece of SQL it is about."""
    java = getattr(error, "java_exception", None)
    if java is not None:
        return _of_java(error, java)
    if _is_spark(error):
        return ErrorInfo(_type(error), _shorten(_words(error)))
    return ErrorInfo(_type(error), _shorten(str(error)))


def is_analysis_error(error: BaseException) -> bool:
    """Whether Spark refused the plan itself, so that trying again cannot help."""
    return any(_named(link, "AnalysisException", "ParseException") for link in _chain(error))


def jvm_is_dead(error: BaseException) -> bool:
    """Whether the JVM behind the session is gone, so that nothing else can run in it."""
    return any(_named(link, *_DEAD) and not isinstance(link, TimeoutError) for link in _chain(error))


def _of_java(error: BaseException, java: object) -> ErrorInfo:
    return ErrorInfo(_type(error), _shorten(str(java)))


def _named(error: BaseException, *names: str) -> bool:
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _is_spark(error: BaseException) -> bool:
    return type(error).__module__.startswith("pyspark.")


def _type(error: BaseException) -> str:
    return type(error).__name__


def _words(error: BaseException) -> str:
    return str(error)


def _shorten(text: str) -> str:
    text = _STACK.split(text, maxsplit=1)[0].strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__
