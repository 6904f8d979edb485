"""pyspark tells the JVM which line called for a column, at ten calls each; a run does without, and puts back what it found."""

from contextlib import ExitStack

import pytest
from py4j.clientserver import ClientServerConnection
from pyspark.errors import utils
from pyspark.sql import SparkSession

from ppf_core.jvm.quiet_pyspark import without_call_sites
from ppf_core.spark.session import SessionRequest, open_session

pytestmark = pytest.mark.skipif(
    not hasattr(utils, "_enable_debugging_cache"), reason="This pyspark does not say which line called for a column."
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, spark: SparkSession) -> list[str]:
    """What goes to the JVM, without what is only let go."""
    sent: list[str] = []
    send = ClientServerConnection.send_command

    def heard(self: ClientServerConnection, command: str) -> str:
        if not command.startswith("m"):
            sent.append(command)
        return str(send(self, command))

    monkeypatch.setattr(utils, "_enable_debugging_cache", True)
    monkeypatch.setattr(ClientServerConnection, "send_command", heard)
    return sent


def test_an_operation_on_a_column_is_one_call_to_the_jvm(spark: SparkSession, calls: list[str]) -> None:
    column = spark.range(1)["id"]
    calls.clear()
    with without_call_sites():
        column.isNotNull()
    assert len(calls) == 1
    calls.clear()
    column.isNotNull()
    assert len(calls) > 1


def test_the_last_of_several_blocks_puts_back_what_the_first_one_found(calls: list[str]) -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(without_call_sites())
    second.enter_context(without_call_sites())
    first.close()
    assert utils._enable_debugging_cache is False
    second.close()
    assert utils._enable_debugging_cache is True


@pytest.mark.parametrize(("asked", "told"), [({}, False), ({"spark.python.sql.dataFrameDebugging.enabled": "true"}, True)])
def test_a_run_tells_only_where_its_file_asks_for_it(
    spark: SparkSession, calls: list[str], asked: dict[str, str], told: bool
) -> None:
    session = open_session(SessionRequest(app_name="lines", conf=asked), spark)
    during = utils._enable_debugging_cache
    session.close()
    assert (during, utils._enable_debugging_cache) == (told, True)
