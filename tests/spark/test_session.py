"""Sessions: in a Spark that is there already (the one of the tests), and in processes of their own."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyspark
import pytest
from pyspark.sql import SparkSession

from ppf_core.errors import RunError
from ppf_core.spark.session import RunSession, SessionRequest, open_session

SUBMIT = Path(pyspark.__file__).parent / "bin" / "spark-submit"


@pytest.fixture
def borrow(spark: SparkSession) -> Iterator[Any]:
    """Opens run sessions in the Spark of the tests, and closes them."""
    opened: list[RunSession] = []

    def open_one(given: SparkSession | None = spark, **wanted: Any) -> RunSession:
        opened.append(open_session(SessionRequest(app_name="run", **wanted), given))
        return opened[-1]

    yield open_one
    for session in opened:
        session.close()


# ---- in a Spark that somebody else started -----------------------------------------------------------------------------


def test_a_given_session_is_neither_used_itself_nor_stopped(spark: SparkSession, borrow: Any) -> None:
    session = borrow()
    assert session.spark is not spark
    session.close()
    assert (session.owned, spark.range(3).count()) == (False, 3)


def test_an_active_session_is_found_without_being_given(spark: SparkSession, borrow: Any) -> None:
    session = borrow(None)
    assert (session.owned, session.spark.sparkContext) == (False, spark.sparkContext)


def test_settings_of_the_file_reach_the_run_and_not_the_caller(spark: SparkSession, borrow: Any) -> None:
    session = borrow(conf={"spark.sql.shuffle.partitions": "7", "spark.sql.session.timeZone": "Asia/Tokyo"})
    assert session.spark.conf.get("spark.sql.shuffle.partitions") == "7"
    assert session.facts["time_zone"] == "Asia/Tokyo"
    assert (spark.conf.get("spark.sql.shuffle.partitions"), spark.conf.get("spark.sql.session.timeZone")) == ("2", "UTC")
    assert session.warnings == ()


def test_views_of_the_run_do_not_reach_the_caller_nor_the_other_way_round(spark: SparkSession, borrow: Any) -> None:
    run = borrow().spark
    run.range(1).createOrReplaceTempView("of_the_run")
    spark.range(1).createOrReplaceTempView("of_the_caller")
    assert [
        name for session in (run, spark) for name in ("of_the_run", "of_the_caller") if session.catalog.tableExists(name)
    ] == [
        "of_the_run",
        "of_the_caller",
    ]
    spark.catalog.dropTempView("of_the_caller")


def test_the_callers_session_is_the_active_one_again(spark: SparkSession, borrow: Any) -> None:
    before = SparkSession.getActiveSession()
    session = borrow()
    session.spark.createDataFrame([(1,)], "id int").count()  # makes its own session the active one
    session.close()
    assert SparkSession.getActiveSession() is before
    assert spark.sql("SELECT current_timezone()").collect()[0][0] == "UTC"


def test_a_static_setting_that_differs_is_a_warning_with_wanted_and_found(borrow: Any) -> None:
    (warning,) = borrow(conf={"spark.sql.warehouse.dir": "/mine", "spark.scheduler.mode": "FIFO"}, master="local[2]").warnings[
        :1
    ]
    assert warning.path == 'spark.conf."spark.sql.warehouse.dir"'
    assert "/warehouse'; the file wants '/mine'" in warning.message


def test_another_master_is_a_warning(borrow: Any) -> None:
    (warning,) = borrow(master="spark://elsewhere:7077").warnings
    assert "has 'spark.master' = 'local[2]'; the file wants 'spark://elsewhere:7077'" in warning.message


def test_settings_that_are_as_wanted_are_no_warning(borrow: Any) -> None:
    assert borrow(conf={"spark.driver.host": "127.0.0.1", "spark.sql.ansi.enabled": "false"}, master="local[2]").warnings == ()


def test_what_plugins_need_and_a_session_lacks_is_named_with_the_arguments_to_pass(borrow: Any) -> None:
    required = {
        "spark.jars.packages": "io.delta:delta-spark_4.1_2.13:4.4.0",
        "spark.jars.repositories": "https://repo.example.com",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.shuffle.partitions": "3",
    }
    with pytest.raises(RunError) as caught:
        borrow(conf=required, required=required)
    assert "it lacks what the plugins of the pipeline need: spark.jars.packages = io.delta" in caught.value.message
    assert caught.value.hint == (
        "Start it with: spark-submit --packages io.delta:delta-spark_4.1_2.13:4.4.0"
        " --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension --repositories https://repo.example.com"
    )


def test_the_given_session_reads_a_table_that_the_run_replaced(spark: SparkSession, borrow: Any) -> None:
    spark.range(3).write.saveAsTable("replaced")
    assert spark.table("replaced").count() == 3
    session = borrow()
    session.spark.range(5).write.mode("overwrite").saveAsTable("replaced")
    session.close()
    try:
        assert spark.table("replaced").agg({"id": "max"}).collect() == [(4,)]
    finally:
        spark.sql("DROP TABLE replaced")


def test_a_jar_that_is_there_in_another_way_counts(borrow: Any) -> None:
    required = {"spark.jars.packages": "org.apache.spark:spark-core_2.13:0.0"}
    if pyspark.__version__.startswith("3."):
        required = {"spark.jars.packages": "org.apache.spark:spark-core_2.12:0.0"}
    assert borrow(required=required).owned is False


def test_a_setting_that_a_given_session_cannot_use_is_an_error(borrow: Any) -> None:
    with pytest.raises(RunError, match=r"Spark cannot use 'many' as 'spark\.sql\.shuffle\.partitions'"):
        borrow(conf={"spark.sql.shuffle.partitions": "many"})


def test_the_facts_say_what_can_change_results(borrow: Any) -> None:
    assert borrow(conf={"spark.sql.ansi.enabled": "true"}).facts == {
        "spark_version": pyspark.__version__,
        "ansi": "true",
        "time_zone": "UTC",
        "master": "local[2]",
    }


# ---- in a process of its own -------------------------------------------------------------------------------------------

OWN = """
import json, os, signal, sys
from pathlib import Path
from ppf_core.errors import RunError
from ppf_core.jvm import start
from ppf_core.jvm.errors import describe_error, jvm_is_dead
from ppf_core.spark.session import SessionRequest, open_session
from ppf_core.jvm.standard_streams import StandardStreams

