"""`ppf profile`: what the rows of one component hold, and checks that they pass."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ppf_core import Output, PipelineRunner, command

if TYPE_CHECKING:
    from ppf_profile.frame_profiles import ColumnProfile, FrameProfile
    from ppf_profile.proposals import Proposal

_HEADINGS = ("column", "type", "nulls", "nans", "min", "max", "length", "distinct", "unique")


@command(
    "ppf profile flights.conf --component late",
    "ppf profile flights.conf --component late --limit 10000 > quality.conf",
    takes=["pipeline", "session"],
    pipeline=None,
    component=None,
    rows=None,
    sampled=None,
    columns=[],
    quality=[],
    block=None,
    problems=[],
)
@click.option("--component", required=True, metavar="C", help="The source or transform whose rows are looked at.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Look at N rows only. Default: all.")
@click.option("--spark-log", is_flag=True, help="Show Spark's log; without it only after a failure, and shortened.")
def profile(
    output: Output, pipeline: str, overrides: dict[str, str], component: str, limit: int | None, spark_log: bool
) -> int:
    """Propose checks that the rows of one component pass. Runs what it needs; writes and publishes nothing."""
    output.expect(pipeline=pipeline, component=component)
    from ppf_profile.proposals import profile_component, propose_checks, write_block

    runner = PipelineRunner.from_file(pipeline, overrides)
    output.expect(pipeline=runner.name)
    found = profile_component(runner, component, limit, capture=partial(output.capture, everything=spark_log))
    proposals = propose_checks(found)
    if output.json:
        names = {"pipeline": runner.name, "component": component}
        output.document(names | _document(found, proposals, write_block(found, proposals)))
    else:
        output.table(_HEADINGS, [_line(column, found.rows) for column in found.columns], aside=True)
        output.note(f"{found.rows} row{'' if found.rows == 1 else 's'}{' of a sample' if found.is_sample else ''}.")
        output.text(write_block(found, proposals, ascii_only=not _takes_all(sys.stdout)))
    return 0


def _document(profile: "FrameProfile", proposals: "Sequence[Proposal]", block: str) -> dict[str, Any]:
    columns = [_numbers(column) for column in profile.columns]
    found = {"rows": profile.rows, "sampled": profile.is_sample, "columns": columns, "quality": proposals, "block": block}
    return {**found, "problems": []}


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
