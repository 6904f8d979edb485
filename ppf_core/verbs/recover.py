"""`ppf runs recover`: finishes what a run left behind that was killed, or could not publish."""

import click

from ppf_core.cli.options import verb
from ppf_core.cli.output import Output
from ppf_core.cli.stores import find_store, store_options


@verb("ppf runs recover", "ppf runs recover 20260131T235959-1f2e3d --abandon", runs=[], problems=[])
@click.argument("run_id", metavar="[ID]", required=False)
@click.option("--abandon", is_flag=True, help="Publish nothing more: remove what was staged and free the targets.")
@store_options
def command(
    output: Output,
    run_id: str | None,
    abandon: bool,
    pipeline: str | None,
    state_dir: str | None,
    overrides: dict[str, str],
) -> int:
    """Finish what dead runs left in their targets.

    The run ID, or every run that needs it. What it had decided to publish is published; what else it had staged is removed.
    """
    from ppf_core.errors import ConfigError
    from ppf_core.jvm.standard_streams import StandardStreams
    from ppf_core.runs.recovery import recover_alone
    from ppf_core.state.documents import to_document

    store, name = find_store(pipeline, state_dir, overrides)
    if abandon and run_id is None:
        raise ConfigError("--abandon needs the ID of one run.", hint="Find it with `ppf runs list`.")
    names = [run_id] if run_id else store.dead(name)
    capture = StandardStreams(output.json).capture
    finished = [recover_alone(store, each, capture, abandon=abandon) for each in names]
    if output.json:
        output.document({"runs": to_document(finished)}, ok=not any(each.target_changed for each in finished))
    elif finished:
        for each in finished:
            output.text(each.text)
    else:
        output.text(f"No run in {store.state_dir} needs to be finished.")
    return int(any(each.target_changed for each in finished))
