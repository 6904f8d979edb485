"""`ppf profile`: what the rows of one component hold, and checks that they pass."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ppf_core.cli.options import pipeline_argument, session_options, verb
from ppf_core.cli.output import Output, counted
from ppf_core.cli.spark_log import ShortLivedLog

if TYPE_CHECKING:
    from ppf_core.runs.profiling import Proposal
    from ppf_core.spark.profiles import ColumnProfile, FrameProfile

_HEADINGS = ("column", "type", "nulls", "nans", "min", "max", "length", "distinct", "unique")


@verb(
    "ppf profile flights.conf --component late",
    "ppf profile flights.conf --component late --limit 10000 > quality.conf",
    pipeline=None,
    component=None,
    rows=None,
    sampled=None,
    columns=[],
    quality=[],
    block=None,
    problems=[],
)
@pipeline_argument
@click.option("--component", required=True, metavar="C", help="The source or transform whose rows are looked at.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Look at N rows only. Default: all.")
@session_options
@click.option("--spark-log", is_flag=True, help="Show Spark's log; without it only after a failure, and shortened.")
def command(
    output: Output, pipeline: str, overrides: dict[str, str], component: str, limit: int | None, spark_log: bool
) -> int:
    """Propose checks that the rows of one component pass. Runs what it needs; writes and publishes nothing."""
    output.expect(pipeline=pipeline, component=component)
    from ppf_core.runs.profiling import propose_checks, write_block
    from ppf_core.runs.runner import PipelineRunner

    runner = PipelineRunner.from_file(pipeline, overrides)
    output.expect(pipeline=runner.config.name)
    profile = runner.profile(component, limit, capture=ShortLivedLog(output, everything=spark_log).capture)
    proposals = propose_checks(profile)
    if output.json:
        names = {"pipeline": runner.config.name, "component": component}
        output.document(names | _document(profile, proposals, write_block(profile, proposals)))
    else:
        output.table(_HEADINGS, [_line(column, profile.rows) for column in profile.columns], aside=True)
        output.note(f"{counted(profile.rows, 'row')}{' of a sample' if profile.is_sample else ''}.")
        output.text(write_block(profile, proposals, ascii_only=not _takes_all(sys.stdout)))
    return 0


def _document(profile: "FrameProfile", proposals: "Sequence[Proposal]", block: str) -> dict[str, Any]:
    from ppf_core.state.documents import to_document

    columns = [_numbers(column) for column in profile.columns]
    found = {"rows": profile.rows, "sampled": profile.is_sample, "columns": columns, "quality": proposals, "block": block}
    document: dict[str, Any] = to_document({**found, "problems": []})
    return document


def _numbers(column: "ColumnProfile") -> dict[str, Any]:
    return {name.removeprefix("is_"): value for name, value in vars(column).items() if name not in ("kind", "filled")}


def _line(column: "ColumnProfile", rows: int) -> tuple[object, ...]:
    nulls = f"{column.nulls:,} ({column.nulls / rows:.1%})" if column.nulls else "0"
    length = None if column.longest is None else f"{column.shortest:,} to {column.longest:,}"
    distinct = None if column.distinct is None else f"{'' if column.is_exact else '~'}{column.distinct:,}"
    unique = {None: None, True: "yes", False: "no"}[column.is_unique]
    return column.name, column.type, nulls, column.nans, column.min, column.max, length, distinct, unique


def _takes_all(stream: Any) -> bool:
    """Whether the stream can hold any character: else it would write escapes of Python's, which HOCON does not have."""
    return str(getattr(stream, "encoding", None)).lower().replace("-", "") in ("utf8", "utf16", "utf32")
