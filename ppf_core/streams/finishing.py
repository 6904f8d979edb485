"""The last batch of a query whose driver died after it was decided to show it, and before all of it was shown."""

from pathlib import Path

from ppf_core.errors import RunError
from ppf_core.execution.run_frames import Batch
from ppf_core.resources.finishing import EngineOf, Finished, Finishing
from ppf_core.resources.run_resources import RunResources
from ppf_core.state.journal import Journal
from ppf_core.storage import LocalFiles, scheme
from ppf_core.streams.checkpoints import QueryFolder
from ppf_core.streams.lease import Lease
from ppf_core.validation.validate import check_writes, written_values
from ppf_core.validation.validated import ValidatedPipeline


def finish_batch(
    folder: QueryFolder,
    query: str,
    pipeline: str,
    engine: EngineOf,
    current: ValidatedPipeline | None = None,
    *,
    abandon: bool = False,
) -> Finished | None:
    """Shows the rest of the last batch; None when there is none. Whoever calls holds the query.

    current: a file as it is now, which may lend secrets. abandon: removes the rest instead; the batch is done again when the
    query goes on, and what is shown of it stays shown once. RunError when the rest cannot be shown, or removed.
    """
    journal = folder.journal()
    if not journal.to_show or journal.number is None:
        return None
    known, checkpoint = folder.known(), folder.id
    if known is None or checkpoint is None:
        lost = "query.json" if known is None else "id"
        hint = f"Restore it from a backup. To go on without that batch, begin anew: --fresh {query}."
        raise RunError(f"The last batch of {folder.path} cannot be finished: its file {lost} is lost.", hint=hint)
    finished = Finished(journal.run_id, pipeline)
    batch = Batch(query, checkpoint, journal.number)
    place, home = Path(f"{folder.path}/query.json"), known.file.parent
    Finishing(known.values, place, home, journal.record, engine, current, batch).finish(
        journal.to_show, finished, abandon=abandon
    )
    if abandon:
        journal.give_up()
        return finished
    if finished.target_changed:
        hint = f"Look at what was written there. To go on, begin anew: --fresh {query}."
        raise RunError(f"Batch {journal.number} of the query {query!r} cannot be shown: {finished.text}", hint=hint)
    journal.end({})
    return finished


def finish_batches(
    run: Journal, engine: EngineOf, current: ValidatedPipeline | None = None, *, abandon: bool = False
) -> Finished:
    """The same for all queries of a run of a stream that is dead.

    Frames that it kept go: the next run computes its batch again. What cannot be abandoned, since nobody can read any more what
    it is, stays hidden from every reader; `--fresh` is the way out of that.
    """
    values, home = written_values(run.file), run.source.parent
    resources = RunResources(check_writes(values, run.file, home, ()), ())
    whole = Finished(run.run_id, run.pipeline)
    try:
        data_dir = resources.data_dir
        root = f"{data_dir}/streams/{run.pipeline}"
        files = LocalFiles() if scheme(root) == "file" else engine(resources).files_at(root)
        for name in files.folders(root):
            folder = QueryFolder(files, data_dir, run.pipeline, name)
            journal = folder.journal()
            if journal.run_id == run.run_id and journal.to_show:
                _finish(folder, name, run, engine, current, whole, abandon=abandon)
        files.delete(f"{data_dir}/batches/{run.run_id}")
    finally:
        resources.close()
    return whole


def _finish(
    folder: QueryFolder,
    query: str,
    run: Journal,
    engine: EngineOf,
    current: ValidatedPipeline | None,
    whole: Finished,
    *,
    abandon: bool,
) -> None:
    lease = Lease(folder.files, folder.path, run.run_id)
    lease.take()
    try:
        finished = finish_batch(folder, query, run.pipeline, engine, current, abandon=abandon)
    except RunError as error:
        if not abandon:
            raise
        whole.left[f"the last batch of {query}"] = str(error)
    else:
        if finished is not None:
            whole.add(finished)
    finally:
        lease.give_up()
