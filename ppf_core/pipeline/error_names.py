"""The names in `retry_on` and `give_up_on`: a mistyped one would silently mean that nothing is tried again."""

from collections.abc import Callable, Iterator

from ppf_core.config.loader import PipelineFile
from ppf_core.config.model import RetryConfig
from ppf_core.config.places import Path
from ppf_core.errors import ConfigError, Problem, near_miss
from ppf_core.spark.errors import SQLSTATE, is_known_class, known_errors


def misnamed_errors(file: PipelineFile) -> Iterator[Problem]:
    """The names without dots that no error has; those need neither Spark nor an import of foreign code."""
    for path, name in _names(file, lambda name: "." not in name):
        known = known_errors()
        if name not in known:
            close = near_miss(name, known)
            near = f"Did you mean {close!r}? " if close else ""
            hint = f"{near}Write other classes with their module or package, such as java.io.IOException."
            yield file.problem("bad-value", f"There is no error {name!r} in Python, pyspark or ppf.", path, hint=hint)


def require_known_errors(file: PipelineFile) -> None:
    """Raises ConfigError for names with dots that are no class, in Python or in the JVM, which must be there by now."""
    problems = [
        file.problem(
            "bad-value",
            f"There is no class {name!r}, in Python or in Spark's JVM.",
            path,
            hint="Check the name, and that its package is installed.",
        )
        for path, name in _names(file, lambda name: "." in name)
        if not is_known_class(name)
    ]
    if problems:
        raise ConfigError.of(problems)


def _names(file: PipelineFile, is_wanted: Callable[[str], bool]) -> Iterator[tuple[Path, str]]:
    blocks: list[tuple[Path, RetryConfig | None]] = [(("defaults", "retry"), file.config.defaults.retry)]
    blocks += [(("components", name, "retry"), component.retry) for name, component in file.config.components.items()]
    for path, retry in blocks:
        for key in ("retry_on", "give_up_on") if retry is not None else ():
            for index, name in enumerate(getattr(retry, key)):
                if not name.startswith(SQLSTATE) and is_wanted(name):
                    yield (*path, key, index), name
