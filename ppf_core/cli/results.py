"""How a run went, as a table: for `ppf run` and for `ppf runs show`, both from the document of the run."""

from collections.abc import Mapping
from typing import Any

from ppf_core.cli.output import Output, seconds

_HEADINGS = ("component", "kind", "plugin", "status", "rows", "duration")

RUN_SHAPE: Mapping[str, Any] = {
    **dict.fromkeys(("run_id", "pipeline", "version", "environment")),
    "status": "failed",
    **dict.fromkeys(("exit_code", "started_at", "ended_at", "duration", "resumed_from")),
    **dict.fromkeys(("plugins", "components", "problems"), ()),
}


def print_result(output: Output, run: Mapping[str, Any]) -> None:
    """The table of components on standard output; what went wrong on standard error."""
    output.table(_HEADINGS, [_row(component) for component in run["components"]])
    for component in run["components"]:
        error = component["error"]
        if error:
            output.note(f"{component['name']}: {error['type']}: {error['message']}", style="red")
        elif component["reason"] and component["status"] in ("failed", "skipped"):
            output.note(f"{component['name']}: {component['status']}: {component['reason']}")
    ended = f" after {seconds(run['duration'])}" if run["duration"] is not None else ""
    output.text(f"Run {run['run_id']} of {run['pipeline']}: {run['status']}{ended}.")


def _row(component: Mapping[str, Any]) -> tuple[object, ...]:
    keys = ("name", "kind", "plugin", "status", "rows_written")
    return (*(component[key] for key in keys), seconds(component["duration"]))
