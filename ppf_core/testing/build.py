"""A plugin built as the kernel builds it, from the options of a pipeline file."""

from pathlib import Path
from typing import Any, TypeVar

from ppf_core.contracts.plugin import Plugin, options_class
from ppf_core.errors import ConfigError, Problem

P = TypeVar("P", bound=Plugin[Any])


def build(plugin_class: type[P], folder: Path | str | None = None, **options: Any) -> P:
    """The plugin with these options, checked and converted as in a pipeline file in `folder` (default: the current one).

        sink = build(ParquetSink, tmp_path, path="out", mode="overwrite")

    Raises ConfigError with every mistake in the options. References to secrets are resolved by nobody here: give the values.
    """
    from ppf_core.config.binding import bind
    from ppf_core.config.places import dotted

    bound = bind(
        options_class(plugin_class), options, folder=Path(folder or Path.cwd()).absolute(), resolve=lambda value: value
    )
    if bound.faults:
        raise ConfigError.of(
            [
                Problem(code=fault.code, message=fault.message, hint=fault.hint, path=dotted(fault.path))
                for fault in bound.faults
            ]
        )
    return plugin_class(bound.options)
