"""How a run went, as a table: for `ppf run` and for `ppf runs show`, both from the document of the run."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppf_core.cli.output import Output, seconds
from ppf_core.cli.spark_log import print_log

if TYPE_CHECKING:
    from ppf_core.contracts.results import PipelineResult

_CHECK_HEADINGS = ("component", "check", "action", "status", "found", "of", "message")
_HEADINGS = ("component", "kind", "plugin", "status", "rows", "duration")

RUN_SHAPE: Mapping[str, Any] = {
    **dict.fromkeys(("run_id", "pipeline", "version", "environment")),
    "status": "failed",
    **dict.fromkeys(("exit_code", "started_at", "ended_at", "duration", "resumed_from")),
    **dict.fromkeys(("plugins", "components", "problems"), ()),
}


def report_result(output: Output, result: "PipelineResult", record: Path | None, *, everything: bool = False) -> int:
    """How a run went that has just ended, with Spark's own words after a failure, or all of them; gives its exit code."""
    from ppf_core.state.documents import to_document

    document = to_document(result)
    if record is not None and (everything or not result.ok):
        log = record.with_name("spark.log")
        if print_log(output, log, everything=everything):
            output.note(f"Spark's log: {log}")
    if output.json:
        output.document(document, ok=result.ok)
        return result.exit_code
    print_result(output, document)
    output.problems(result.problems)
    if record is not None:
        output.text(f"Record: {record}")
    return result.exit_code


def print_result(output: Output, run: Mapping[str, Any]) -> None:
    """The tables of components and of their checks on standard output; what went wrong on standard error."""
    output.table(_HEADINGS, [_row(component) for component in run["components"]])
    checks = [(component["name"], check) for component in run["components"] for check in component["quality"]]
    if checks:
        output.text("")
        output.table(_CHECK_HEADINGS, [_check_row(*each) for each in checks])
    for component in run["components"]:
        error = component["error"]
        if error and not any(check["status"] in ("failed", "error") for check in component["quality"]):
            output.note(f"{component['name']}: {error['type']}: {error['message']}", style="red")
        elif component["reason"] and component["status"] in ("failed", "skipped"):
            output.note(f"{component['name']}: {component['status']}: {component['reason']}")
    ended = f" after {seconds(run['duration'])}" if run["duration"] is not None else ""
    output.text(f"Run {run['run_id']} of {run['pipeline']}: {run['status']}{ended}.")


def _check_row(component: str, check: Mapping[str, Any]) -> tuple[object, ...]:
    value = None if check["value"] is None else f"{check['value']:,g}"
    found = value if check["failed"] is None else f"{check['failed']:,}"
    of = None if check["evaluated"] is None else f"{check['evaluated']:,}"
    return component, check["name"], check["action"], check["status"], found, of, check["message"] or None


def _row(component: Mapping[str, Any]) -> tuple[object, ...]:
    keys = ("name", "kind", "plugin", "status", "rows_written")
    return (*(component[key] for key in keys), seconds(component["duration"]))
