"""What is wrong with a regular expression of Java, as far as that is certain without Java.

Java judges when the check is planned. This finds the common mistakes as soon as the file is read, and says nothing where Java
might read the pattern in another way.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column

# In a comment or a quotation, parentheses mean nothing; an intersection has rules of its own.
_UNCERTAIN = ("\\Q", "&&", "(?")
_GROUPS = ("(?:", "(?=", "(?!", "(?<", "(?>", "(?i)", "(?s)", "(?m)", "(?u)", "(?i:", "(?s:")


def mistake(pattern: str) -> str | None:
    """What is certainly wrong with the pattern, or None."""
    plain = pattern
    for opening in _GROUPS:
        plain = plain.replace(opening, "(:")
    if any(mark in plain for mark in _UNCERTAIN):
        return None
    return _Scan(pattern).mistake()


class _Scan:
    """One walk over the characters. `_classes`: for each open '[', whether something is in it yet."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._groups = 0
        self._classes: list[bool] = []

    def mistake(self) -> str | None:
        at = 0
        while at < len(self._pattern):
            character = self._pattern[at]
            if character == "\\" and at + 1 == len(self._pattern):
                return "ends with a backslash, which escapes nothing."
            if self._classes:
                self._in_class(at)
            elif found := self._outside(at):
                return found
            # \\c takes the character after it, whatever that is.
            at += (3 if self._pattern[at + 1] == "c" else 2) if character == "\\" else 1
        if self._classes:
            return "has a '[' that is never closed."
        return "has a '(' that is never closed." if self._groups else None

    def _in_class(self, at: int) -> None:
        character = self._pattern[at]
        if character == "[":
            self._classes[-1] = True
            self._classes.append(False)
        elif character == "]" and self._classes[-1]:
            self._classes.pop()
        elif character != "^" or self._pattern[at - 1] != "[":
            self._classes[-1] = True

    def _outside(self, at: int) -> str | None:
        character, before = self._pattern[at], self._pattern[max(0, at - 1) : at]
        if character == "[":
            self._classes.append(False)
        elif character == "(":
            self._groups += 1
        elif character == ")":
            self._groups -= 1
            return "has a ')' that closes nothing." if self._groups < 0 else None
        elif character in "*+?" and at == 0:
            return f"begins with {character!r}, which repeats nothing."
        elif character in "*+" and before in ("(", "|") and not self._is_escaped(at - 1):
            return f"has a {character!r} after {before!r}, where it repeats nothing."
        return None

    def _is_escaped(self, at: int) -> bool:
        text = self._pattern[:at]
        return (len(text) - len(text.rstrip("\\"))) % 2 == 1 or text.endswith("\\c")


def refusal(pattern: str, column: "Column") -> str | None:
    """Why Java does not take the pattern; None when it does, and under Spark Connect, where Java is elsewhere."""
    from pyspark import SparkContext
    from pyspark.errors import IllegalArgumentException

    context: Any = SparkContext._active_spark_context
    if context is None or ".connect." in type(column).__module__:
        return None
    try:
        context._jvm.java.util.regex.Pattern.compile(pattern)
    except IllegalArgumentException as error:
        return str(error).strip().partition("\n")[0]
    return None