def opened(**conf):
    request = SessionRequest(app_name="own", master="local[1]", conf={"spark.ui.enabled": "false", **conf})
    return open_session(request)

seen = {}
handler = signal.getsignal(signal.SIGINT)
with StandardStreams(json=True).capture(Path("spark.log"), lambda text: text.replace("s3cret", "****")):
    first = opened(**{"spark.sql.shuffle.partitions": "3"})
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import udf

    @udf("string")
    def interpreter(_):
        os.write(2, b"a worker prints s3cret\\n")
        return sys.executable

    pid = start._gateway().proc.pid
    seen["owned"] = first.owned
    seen["mode"] = first.spark.conf.get("spark.scheduler.mode")
    seen["partitions"] = first.spark.conf.get("spark.sql.shuffle.partitions")
    first.spark.sparkContext.setLocalProperty("spark.scheduler.pool", "pool-of-a-worker")
    seen["interpreter"] = first.spark.range(1).select(interpreter("id")).collect()[0][0]
    seen["python of the environment"] = os.environ.get("PYSPARK_PYTHON")
    seen["sigint"] = signal.getsignal(signal.SIGINT) is handler
    first.spark._jvm.java.lang.System.out.println("the JVM prints s3cret")
    try:
        first.spark.sql("SELECT 1 / 0 AS s3cret").collect()
    except Exception as error:
        seen["error"] = describe_error(error).message
    first.close()
    first.close()
    seen["stopped"] = SparkSession.getActiveSession() is None
    again = opened(**{"spark.sql.shuffle.partitions": "3"})
    seen["the same JVM"] = start._gateway().proc.pid == pid
    seen["a function of the first run"] = again.spark.range(1).select(interpreter("id")).count()
    again.close()
    other = opened()
    seen["another JVM"] = start._gateway().proc.pid != pid
    seen["default partitions"] = other.spark.conf.get("spark.sql.shuffle.partitions")
    start._gateway().proc.kill()
    start._gateway().proc.wait()
    try:
        other.spark.range(1).count()
    except Exception as error:
        seen["dead"] = jvm_is_dead(error), describe_error(error).message
    other.close()
    try:
        opened(**{"spark.sql.shuffle.partitions": "many", "spark.sql.ansi.enabled": "perhaps", "spark.sql.unknown": "x"})
    except RunError as error:
        seen["unusable"] = [problem.path for problem in error.problems]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What a process saw that had no Spark before, with its streams and its log."""
    folder = tmp_path_factory.mktemp("own")
    environment = {key: value for key, value in os.environ.items() if key != "PYSPARK_PYTHON"}
    done = subprocess.run(
        [sys.executable, "-c", OWN],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "stderr": done.stderr, "log": (folder / "spark.log").read_text()}


def test_a_session_that_ppf_starts_is_its_own_and_has_defaults(own: Mapping[str, Any]) -> None:
    assert (own["owned"], own["mode"], own["partitions"]) == (True, "FAIR", "3")


def test_close_stops_what_ppf_started(own: Mapping[str, Any]) -> None:
    assert own["stopped"]


def test_workers_on_this_machine_run_the_python_of_ppf(own: Mapping[str, Any]) -> None:
    assert (own["interpreter"], own["python of the environment"]) == (sys.executable, None)


def test_an_interrupt_still_reaches_whoever_waited_for_it(own: Mapping[str, Any]) -> None:
    assert own["sigint"]


def test_the_next_run_with_the_same_settings_uses_the_same_jvm(own: Mapping[str, Any]) -> None:
    assert (own["the same JVM"], own["a function of the first run"]) == (True, 1)


def test_a_run_with_other_settings_gets_none_of_the_run_before(own: Mapping[str, Any]) -> None:
    assert (own["another JVM"], own["default partitions"]) == (True, "200")


def test_a_dead_jvm_is_recognised_and_named(own: Mapping[str, Any]) -> None:
    dead, message = own["dead"]
    assert dead
    assert message.startswith("Spark's JVM is gone.")


def test_settings_that_spark_cannot_use_are_told_all_at_once(own: Mapping[str, Any]) -> None:
    assert own["unusable"] == ['spark.conf."spark.sql.shuffle.partitions"', 'spark.conf."spark.sql.ansi.enabled"']


def test_noise_of_jvm_and_workers_is_in_the_log_redacted(own: Mapping[str, Any]) -> None:
    assert "the JVM prints ****\n" in own["log"]
    assert "a worker prints ****\n" in own["log"]
    assert "s3cret" not in own["log"]


def test_the_log_holds_no_warning_of_the_pools_that_ppf_makes(own: Mapping[str, Any]) -> None:
    assert "the JVM prints" in own["log"]
    assert "pool-of-a-worker" not in own["log"]


def test_nothing_of_spark_is_on_standard_error(own: Mapping[str, Any]) -> None:
    # pyspark 3.5 tells of the killed JVM through the root logger of Python, which is not Spark's.
    assert [line for line in own["stderr"].splitlines() if "WARN" in line or "Stage" in line or line.startswith("{")] == []


def test_the_last_words_of_a_jvm_that_did_not_start_are_told(tmp_path: Path) -> None:
    script = """
        from pathlib import Path
        from ppf_core.spark.session import SessionRequest, open_session
        from ppf_core.jvm.standard_streams import StandardStreams
        with StandardStreams().capture(Path("spark.log"), str):
            try:
                open_session(SessionRequest(app_name="x", master="yarn", log=Path("spark.log")))
            except Exception as error:
                print(type(error).__name__, error)
            Path("spark.log").write_text("")
            try:
                open_session(SessionRequest(app_name="x", conf={"spark.driver.memory": "1x"}, log=Path("spark.log")))
            except Exception as error:
                print(error)
        """
    environment = {name: value for name, value in os.environ.items() if name not in ("HADOOP_CONF_DIR", "YARN_CONF_DIR")}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900, check=True)
    assert done.stdout.startswith("MasterError Spark refused the master 'yarn': When running with master 'yarn' either")
    assert "All that Spark said: spark.log" in done.stdout
    assert "Spark said: Invalid maximum heap size: -Xmx1x" in done.stdout


# ---- under spark-submit ------------------------------------------------------------------------------------------------

SUBMITTED = """
import json, sys
from ppf_core.errors import RunError
from ppf_core.spark.session import SessionRequest, open_session

