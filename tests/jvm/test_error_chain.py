"""What a chain of exceptions says: of each version of Spark, and of a server of Spark Connect, as they print it."""

import pytest

from ppf_core.jvm.error_chain import Link, links_of_text, telling

SPARK = "org.apache.spark.SparkException"
ABORTED = Link(SPARK, "Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times, most recent failure: Lost task …")
WRITING = Link(SPARK, "[TASK_WRITE_FAILED] Task failed while writing rows to s3a://lake/out. SQLSTATE: 58030")
END = Link("java.io.EOFException", "Unexpected end of input stream")


@pytest.mark.parametrize(
    ("words", "place"),
    [
        # Spark 4
        ("[FAILED_READ_FILE.NO_HINT] Encountered error while reading file file:///in/b%20c.gz.  SQLSTATE: KD001", "/in/b c.gz"),
        (
            "[FAILED_READ_FILE.NO_HINT] Encountered error while reading file s3a://lake/b.gz.  SQLSTATE: KD001",
            "s3a://lake/b.gz",
        ),
        # Spark 3.5
        ("Encountered error while reading file file:///in/b.csv.gz. Details:", "/in/b.csv.gz"),
        # Parquet and ORC
        ("Can not read value at 1 in block 0 in file file:/in/a b.parquet", "/in/a b.parquet"),
        ("Error reading file: hdfs://host/in/a b.orc", "hdfs://host/in/a b.orc"),
    ],
)
def test_what_is_wrong_is_told_with_the_file_that_its_wrapper_names(words: str, place: str) -> None:
    assert telling([ABORTED, WRITING, Link(SPARK, words), END]) == (END, f"reading {place}")


def test_a_file_that_the_cause_names_is_not_named_twice() -> None:
    wrapper = Link(SPARK, "Encountered error while reading file file:///in/b.parquet. Details:")
    cause = Link("java.lang.RuntimeException", "file:/in/b.parquet is not a Parquet file.")
    assert telling([wrapper, cause]) == (cause, "")


def test_where_rows_were_written_is_told_of_a_file_system_that_failed() -> None:
    full = Link("java.io.IOException", "No space left on device")
    assert telling([ABORTED, WRITING, full]) == (full, "writing s3a://lake/out")


def test_where_rows_were_written_is_no_place_of_a_function_that_failed() -> None:
    raised = Link("org.apache.spark.api.python.PythonException", "Traceback (most recent call last): …")
    assert telling([ABORTED, WRITING, raised]) == (raised, "")


def test_a_wrapper_without_a_cause_speaks_for_itself() -> None:
    assert telling([ABORTED, WRITING]) == (WRITING, "")


def test_causes_are_read_from_a_printed_stack() -> None:
    text = (
        "[FAILED_READ_FILE.NO_HINT] Encountered error while reading file file:///in/b.csv.gz.  SQLSTATE: KD001\n\n"
        "JVM stacktrace:\norg.apache.spark.SparkException\n\tat org.apache.spark.A.b(A.scala:9)\n"
        "Caused by: java.lang.IllegalStateException\n\tat a.B.c(B.java:1)\n\t... 12 more\n"
        "Caused by: java.io.EOFException: Unexpected end\nof input stream\n\tat a.B.c(B.java:1)"
    )
    assert list(links_of_text(text)) == [
        Link("java.lang.IllegalStateException", ""),
        Link("java.io.EOFException", "Unexpected end\nof input stream"),
    ]
    link, place = telling([Link("SparkException", text), *links_of_text(text)])
    assert (link.words, place) == ("Unexpected end\nof input stream", "reading /in/b.csv.gz")
