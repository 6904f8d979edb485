"""`ppf run`: runs a pipeline, shows how it goes and how it went."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ppf_core.cli.options import names_in, pipeline_argument, session_options, verb
from ppf_core.cli.output import Output
from ppf_core.cli.results import RUN_SHAPE, report_result

if TYPE_CHECKING:
    from ppf_core.contracts.results import RunInfo
    from ppf_core.state.events import Event


@verb("ppf run flights.conf --set components.out.options.path=/tmp/late", **RUN_SHAPE)
@pipeline_argument
@click.option("--resume", metavar="last|ID", help="Go on with a run that failed: the last one, or the one of this id.")
@click.option("--accept-changes", is_flag=True, help="Resume although something changed that is published already.")
@click.option("--run-id", metavar="ID", help="The id of this run. Default: made from the time.")
@click.option("--only", metavar="A,B", multiple=True, help="Run only these components and what they need.")
@click.option("--fresh", metavar="A,B", multiple=True, help="Queries of a stream that forget how far they are.")
@click.option("--fresh-append", is_flag=True, help="With --fresh: also where a target holds rows, which then come twice.")
@click.option("--parallelism", type=click.IntRange(min=1), metavar="N", help="How many components may run at the same time.")
@session_options
@click.option("--no-progress", is_flag=True, help="Show nothing while the run goes on.")
@click.option("--spark-log", is_flag=True, help="Show Spark's log at the end; without it only after a failure, and shortened.")
def command(
    output: Output,
    pipeline: str,
    overrides: dict[str, str],
    resume: str | None,
    accept_changes: bool,
    run_id: str | None,
    only: tuple[str, ...],
    fresh: tuple[str, ...],
    fresh_append: bool,
    parallelism: int | None,
    no_progress: bool,
    spark_log: bool,
) -> int:
    """Run PIPELINE and print how each component went."""
    from ppf_core.cli.progress import progress
    from ppf_core.jvm.standard_streams import StandardStreams
    from ppf_core.runs.runner import PipelineRunner, RunRequest
    from ppf_core.streams.opening import Fresh

    shortcuts = {} if parallelism is None else {"runtime.parallelism": str(parallelism)}
    runner = PipelineRunner.from_file(pipeline, {**overrides, **shortcuts})
    started = _Started()
    capture = StandardStreams(output.json).capture
    with progress(output, wanted=not no_progress) as display:
        observers = (started, display)
        request = RunRequest(
            run_id=run_id,
            resume=resume,
            accept_changes=accept_changes,
            only=names_in(only),
            fresh=Fresh(names_in(fresh), fresh_append),
            observers=observers,
            capture=capture,
            second=_end_at_once,
        )
        result = runner.execute(request)
    record = Path(started.run.record_path) if started.run else None
    return report_result(output, result, record, everything=spark_log)


class _Started:
    """Keeps what the run said of itself when it started."""

    run: "RunInfo | None" = None

    def __call__(self, event: "Event") -> None:
        from ppf_core.state.events import RunStarted

        if isinstance(event, RunStarted):
            self.run = event.run


def _end_at_once(number: int) -> NoReturn:
    """A second signal: no hook, no record, no clean-up any more. What was staged stays where no reader looks."""
    from ppf_core.jvm.start import kill_jvm

    kill_jvm()
    os._exit(128 + number)