conf = {
    "spark.sql.shuffle.partitions": "5",
    "spark.sql.extensions": "",
    "spark.executor.memory": "9g",
    "spark.sql.session.timeZone": "Asia/Tokyo",
}
try:
    open_session(SessionRequest(app_name="x", required={"spark.jars.packages": "g:a:1", "spark.sql.extensions": "x.Y"}))
except RunError as error:
    refused = error.hint
session = open_session(SessionRequest(app_name="mine", master="spark://elsewhere:7077", conf=conf))
seen = {
    "refused": refused,
    "owned": session.owned,
    "master": session.facts["master"],
    "app": session.spark.sparkContext.appName,
    "mode": session.spark.conf.get("spark.scheduler.mode", None),
    "partitions": session.spark.conf.get("spark.sql.shuffle.partitions"),
    "time zone": session.facts["time_zone"],
    "warnings": [warning.path for warning in session.warnings],
}
session.close()
seen["alive"] = session.spark.range(2).count()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What a program saw that a real spark-submit started."""
    script = tmp_path_factory.mktemp("submitted") / "program.py"
    script.write_text(SUBMITTED)
    arguments = [
        "--master",
        "local[1]",
        "--name",
        "theirs",
        "--conf",
        "spark.ui.enabled=false",
        "--conf",
        "spark.executor.memory=1g",
        "--conf",
        "spark.sql.session.timeZone=Europe/Paris",
    ]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(
        [str(SUBMIT), *arguments, str(script)],
        cwd=script.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_spark_submit_keeps_its_master_and_name(submitted: Mapping[str, Any]) -> None:
    assert (submitted["master"], submitted["app"]) == ("local[1]", "theirs")


def test_spark_submit_gets_no_defaults_of_ppf(submitted: Mapping[str, Any]) -> None:
    assert submitted["mode"] in (None, "FIFO")


def test_settings_of_the_file_count_where_spark_submit_set_none(submitted: Mapping[str, Any]) -> None:
    assert submitted["partitions"] == "5"
    assert submitted["warnings"] == ['spark.conf."spark.executor.memory"', 'spark.conf."spark.master"']


def test_a_setting_of_a_session_is_the_files_own_also_under_spark_submit(submitted: Mapping[str, Any]) -> None:
    assert submitted["time zone"] == "Asia/Tokyo"


def test_spark_submit_is_told_which_packages_are_missing(submitted: Mapping[str, Any]) -> None:
    assert submitted["refused"] == "Start it with: spark-submit --packages g:a:1"


def test_the_spark_of_spark_submit_is_not_stopped(submitted: Mapping[str, Any]) -> None:
    assert (submitted["owned"], submitted["alive"]) == (False, 2)
