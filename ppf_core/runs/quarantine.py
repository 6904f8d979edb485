"""The rows that checks set apart in earlier runs: found, looked at, and run again."""

from collections.abc import Collection, Mapping
from pathlib import Path

from ppf_core.contracts.results import PipelineResult
from ppf_core.execution.preview import Preview, preview_frame
from ppf_core.quality.replay import Quarantined, SideInputs, merging
from ppf_core.resources.run_resources import RunResources
from ppf_core.runs.recovery import Capture
from ppf_core.runs.replay import chosen, find_quarantined
from ppf_core.runs.runner import PipelineRunner, RunRequest
from ppf_core.spark.engines import engines
from ppf_core.state.store import RunRecords
from ppf_core.validation.validate import check_writes, validate_pipeline, written_values


class Quarantine:
    """What lies in quarantine below one state directory.

    pipeline: the runs of this one only. file, overrides: what runs again, where it is not what the run had.
    """

    def __init__(
        self,
        store: RunRecords,
        pipeline: str | None = None,
        file: str | None = None,
        overrides: Mapping[str, object] | None = None,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._file = file
        self._overrides = dict(overrides or {})

    def find(self, run_id: str | None = None) -> list[Quarantined]:
        """The rows that runs have set apart, the oldest run first; those of one run when it is named."""
        return find_quarantined(self._store, run_id, self._pipeline)

    def choose(self, run_id: str, component: str | None = None) -> Quarantined:
        """The rows of one run; of a component, where it has set apart those of several. ConfigError when there are none."""
        return chosen(self.find(run_id), run_id, component)

    def preview(self, rows: Quarantined, limit: int, capture: Capture) -> Preview:
        """The first of the rows, with what was wrong with each, read with the settings of the run that set them apart."""
        journal = self._store.journal(rows.run_id)
        assert journal is not None  # noqa: S101 -- for the type checker; the rows were found in it
        resources = RunResources(check_writes(written_values(journal.file), journal.file, journal.source.parent, ()), ())
        log = self._store.folder(rows.run_id) / "spark.log"
        try:
            resources.resolve_secrets()
            with capture(log, resources.redactor.redact):
                session = resources.open_session(None, log)
                try:
                    engine = engines().engine(session.spark)
                    return preview_frame(engine, engine.stored_rows(rows.path), limit, resources.redactor.redact)
                finally:
                    session.close()
        finally:
            resources.close()

    def replay(
        self, rows: Quarantined, request: RunRequest, *, empty: Collection[str] = (), read: Collection[str] = ()
    ) -> PipelineResult:
        """Runs the pipeline, as its file is now, on these rows alone; its sinks add to what they have. Never twice.

        empty, read: the components that meet the rows and give none, or all of their own.
        """
        file = self._file or rows.file
        settings = {**self._overrides, "runtime.state_dir": str(Path(self._store.state_dir).absolute())}
        settings |= merging(validate_pipeline(file, settings), rows.component)
        return PipelineRunner.from_file(file, settings).replay(rows, request, SideInputs(frozenset(empty), frozenset(read)))
