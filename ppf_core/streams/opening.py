"""How a query begins, or goes on: alone, after what was left of its last batch, and only as what it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ppf_core.contracts.components import Sink, StagedSink
from ppf_core.contracts.results import RunInfo
from ppf_core.errors import CheckpointRefused, Problem, RunError
from ppf_core.execution.run_frames import Batch
from ppf_core.execution.steps import Steps
from ppf_core.state.fingerprints import fingerprints
from ppf_core.state.recorded_plan import journaled_values
from ppf_core.streams.checkpoints import KnownQuery, QueryFolder
from ppf_core.streams.finishing import finish_batch
from ppf_core.streams.identity import difference, identity_of
from ppf_core.streams.journal import BatchJournal
from ppf_core.streams.lease import Lease
from ppf_core.streams.recognition import Recognition
from ppf_core.validation.queries import Query
from ppf_core.validation.validated import ValidatedPipeline


@dataclass(frozen=True)
class Fresh:
    """Queries that begin anew. may_append: also where a target holds rows, which then come a second time."""

    queries: Sequence[str] = ()
    may_append: bool = False


@dataclass(frozen=True)
class OpenQuery:
    """A query whose folder is held and sound. checkpoint: its id. warnings: what a person should know of it."""

    query: Query
    folder: QueryFolder
    lease: Lease
    journal: BatchJournal
    checkpoint: str
    recognition: Recognition
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class Opening:
    """Opens the queries of a run. steps: of the run, whose frames are built."""

    validated: ValidatedPipeline
    steps: Steps
    run_info: RunInfo
    fresh: Fresh

    def open(self, query: Query, folder: QueryFolder) -> OpenQuery:
        """Raises RunLocked, RunError or CheckpointRefused; then nothing is held."""
        lease = Lease(folder.files, folder.path, self.run_info.run_id)
        lease.take()
        try:
            return self._opened(query, folder, lease)
        except BaseException:
            lease.give_up()
            raise

    def _opened(self, query: Query, folder: QueryFolder, lease: Lease) -> OpenQuery:
        warnings = self._finish(query, folder)
        if query.name in self.fresh.queries:
            self._require_free(query)
            self._remove_stages(query, folder)
            folder.forget()
        checkpoint, known = folder.open(), folder.known()
        operators = self.steps.engine.streams.stateful(self.steps.frames.frame(query.input))
        identity = identity_of(query, self.validated, fingerprints(self.validated), operators)
        if known is not None:
            found = difference(known.identity, identity)
            if found.refused:
                hint = (
                    f"Begin anew with --fresh {query.name}, or write query = NAME on its sinks to leave the old one as it is."
                )
                message = f"The query {query.name!r} cannot go on from its checkpoint: {'; '.join(found.refused)}."
                raise CheckpointRefused(message, hint=hint)
            if found.followed:
                message = (
                    f"The query {query.name!r} goes on from its checkpoint, although it changed: {'; '.join(found.followed)}."
                )
                warnings.append(Problem(code="query-changed", message=message))
        recognition = Recognition(folder, self.steps.frames, sorted(query.above))
        recognition.require()
        journal = folder.journal()
        warnings += self._emptied(query, journal)
        values = journaled_values(self.validated)
        folder.note(KnownQuery(identity, self.validated.file.path.absolute(), values))
        return OpenQuery(query, folder, lease, journal, checkpoint, recognition, tuple(warnings))

    def _finish(self, query: Query, folder: QueryFolder) -> list[Problem]:
        """Shows what the last batch has left to show. A query that begins anew goes on without what cannot be shown."""
        try:
            engine = self.steps.engine
            finished = finish_batch(folder, query.name, self.run_info.pipeline, lambda _resources: engine, self.validated)
        except RunError as error:
            if query.name not in self.fresh.queries:
                raise
            message = f"The last batch of the query {query.name!r} was given up: {error}"
            return [Problem(code="abandoned", message=message)]
        return [Problem(code="recovered", message=finished.text)] if finished is not None else []

    def _emptied(self, query: Query, journal: BatchJournal) -> list[Problem]:
        """Sinks whose rows somebody has taken away, while the checkpoint says that they were written."""
        lost = [name for name, rows in journal.rows.items() if rows and name in query.sinks and self._holds_rows(name) is False]
        hint = f"If they are needed, begin anew with --fresh {query.name}."
        return [
            Problem(
                code="target-emptied",
                message=f"The sink {name!r} holds no rows; {journal.rows[name]} were written before, and do not come again.",
                hint=hint,
                path=f"components.{name}",
            )
            for name in lost
        ]

    def _require_free(self, query: Query) -> None:
        held = [name for name in query.sinks if self._holds_rows(name) is not False]
        if held and not self.fresh.may_append:
            message = f"The sink {held[0]!r} may hold rows, and the query {query.name!r} would write all of them once more."
            hint = "Empty its target, or add --fresh-append if the rows may be there twice."
            raise RunError(message, hint=hint)

    def _remove_stages(self, query: Query, folder: QueryFolder) -> None:
        """What a batch has staged whose driver died: nobody would come back to it."""
        known, number = folder.id, folder.begun
        if known is None or number is None:
            return
        frames = replace(self.steps.frames, batch=Batch(query.name, known, number))
        for name in query.sinks:
            component = self.steps.components[name]
            if isinstance(component.plugin, StagedSink):
                component.plugin.discard(frames.context(component), None)

    def _holds_rows(self, name: str) -> bool | None:
        component = self.steps.components[name]
        plugin = component.plugin
        return plugin.holds_rows(self.steps.frames.context(component)) if isinstance(plugin, Sink) else None
