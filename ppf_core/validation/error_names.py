"""The names in `retry_on` and `give_up_on`: a mistyped one would silently mean that nothing is tried again."""

from collections.abc import Callable, Iterator

from ppf_core.config.loader import PipelineFile
from ppf_core.config.model import RetryConfig
from ppf_core.errors import ConfigError, Problem, near_miss
from ppf_core.hocon.places import Path
from ppf_core.jvm.error_classes import SQLSTATE, is_known_class, known_errors


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
    """Raises ConfigError for names with dots that are no error, in Python or in the JVM, which must be there by now."""
    dotted = _names(file, lambda name: "." in name)
    problems = [problem for path, name in dotted if (problem := _unknown_class(file, path, name)) is not None]
    if problems:
        raise ConfigError.of(problems)


def _unknown_class(file: PipelineFile, path: Path, name: str) -> Problem | None:
    message, hint = (
        f"There is no error {name!r}, in Python or in Spark's JVM.",
        "Check the name, and that its package is installed.",
    )
    try:
        if is_known_class(name):
            return None
    except Exception as error:  # noqa: BLE001 -- a module that is imported may raise anything
        message, hint = (
            f"What {name!r} names cannot be imported: {type(error).__name__}: {error}",
            "Mend or install its package.",
        )
    return file.problem("bad-value", message, path, hint=hint)


def _names(file: PipelineFile, is_wanted: Callable[[str], bool]) -> Iterator[tuple[Path, str]]:
    blocks: list[tuple[Path, RetryConfig | None]] = [(("defaults", "retry"), file.config.defaults.retry)]
    blocks += [(("components", name, "retry"), component.retry) for name, component in file.config.components.items()]
    for path, retry in blocks:
        for key in ("retry_on", "give_up_on") if retry is not None else ():
            for index, name in enumerate(getattr(retry, key)):
                if not name.startswith(SQLSTATE) and is_wanted(name):
                    yield (*path, key, index), name
