"""`ppf runs clean`: removes what old runs left in the state directory."""

import datetime

import click

from ppf_core.cli.options import verb
from ppf_core.cli.output import Output, counted
from ppf_core.cli.stores import find_store, store_options
from ppf_core.config.durations import parse_duration


def _age(_context: click.Context, _parameter: click.Parameter, value: str) -> datetime.timedelta:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@verb("ppf runs clean --dry-run", "ppf runs clean --older-than 7d", removed=[], dry_run=None, problems=[])
@click.option("--older-than", callback=_age, default="30d", show_default=True, metavar="AGE", help="Those that ended earlier.")
@click.option("--queries", is_flag=True, help="Also the checkpoints of queries that the file of a stream has no more.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@store_options
def command(
    output: Output,
    older_than: datetime.timedelta,
    queries: bool,
    dry_run: bool,
    pipeline: str | None,
    state_dir: str | None,
    overrides: dict[str, str],
) -> int:
    """Remove the records, checkpoints and stages of old runs.

    A run that goes on, or has to publish still, is left alone.
    """
    from ppf_core.jvm.standard_streams import StandardStreams
    from ppf_core.state.documents import to_document
    from ppf_core.verbs.cleaning import find_old, remove

    store, name = find_store(pipeline, state_dir, overrides)
    found = find_old(store, datetime.datetime.now(datetime.UTC) - older_than, name, with_queries=queries)
    if found and not output.json:
        output.table(("run", "what", "place"), [(each.run_id, each.what, each.place) for each in found])
    if not dry_run:
        remove(store, found, StandardStreams(output.json).capture)
    if output.json:
        output.document({"removed": to_document(found), "dry_run": dry_run})
    else:
        output.text(f"{counted(len(found), 'thing')} {'to remove' if dry_run else 'removed'}.")
    return 0
