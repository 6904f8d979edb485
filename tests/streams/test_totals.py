"""What adds up over the batches of a stream."""

from typing import Any

from ppf_core import QualityResult
from ppf_core.streams.totals import merged


def result(status: Any, failed: int | None, evaluated: int | None, message: str = "") -> QualityResult:
    return QualityResult(check="c", name="c", action="warn", status=status, failed=failed, evaluated=evaluated, message=message)


def test_counts_add_up_and_the_message_is_that_of_the_sum() -> None:
    one, other = result("warned", 2, 5, "2 of 5 rows are bad."), result("passed", 0, 5)
    assert merged([one], [other]) == (result("warned", 2, 10, "2 of 10 rows are bad."),)
    assert merged([other], [one]) == (result("warned", 2, 10, "2 of 10 rows are bad."),)


def test_what_a_check_says_itself_is_kept_of_the_worst_batch() -> None:
    worst, later = result("error", None, None, "It raises."), result("passed", 0, 3)
    assert merged([worst], [later]) == (result("error", 0, 3, "It raises."),)


def test_the_first_batch_is_the_sum() -> None:
    assert merged((), [result("passed", 0, 3)]) == (result("passed", 0, 3),)
