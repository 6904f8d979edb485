"""The one tree of errors, and the value that tells a user what is wrong and where.

PpfError                     exit code
├── ConfigError              2    the command line or the file is wrong
├── PluginError              3    a plugin that is needed is missing, broken, incompatible or ambiguous
├── RunError                 1    something the run needs: Java, a master, the state directory
│   └── SecretError          1    a secret could not be had
│       └── SecretNotResolved     `reveal` before the run resolved it
├── ComponentError           1    a component failed
│   └── SchemaError          1    a frame is not what its schema contract says
├── CheckFailed              4    a blocking check failed
├── CheckpointRefused        5    a checkpoint does not fit this pipeline
└── RunLocked                5    the run exists, or another process holds it
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake or warning: what, where, and what to do. Its fields are the JSON keys; what is not known is None."""

    code: str
    message: str
    hint: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known; empty when nothing is."""
        known = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        return ":".join(known)

    def __str__(self) -> str:
        located = f"{self.place}: {self.message}" if self.place else self.message
        return f"{located} {self.hint}" if self.hint else located


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """By file and place. A mistake in a block that substitutions put in several places is told once."""
    once = {_identity(problem): problem for problem in reversed(problems)}
    return tuple(sorted(once.values(), key=lambda each: (each.file or "", each.line or 0, each.column or 0, each.message)))


def _identity(problem: Problem) -> object:
    if problem.line is None:
        return problem
    return problem.code, problem.place, problem.message.replace(problem.path or "\0", ""), problem.hint


class PpfError(Exception):
    """Anything ppf tells a user. `problems` has one entry for each mistake, `exit_code` is the command line's."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str | None = None, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems) or (Problem(code=self.code, message=message, hint=hint),)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ConfigError(PpfError):
    """The command line or the pipeline file is wrong."""

    exit_code = 2
    code = "config"

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> "ConfigError":
        """One error that carries all the problems of a file."""
        count = len(problems)
        return cls(f"{count} problem{'s' if count != 1 else ''} in the pipeline file.", problems=problems)


class PluginError(PpfError):
    """A plugin that is needed is missing, broken, incompatible or ambiguous."""

    exit_code = 3
    code = "plugin"


class RunError(PpfError):
    """Something the run needs is not there: Java, a master, the state directory, a secret."""

    code = "run"


class SecretError(RunError):
    """A secret could not be had. The text never holds a value."""

    code = "secret"


class SecretNotResolved(SecretError):
    """`Secret.reveal` was called before the run resolved the secret."""

    code = "secret-not-resolved"


class ComponentError(PpfError):
    """A component failed."""

    code = "component"


class SchemaError(ComponentError):
    """A frame does not have the schema that its contract promises."""

    code = "schema"


class CheckFailed(PpfError):
    """A blocking check failed."""

    exit_code = 4
    code = "check-failed"


class CheckpointRefused(PpfError):
    """A checkpoint does not fit this pipeline."""

    exit_code = 5
    code = "checkpoint-refused"


class RunLocked(PpfError):
    """The run exists already, or another process holds it."""

    exit_code = 5
    code = "run-locked"


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name that is closest to a mistyped one, or None when nothing is close."""
    if len(name) > 200:  # difflib needs seconds for a long text
        return None
    import difflib

    folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """The sentence after an unknown name: the near miss if there is one, and what there is."""
    names = sorted(set(known))
    close = near_miss(name, names)
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    there_is = f"There is: {listed}." if names else "There is none."
    return f"Did you mean {close!r}? {there_is}" if close else there_is


class Terminated(KeyboardInterrupt):
    """SIGTERM reached the run; what stops for Ctrl-C stops for it."""

    exit_code = 143
