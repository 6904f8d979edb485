"""`ppf run`: runs a pipeline, shows how it goes and how it went."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ppf_core.cli.options import pipeline_argument, verb
from ppf_core.cli.output import Output
from ppf_core.cli.results import RUN_SHAPE, report_result

if TYPE_CHECKING:
    from ppf_core.contracts.results import RunInfo
    from ppf_core.pipeline.events import Event


@verb("ppf run flights.conf --set components.out.options.path=/tmp/late", **RUN_SHAPE)
@pipeline_argument
@click.option("--resume", metavar="last|ID", help="Go on with a run that failed: the last one, or the one of this id.")
@click.option("--accept-changes", is_flag=True, help="Resume although something changed that is published already.")
@click.option("--run-id", metavar="ID", help="The id of this run. Default: made from the time.")
@click.option("--only", metavar="A,B", multiple=True, help="Run only these components and what they need.")
@click.option("--parallelism", type=click.IntRange(min=1), metavar="N", help="How many components may run at the same time.")
@click.option("--master", metavar="URL", help="The Spark master, instead of the file's spark.master.")
@click.option("--remote", metavar="URL", help="The Spark Connect server, instead of the file's spark.remote.")
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
    parallelism: int | None,
    master: str | None,
    remote: str | None,
    no_progress: bool,
    spark_log: bool,
) -> int:
    """Run PIPELINE and print how each component went."""
    from ppf_core.cli.progress import progress
    from ppf_core.pipeline.runner import PipelineRunner, RunRequest
    from ppf_core.spark.streams import StandardStreams

    runner = PipelineRunner.from_file(pipeline, {**overrides, **_shortcuts(parallelism, master, remote)})
    started = _Started()
    capture = StandardStreams(output.json).capture
    with progress(output, wanted=not no_progress) as display:
        observers = (started, display)
        request = RunRequest(
            run_id=run_id,
            resume=resume,
            accept_changes=accept_changes,
            only=_names(only),
            observers=observers,
            capture=capture,
            second=_end_at_once,
        )
        result = runner.execute(request)
    record = Path(started.run.record_path) if started.run else None
    return report_result(output, result, record, everything=spark_log)


def _shortcuts(parallelism: int | None, master: str | None, remote: str | None) -> dict[str, str]:
    """The options that stand for a `--set`. A session is one or the other, so asking for one takes the file's other away."""
    given = {} if parallelism is None else {"runtime.parallelism": str(parallelism)}
    wanted = {"spark.master": master, "spark.remote": remote}
    if any(wanted.values()):
        given |= {key: "null" if url is None else json.dumps(url) for key, url in wanted.items()}
    return given


class _Started:
    """Keeps what the run said of itself when it started."""

    run: "RunInfo | None" = None

    def __call__(self, event: "Event") -> None:
        from ppf_core.pipeline.events import RunStarted

        if isinstance(event, RunStarted):
            self.run = event.run


def _end_at_once(number: int) -> NoReturn:
    """A second signal: no hook, no record, no clean-up any more. What was staged stays where no reader looks."""
    from ppf_core.spark.jvm import kill_jvm

    kill_jvm()
    os._exit(128 + number)


def _names(only: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for text in only for name in text.split(",") if name.strip())
