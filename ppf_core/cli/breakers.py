"""`ppf runs breakers`: the circuit breakers of a state directory, and a way to close them by hand."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ppf_core.cli.options import CONTEXT, example, json_option
from ppf_core.cli.output import Output
from ppf_core.cli.runs import find_store, store_options

if TYPE_CHECKING:
    from ppf_core.pipeline.breaker import BreakerInfo

_HEADINGS = ("pipeline", "component", "state", "failures", "opened")


@click.command("breakers", context_settings=CONTEXT, epilog=example("ppf runs breakers", "ppf runs breakers --reset out"))
@click.option("--reset", "names", metavar="COMPONENT", multiple=True, help="Close the breaker of this component.")
@click.option("--reset-all", is_flag=True, help="Close all breakers.")
@store_options
@json_option
@click.pass_obj
def command(
    output: Output,
    names: tuple[str, ...],
    reset_all: bool,
    pipeline: str | None,
    state_dir: str | None,
    overrides: dict[str, str],
) -> int:
    """List the circuit breakers that have counted failures, and close them by hand."""
    output.expect(breakers=[], problems=[])
    from ppf_core.pipeline.breaker import breakers

    store, name = find_store(pipeline, state_dir, overrides)
    folder = store.state_dir / "breakers"
    _reset(folder, name, names, everything=reset_all)
    found = [info for info in breakers(folder) if name in (None, info.pipeline)]
    if output.json:
        keys = ("pipeline", "component", "state", "failures", "opened_at")
        output.document({"breakers": [dict(zip(keys, _facts(info), strict=True)) for info in found]})
    elif found:
        output.table(_HEADINGS, [_facts(info) for info in found])
    else:
        output.text(f"No circuit breaker has counted a failure in {store.state_dir}.")
    return 0


def _reset(folder: Path, pipeline: str | None, names: tuple[str, ...], *, everything: bool) -> None:
    from ppf_core.errors import ConfigError, suggestion
    from ppf_core.pipeline.breaker import breakers, reset

    if not names and not everything:
        return
    found = [info for info in breakers(folder) if pipeline in (None, info.pipeline)]
    for name in names:
        known = [info.component for info in found]
        if name not in known:
            raise ConfigError(f"No circuit breaker of a component {name!r} has counted failures.", hint=suggestion(name, known))
    for info in found:
        if everything or info.component in names:
            reset(folder, info.pipeline, info.component)


def _facts(info: "BreakerInfo") -> tuple[object, ...]:
    opened = datetime.datetime.fromtimestamp(info.opened_at, datetime.UTC).isoformat() if info.opened_at is not None else None
    return (info.pipeline, info.component, info.state, info.failures, opened)
