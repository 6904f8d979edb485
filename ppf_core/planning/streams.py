"""The plan of a stream: its queries, and what each of them does with every batch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ppf_core.contracts.components import Sink, StagedSink
from ppf_core.contracts.options import NoOptions
from ppf_core.planning.ordering import Step, order_steps
from ppf_core.planning.roles import Persistence, Role, is_idempotent, roles_of
from ppf_core.validation.queries import Query
from ppf_core.validation.replacing import GivenRows, as_source, with_components
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline


@dataclass(frozen=True)
class PlannedSink:
    """What a query promises to the readers of one of its sinks, and why it is not more."""

    name: str
    guarantee: Literal["exactly once", "at least once"]
    reason: str


@dataclass(frozen=True)
class PlannedQuery:
    """One streaming query as it will run. Field names are the keys of the plan's document.

    cut: why the stream ends at its input. batch: the components that are computed for each batch. atomic: whether each batch is
    in all sinks or in none at every moment; False where a reader may see it in some of them for a moment.
    """

    name: str
    input: str
    cut: str
    trigger: str | None
    output_mode: str
    batch: tuple[str, ...]
    sinks: tuple[PlannedSink, ...]
    atomic: bool


@dataclass(frozen=True)
class BatchPlan:
    """What is done for each batch of a query: a small run, whose sources are the batch and what was read besides it.

    validated: that run's pipeline. given: the components whose frames it is given.
    """

    validated: ValidatedPipeline
    given: frozenset[str]
    roles: Mapping[str, Role]
    steps: tuple[Step, ...]


def plan_query(validated: ValidatedPipeline, query: Query) -> PlannedQuery:
    """What `ppf plan` shows of a query."""
    drafts = [validated.components[name].draft for name in query.sinks]
    return PlannedQuery(
        name=query.name,
        input=query.input,
        cut=_cut(validated, query),
        trigger=query.trigger,
        output_mode=query.output_mode,
        batch=tuple(name for name in validated.components if name in query.below - set(query.sinks)),
        sinks=tuple(_delivery(validated.components[name]) for name in query.sinks),
        atomic=len(drafts) == 1 and isinstance(drafts[0], StagedSink) and bool(drafts[0].atomic),
    )


def plan_batch(validated: ValidatedPipeline, query: Query) -> BatchPlan:
    """What the kernel does with each batch of a query that it drives."""
    given = query.side_inputs(validated.dataflow) | {query.input}
    components = {
        name: as_source(each, GivenRows(NoOptions()), "batch") if name in given else each
        for name, each in validated.components.items()
        if name in given | query.below
    }
    batch = with_components(validated, components)
    roles = roles_of(batch, components)
    return BatchPlan(batch, given, roles, order_steps(batch, roles))


def roles_in_batches(roles: Mapping[str, Role], batches: Mapping[str, BatchPlan]) -> dict[str, Role]:
    """What the components of a stream do with its batches.

    What lies above the cuts is one plan of Spark, of which nothing is kept. roles: as if all of it ran once.
    """
    found = {name: replace(role, persistence=Persistence(), carrier=None) for name, role in roles.items()}
    for batch in batches.values():
        found.update(batch.roles)
    return found


def _cut(validated: ValidatedPipeline, query: Query) -> str:
    component = validated.components[query.input]
    if query.native:
        return "Spark's own writer reads it."
    if component.config.persist in ("memory", "disk"):
        return "The file asks for it: it is computed once for each batch."
    return "Its checks judge each batch." if component.checks else "Its sinks are driven batch by batch."


def _delivery(sink: ValidatedComponent) -> PlannedSink:
    cls = sink.plugin.cls
    if issubclass(cls, StagedSink):
        return PlannedSink(sink.name, "exactly once", "It is staged, and shown under the number of its batch.")
    if is_idempotent(sink):
        return PlannedSink(sink.name, "exactly once", "Writing a batch twice equals writing it once.")
    if issubclass(cls, Sink):
        return PlannedSink(
            sink.name, "at least once", "It is neither staged nor idempotent: a replayed batch is written again."
        )
    return PlannedSink(sink.name, "at least once", "Spark's own writer may write a replayed batch again.")
