"""One line for each event of a run."""

from typing import ClassVar, Literal

from ppf_core import Hooks, option, options


@options
class LoggingOptions:
    """What is logged, how, and where to."""

    level: Literal["debug", "info", "warning", "error"] = option("The least level that is logged.", default="info")
    format: Literal["text", "json"] = option("Lines for people, or one JSON object a line.", default="text")
    path: str | None = option("A file to append to; standard error unless given.", default=None, path=True)


class LoggingHooks(Hooks[LoggingOptions]):
    """Logs what happens in a run."""

    examples: ClassVar = ("level = debug", 'format = json, path = "logs/run.jsonl"')
