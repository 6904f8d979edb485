"""A run whose record cannot be written any more: it fails, says why once, and changes no target."""

import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner
from ppf_core.errors import RunError
from ppf_core.runs.runner import RunRequest
from ppf_core.state.events import Event, RunStarted

WritePipeline = Callable[[str], Path]

PIPELINE = """
    numbers { source = numbers }
    first   { sink = folder, inputs = [numbers], options { path = first } }
    second  { sink = folder, inputs = [numbers], options { path = second } }
"""


@pytest.fixture
def limited() -> Iterator[None]:
    """Puts the limit of file sizes back."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("limited")
def test_a_run_whose_record_finds_no_room_fails_and_publishes_nothing(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(PIPELINE)

    def fill(event: Event) -> None:
        if isinstance(event, RunStarted):
            # From here on no file of this process grows beyond what the record is now: the kernel's way to say "full".
            length = Path(event.run.record_path).stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (length, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    runner = PipelineRunner.from_file(path)
    result = runner.execute(RunRequest(spark=spark, run_id="r1", observers=(fill,)))
    assert (result.status, result.exit_code) == ("failed", 1)
    (problem,) = result.problems
    assert problem.message == f"The run's record {path.parent}/.ppf/runs/r1/record.jsonl cannot be written: File too large."
    assert problem.hint == "Free space there, or set runtime.state_dir."
    assert sorted(each.name for each in path.parent.iterdir()) == [".ppf", "pipeline.conf"]


def test_a_run_whose_state_directory_cannot_be_written_never_starts(spark: SparkSession, pipeline: WritePipeline) -> None:
    path = pipeline(PIPELINE)
    path.with_name("file").write_text("")
    runner = PipelineRunner.from_file(path, {"runtime.state_dir": "file/state"})
    with pytest.raises(RunError, match=r"The state directory .*/file/state cannot be written: .*Not a directory"):
        runner.run(spark=spark)
    assert not path.with_name("first").exists()
