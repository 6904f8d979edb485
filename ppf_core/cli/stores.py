"""Which state directory a verb looks at: that of a pipeline file, or one that is named."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ppf_core.cli.options import set_option

if TYPE_CHECKING:
    from ppf_core.state.store import RunRecords

F = TypeVar("F", bound=Callable[..., Any])


def store_options(function: F) -> F:
    """Where the records lie: `--pipeline` with `--set`, or `--state-dir`."""
    which = click.option("--pipeline", type=click.Path(), metavar="FILE", help="Runs of this pipeline file.")
    where = click.option("--state-dir", type=click.Path(), metavar="DIR", help="Runs under this folder. Default: .ppf.")
    return which(where(set_option(function)))


def find_store(pipeline: str | None, state_dir: str | None, overrides: dict[str, str]) -> "tuple[RunRecords, str | None]":
    """The store, and the name of the pipeline whose runs are wanted. RunError for one that this version does not read."""
    from ppf_core.config.loader import ConfigLoader
    from ppf_core.state.store import RunRecords

    file = ConfigLoader(pipeline, overrides).load() if pipeline is not None else None
    default = Path(".ppf") if file is None else file.folder / file.config.runtime.state_dir
    store = RunRecords(Path(state_dir) if state_dir else default)
    store.require_known()
    return store, (file.config.name or None) if file is not None else None
