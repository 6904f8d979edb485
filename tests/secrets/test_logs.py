"""What libraries log while a run goes on is masked, whoever listens."""

import logging

import pytest

from ppf_core.secrets.logs import redacted_logs, withheld_logs

CANARY = "hunter2-canary"


def redact(text: str) -> str:
    return text.replace(CANARY, "****")


@pytest.fixture
def lines() -> list[str]:
    """What a handler of somebody else prints of the root logger."""
    printed: list[str] = []

    class Printing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            printed.append(self.format(record))

    handler = Printing()
    logging.getLogger().addHandler(handler)
    yield printed
    logging.getLogger().removeHandler(handler)


def test_messages_arguments_and_tracebacks_are_masked(lines: list[str]) -> None:
    with redacted_logs(redact):
        logging.getLogger("client").warning("password %s", CANARY)
        try:
            raise ValueError(f"cannot open {CANARY}") from RuntimeError(CANARY)
        except ValueError:
            logging.getLogger().exception("it failed", stack_info=True)
    assert lines[0] == "password ****"
    assert "cannot open ****" in lines[1]
    assert CANARY not in "".join(lines)


def test_what_holds_no_secret_stays_as_it_is(lines: list[str]) -> None:
    with redacted_logs(redact):
        logging.getLogger().warning("%d rows of %s", 3, "late")
    assert lines == ["3 rows of late"]


def test_arguments_that_do_not_fit_show_nothing(lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with redacted_logs(redact):
        logging.getLogger().warning("%d rows", CANARY)
    assert CANARY not in "".join(lines) + capsys.readouterr().err


def test_while_a_secret_is_fetched_nothing_is_shown(lines: list[str]) -> None:
    with withheld_logs():
        logging.getLogger("botocore").warning("Response body: %s", CANARY)
    assert lines == ["A line was withheld, since a secret was being fetched."]


def test_afterwards_all_is_as_before(lines: list[str]) -> None:
    before = logging.getLogRecordFactory()
    with redacted_logs(redact), redacted_logs(str), withheld_logs():
        pass
    assert logging.getLogRecordFactory() is before
    logging.getLogger().warning(CANARY)
    assert lines == [CANARY]
