"""A plugin built as the kernel builds it, from the options of a pipeline file."""

from pathlib import Path
from typing import Any, TypeVar

from ppf_core.contracts.plugin import Plugin, options_class
from ppf_core.errors import ConfigError, Problem

P = TypeVar("P", bound=Plugin[Any])


def build(plugin_class: type[P], folder: Path | str | None = None, /, **options: Any) -> P:
    """The plugin with these options, checked and converted as those of a pipeline file in `folder` (default: the current one).

        sink = build(ParquetSink, tmp_path, path="out", mode="overwrite")
        assert sink.options.path == f"file:{tmp_path}/out"

    Raises ConfigError with every mistake in the options. A secret is given as its value, not as a reference.
    """
    from ppf_core.config.binding import bind
    from ppf_core.hocon.places import dotted

    folder = Path(folder or Path.cwd()).absolute()
    bound = bind(options_class(plugin_class), options, folder=folder, resolve=lambda reference: reference)
    if bound.faults:
        raise ConfigError.of(
            [Problem(code=f.code, message=f.message, hint=f.hint, path=dotted(f.path) or None) for f in bound.faults]
        )
    return plugin_class(bound.options)
