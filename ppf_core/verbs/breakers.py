"""`ppf runs breakers`: the circuit breakers of a state directory, and a way to close them by hand."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ppf_core.cli.options import verb
from ppf_core.cli.output import Output
from ppf_core.cli.stores import find_store, store_options
from ppf_core.errors import ConfigError, RunError, suggestion

if TYPE_CHECKING:
    from ppf_core.state.breaker import BreakerInfo, Probe

_HEADINGS = ("pipeline", "component", "state", "failures", "opened", "tried by")


@verb("ppf runs breakers", "ppf runs breakers --reset out", breakers=[], reset=[], problems=[])
@click.option("--reset", "names", metavar="NAME", multiple=True, help="Close this one: out, or flights/out. Repeatable.")
@click.option("--reset-all", is_flag=True, help="Close all of them.")
@store_options
def command(
    output: Output,
    names: tuple[str, ...],
    reset_all: bool,
    pipeline: str | None,
    state_dir: str | None,
    overrides: dict[str, str],
) -> int:
    """List the circuit breakers that have counted failures, and close them by hand."""
    from ppf_core.state.breaker import breakers, reset

    store, owner = find_store(pipeline, state_dir, overrides)
    folder = store.state_dir
    # All names are looked up before the first breaker is closed.
    chosen = _all(folder, owner) if reset_all else [_named(folder, owner, name) for name in names]
    closed = [each for each in dict.fromkeys(chosen) if reset(folder, *each)]
    there = breakers(folder)
    found = [info for info in there.sound if owner in (None, info.pipeline)]
    answer = {"breakers": [_document(info) for info in found], "reset": [_key(*each) for each in closed]}
    if not output.json:
        _print(
            output,
            found,
            closed,
            f"No circuit breaker{f' of {owner}' if owner else ''} has counted a failure in {folder}.",
        )
    if there.problems:
        output.expect(**answer)
        return output.failure(there.problems, RunError.exit_code)
    if output.json:
        output.document(answer)
    return 0


def _print(output: Output, found: "Sequence[BreakerInfo]", closed: Sequence[tuple[str, str]], nothing: str) -> None:
    for each in closed:
        output.note(f"Closed the circuit breaker of {'/'.join(each)}.")
    if found:
        output.table(_HEADINGS, [_row(info) for info in found])
    else:
        output.text(nothing)


def _all(folder: Path, owner: str | None) -> list[tuple[str, str]]:
    from ppf_core.state.breaker import breakers

    return [(info.pipeline, info.component) for info in breakers(folder).sound if owner in (None, info.pipeline)]


def _named(folder: Path, owner: str | None, name: str) -> tuple[str, str]:
    """The pipeline and the component that a name means. One that is named in full can be closed even if it cannot be read."""
    from ppf_core.state.breaker import has_failures

    pipeline, _, component = name.rpartition("/")
    pipeline = pipeline or owner or ""
    if pipeline and has_failures(folder, pipeline, component):
        return pipeline, component
    there = _all(folder, owner)
    matching = [each for each in there if name in ("/".join(each), each[1])]
    if len(matching) > 1:
        listed = ", ".join("/".join(each) for each in matching)
        raise ConfigError(f"The component {name!r} has a circuit breaker in several pipelines.", hint=f"Name one: {listed}.")
    if not matching:
        known = ["/".join(each) if "/" in name else each[1] for each in there]
        raise ConfigError(f"No circuit breaker of {name!r} has counted a failure.", hint=suggestion(name, known))
    return matching[0]


def _document(info: "BreakerInfo") -> dict[str, Any]:
    probe = info.probe
    who = None if probe is None else {"host": probe.host, "pid": probe.pid, "since": _time(probe.since)}
    state = {"state": info.state, "failures": info.failures, "opened_at": _time(info.opened_at), "probe": who}
    return {**_key(info.pipeline, info.component), **state}


def _key(pipeline: str, component: str) -> dict[str, str]:
    return {"pipeline": pipeline, "component": component}


def _row(info: "BreakerInfo") -> tuple[object, ...]:
    return (info.pipeline, info.component, info.state, info.failures, _time(info.opened_at), _who(info.probe))


def _who(probe: "Probe | None") -> str:
    return f"process {probe.pid} on {probe.host}" if probe is not None else ""


def _time(seconds: float | None) -> Any:
    from ppf_core.state.documents import to_document

    return to_document(None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC))
