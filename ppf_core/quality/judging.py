"""From what was counted to what a check says: passed, warned, failed, or not evaluated."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ppf_core.config.model import CheckConfig
from ppf_core.contracts.checks import AggregateCheck, FrameCheck, RowCheck, Verdict
from ppf_core.contracts.results import ErrorInfo, QualityResult
from ppf_core.contracts.thresholds import Threshold
from ppf_core.spark.rules import EVALUATED

Status = Literal["passed", "warned", "failed", "error"]


@dataclass(frozen=True)
class CheckRun:
    """One check of a component, with the instance that a run uses. number: its place in the file, from 0."""

    number: int
    config: CheckConfig
    plugin: RowCheck[Any] | AggregateCheck[Any] | FrameCheck[Any]

    @property
    def looks_at_frame(self) -> bool:
        """Whether it has a job of its own: aggregates of some rows cannot be taken on the way of all."""
        return isinstance(self.plugin, FrameCheck) or (
            isinstance(self.plugin, AggregateCheck) and self.config.where is not None
        )

    @property
    def name(self) -> str:
        """What it is called in results."""
        return self.config.name or self.config.check


def is_blocking(result: QualityResult) -> bool:
    """Whether nothing may be published because of it."""
    return result.status in ("failed", "error")


def result_of(check: CheckRun, verdict: Verdict) -> QualityResult:
    """The result of a check that was evaluated. A threshold that does not fit what it found was not evaluated."""
    try:
        status = _status(check.config, verdict)
    except ValueError as error:
        return not_evaluated(check, str(error))
    value = verdict.value
    return _result(
        check,
        status,
        failed=verdict.failed,
        evaluated=verdict.evaluated,
        value=value if value is None or math.isfinite(value) else None,
        message=verdict.message or ("" if verdict.passed else bad_rows_text(verdict.failed, verdict.evaluated)),
    )


def not_evaluated(check: CheckRun, reason: str) -> QualityResult:
    """The result of a check that could not be evaluated, which is never a pass."""
    return _result(check, "error", message=reason)


def row_verdict(number: int, failed: Mapping[int, int], values: Mapping[int, Mapping[str, Any]], rows: int) -> Verdict:
    """What the count of bad rows says. rows: how many a check looks at that says nothing else."""
    return Verdict(failed[number] == 0, failed[number], values.get(number, {}).get(EVALUATED, rows))


def bad_rows_text(failed: int | None, evaluated: int | None) -> str:
    """What a result says of bad rows where its check says nothing."""
    if failed is None:
        return ""
    rows = f"{failed:,} of {evaluated:,}" if evaluated is not None else f"{failed:,}"
    return f"{rows} rows are bad." if failed != 1 else f"{rows} rows is bad."


def answered(checks: Sequence[CheckRun], answer: Sequence[Any]) -> list[QualityResult]:
    """The answer of a hook, in the order of the file. What is missing from it, or is no result, was not evaluated."""
    left = [each for each in answer if isinstance(each, QualityResult)]
    found = []
    for check in checks:
        own = next((each for each in left if (each.check, each.name) == (check.config.check, check.name)), None)
        if own is None:
            found.append(not_evaluated(check, "The hook that evaluates the checks gave no result for it."))
        else:
            left.remove(own)
            found.append(own)
    return found


def rejection(name: str, results: Sequence[QualityResult]) -> ErrorInfo | None:
    """Why a component's rows may not be published; None when they may."""
    told = [f"{each.name}: {each.message}" if each.message else each.name for each in results if is_blocking(each)]
    if not told:
        return None
    count = "A check" if len(told) == 1 else f"{len(told)} checks"
    return ErrorInfo("CheckFailed", f"{count} of {name!r} did not pass: {'; '.join(told)}")


def check_text(component: str, result: QualityResult) -> str:
    """A check that did not pass, in one sentence."""
    what = "could not be evaluated" if result.status == "error" else "did not pass"
    reason = f": {result.message}" if result.message else "."
    return f"The check {result.name!r} of {component!r} {what}{reason}"


def splitting(checks: Collection[CheckRun]) -> frozenset[int]:
    """The numbers of the checks whose bad rows go elsewhere."""
    return frozenset(check.number for check in checks if check.config.is_splitting)


def wheres(checks: Collection[CheckRun]) -> Mapping[int, str]:
    """Row check → which rows it judges, where these are not all."""
    found = {check.number: check.config.where for check in checks if isinstance(check.plugin, RowCheck)}
    return {number: where for number, where in found.items() if where is not None}


def places(checks: Sequence[CheckRun]) -> Mapping[int, str | None]:
    """Quarantine check → the sink that takes its bad rows; None: the folder of the run. In the order of the file."""
    return {check.number: check.config.quarantine_to for check in checks if check.config.action == "quarantine"}


def _status(config: CheckConfig, verdict: Verdict) -> Status:
    warn, error = (Threshold.parse(text) if text is not None else None for text in (config.warn_if, config.error_if))
    if error is not None and _is_reached(error, verdict):
        return "failed"
    if warn is not None and _is_reached(warn, verdict):
        return "warned"
    if verdict.passed or warn is not None:
        return "passed"
    return "failed" if error is None and config.action == "fail" else "warned"


def _is_reached(threshold: Threshold, verdict: Verdict) -> bool:
    if verdict.failed is not None:
        if threshold.is_percentage and verdict.evaluated is None:
            raise ValueError("Its threshold is a percentage, but it does not say of how many rows. Write a count.")
        return threshold.is_reached(verdict.failed, verdict.evaluated)
    if threshold.is_percentage:
        raise ValueError("Its threshold is a percentage, but it counts no bad rows. Write a number.")
    if verdict.value is None or math.isnan(verdict.value):
        # Without a number nothing can be compared; what the check itself says counts.
        return not verdict.passed
    return threshold.is_reached(verdict.value)


def _result(
    check: CheckRun,
    status: Status,
    *,
    failed: int | None = None,
    evaluated: int | None = None,
    value: float | None = None,
    message: str = "",
) -> QualityResult:
    return QualityResult(
        check=check.config.check,
        name=check.name,
        action=check.config.action,
        status=status,
        failed=failed,
        evaluated=evaluated,
        value=value,
        message=message,
    )
