import subprocess
import sys
import textwrap

import pytest
from pyspark.sql import SparkSession

from ppf_core.errors import RunError
from ppf_core.jvm.java import require_spark
from ppf_core.spark.session import SessionRequest

REQUEST = SessionRequest(app_name="ready")


def test_a_session_that_runs_is_ready(spark: SparkSession) -> None:
    require_spark(REQUEST, spark)


def test_what_is_no_session_is_named() -> None:
    with pytest.raises(RunError, match="spark is 'local', which is no SparkSession"):
        require_spark(REQUEST, "local")


def test_a_stopped_session_is_told_in_one_line() -> None:
    script = """
        from pyspark.sql import SparkSession
        from ppf_core.jvm.java import require_spark
        from ppf_core.spark.session import SessionRequest
        builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        session = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
        session.stop()
        try:
            require_spark(SessionRequest(app_name="ready"), session)
        except Exception as error:
            print(error)
        """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    assert done.stdout == "The Spark session that was passed in is stopped. Pass one that runs, or none.\n"
