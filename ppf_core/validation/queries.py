"""The streaming queries of a file: where Spark's streams end, and what is done for each of their batches below that.

source ─▶ transform ─▶ input ┃ ─▶ transform ─▶ sink        left of the cut: one stream, which Spark runs
                             ┃ ─▶ sink                      right of it: a small run for each batch
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ppf_core.config.loader import PipelineFile
from ppf_core.contracts.checks import RowCheck
from ppf_core.contracts.components import StreamingSink, StreamingSource
from ppf_core.errors import Problem
from ppf_core.hocon.places import Path
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.graph import reachable
from ppf_core.validation.selection import has_mode
from ppf_core.validation.validated import ValidatedComponent

_QUERY = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True)
class Query:
    """What one streaming query does. input: the component whose rows it hands on, batch by batch.

    sinks: in the order of the file; those that the kernel drives are published together. above: what is built once, the input
    and what its rows and those of side inputs come from. filters: what of that is checked on the way. below: what is computed
    for each batch. native: whether Spark's own writer does the rest.
    """

    name: str
    input: str
    sinks: tuple[str, ...]
    trigger: str | None
    output_mode: str
    above: frozenset[str]
    filters: frozenset[str]
    below: frozenset[str]
    native: bool

    def side_inputs(self, flow: Dataflow) -> frozenset[str]:
        """What its batches read besides their stream, and is built once."""
        read = {each for name in self.below for each in flow.reads[name]}
        return frozenset(read.union(flow.asked.get(self.input, ()))) - self.below - {self.input}


@dataclass(frozen=True)
class Streams:
    """The queries of a streaming file, and what is wrong with them."""

    queries: tuple[Query, ...] = ()
    problems: tuple[Problem, ...] = ()


def streams_of(file: PipelineFile, components: Mapping[str, ValidatedComponent]) -> Streams:
    """The queries of a file with `mode = streaming`. Pure: no Spark."""
    cutting = _Cutting(file, components)
    queries = tuple(cutting.queries())
    return Streams(queries, (*cutting.problems, *cutting.mistakes(queries)))


@dataclass(frozen=True)
class _Key:
    """What the sinks of one query have in common. native: the sink, if Spark's own writer does it."""

    query: str
    input: str
    trigger: str | None
    output_mode: str
    native: str | None

    @classmethod
    def of(cls, sink: ValidatedComponent, head: str) -> "_Key":
        config, is_native = sink.config, issubclass(sink.plugin.cls, StreamingSink)
        mode = config.output_mode or "append"
        return cls(config.query or head, head, config.trigger, mode, sink.name if is_native else None)


def _says_query(sink: ValidatedComponent) -> bool:
    return any(key is not None for key in (sink.config.trigger, sink.config.output_mode, sink.config.query))


@dataclass
class _Cutting:
    file: PipelineFile
    components: Mapping[str, ValidatedComponent]

    def __post_init__(self) -> None:
        self.problems: list[Problem] = []
        self._flow = Dataflow.of(self.components)
        self._reads = {name: (*self._flow.reads[name], *self._taken(name)) for name in self.components}

    @cached_property
    def _streaming(self) -> frozenset[str]:
        """The components that have rows of a stream."""
        sources = [name for name, each in self.components.items() if issubclass(each.plugin.cls, StreamingSource)]
        return self._flow.below(sources)

    @cached_property
    def _cuts(self) -> Collection[str]:
        """Where a stream ends whoever reads it: what is kept for its readers, and what checks have to judge."""
        return {
            name
            for name, each in self.components.items()
            if name in self._streaming
            and each.config.kind != "sink"
            and (each.config.persist in ("memory", "disk") or (each.checks and name not in self._filters))
        }

    @cached_property
    def _filters(self) -> frozenset[str]:
        """Checked components of a stream whose bad rows only have to be left out or told, and which no batch passes by."""
        driven = {
            feeding
            for each in self.components.values()
            if each.config.kind == "sink" and not issubclass(each.plugin.cls, StreamingSink)
            for feeding in each.config.inputs.values()
        }
        return frozenset(
            name
            for name, each in self.components.items()
            if name in self._streaming - driven
            and each.config.kind != "sink"
            and each.config.persist not in ("memory", "disk")
            and each.checks
            and all(
                issubclass(bound.cls, RowCheck) and check.action in ("drop", "warn") and check.error_if is None
                for check, bound in zip(each.config.quality, each.checks, strict=True)
            )
        )

    def queries(self) -> Iterator[Query]:
        """In the order of their first sink in the file; a sink of bad rows goes with those that take the good ones."""
        groups: dict[_Key, list[str]] = {}
        sinks = [name for name, each in self.components.items() if each.config.kind == "sink"]
        for name in sorted(sinks, key=lambda each: bool(self._taken(each))):
            head = self._input(name)
            if head is not None:
                key = _Key.of(self.components[name], head)
                beside = next((other for other in groups if other.input == head and other.native is None), key)
                groups.setdefault(beside if self._taken(name) and not _says_query(self.components[name]) else key, []).append(
                    name
                )
        self._require_one_name(groups)
        for key, members in groups.items():
            whole = self._flow.above(members)
            below = (self._flow.below([key.input]) & whole) - {key.input}
            below |= self._anew(whole - below - {key.input}, below)
            ordered = tuple(name for name in sinks if name in members)
            is_native = key.native is not None
            filters = self._filters & (whole - below)
            yield Query(key.query, key.input, ordered, key.trigger, key.output_mode, whole - below, filters, below, is_native)

    def _require_one_name(self, groups: "Mapping[_Key, list[str]]") -> None:
        names: dict[str, str] = {}
        for key, members in groups.items():
            other = names.setdefault(key.query, members[0])
            if other != members[0]:
                message = f"The sinks {other!r} and {members[0]!r} need a query each, and both would be called {key.query!r}."
                hint = f"They differ in trigger, output mode or kind: write query = {members[0]} on one, or let them agree."
                self._problem("query-twice", message, ("components", members[0]), hint, at="key")

    def _anew(self, beside: frozenset[str], below: frozenset[str]) -> frozenset[str]:
        """The side inputs that each batch reads again, and what comes of them alone."""
        sources = [name for name in beside if self.components[name].config.refresh == "per_batch"]
        found = self._flow.below(sources) & beside
        for name in sources:
            early = sorted((self._flow.below([name]) & self._streaming) - below)
            if early:
                message = f"{name!r} is to be read again for each batch, but {early[0]!r} joins it with the whole stream."
                hint = f"Set persist = memory on what feeds {early[0]!r}, or leave out refresh."
                self._problem("refresh", message, ("components", name, "refresh"), hint)
        return found

    def _taken(self, name: str) -> tuple[str, ...]:
        return self._flow.quarantined_from.get(name, ())

    def _input(self, sink: str) -> str | None:
        """The component whose batches a sink is given; None, with a problem, where there is no such component."""
        feeding = (*self.components[sink].config.inputs.values(), *self._taken(sink))
        place: Path = ("components", sink)
        if not feeding or any(each not in self.components for each in feeding):
            return None  # told already
        if not self._streaming.intersection(feeding):
            message = f"The sink {sink!r} gets no rows of a stream: all that is above it is read once."
            self._problem("no-stream", message, place, "Write it in a pipeline of its own with mode = batch.", at="key")
            return None
        above = self._flow.above(feeding) & self._streaming
        cuts = {name for name in self._cuts if name in above}
        heads = sorted(name for name in cuts if not (self._flow.above([name]) - {name}) & cuts) or list(dict.fromkeys(feeding))
        if len(heads) == 1 and not self._passes_by(heads[0], feeding):
            return heads[0]
        named = " and ".join(map(repr, heads))
        message = f"The sink {sink!r} would need batches of {named} and rows of another stream at the same time."
        hint = "Set persist = memory on what joins the streams, and leave it and the checks out above that."
        self._problem("two-streams", message, place, hint, at="key")
        return None

    def _passes_by(self, head: str, feeding: Collection[str]) -> bool:
        """Whether rows of a stream reach these on a way that does not lead through the head."""
        reached = reachable(feeding, {name: () if name == head else reads for name, reads in self._reads.items()})
        return any(issubclass(self.components[name].plugin.cls, StreamingSource) for name in reached - {head})

    # ---- what is wrong

    def mistakes(self, queries: Collection[Query]) -> Iterator[Problem]:
        """What a file may not say in a stream."""
        for name, component in self.components.items():
            yield from self._keys(name, component)
        for query in queries:
            yield from self._of_query(query)
        yield from self._kept_twice([query for query in queries if not query.native])

    def _keys(self, name: str, component: ValidatedComponent) -> Iterator[Problem]:
        config, place = component.config, ("components", name)
        if config.checkpoint:
            message, hint = (
                f"{name!r} has checkpoint = true in a stream.",
                "Leave it out: a stream has a checkpoint of its own.",
            )
            yield self.file.problem("wrong-mode", message, (*place, "checkpoint"), hint=hint)
        if config.after and name in self._streaming:
            message = f"{name!r} is to start after {config.after[0]!r}, but the components of a stream never end."
            yield self.file.problem("wrong-mode", message, (*place, "after"), at="key", hint="Remove 'after'.")
        if config.batch and config.kind != "source":
            message = f"Key 'batch' belongs to sources, but {name!r} is a {config.kind}."
            yield self.file.problem("bad-value", message, (*place, "batch"), at="key", hint="Remove it.")
        if config.refresh is not None and not config.batch:
            message = f"Key 'refresh' of {name!r} belongs to side inputs."
            yield self.file.problem("bad-value", message, (*place, "refresh"), at="key", hint="Set batch = true, or remove it.")
        if config.query is not None and config.kind != "sink":
            message = f"Key 'query' belongs to sinks, but {name!r} is a {config.kind}."
            yield self.file.problem("bad-value", message, (*place, "query"), at="key", hint="Set it on the sinks.")
        if config.query is not None and not _QUERY.fullmatch(config.query):
            message = f"{config.query!r} cannot be the name of a query."
            hint = "Use 1 to 128 letters, digits, '_' and '-': its checkpoint lies in a folder of this name."
            yield self.file.problem("bad-value", message, (*place, "query"), hint=hint)
        if config.kind == "sink":
            yield from self._sink_mode(name, component)

    def _sink_mode(self, name: str, component: ValidatedComponent) -> Iterator[Problem]:
        mode, complete = component.plugin.values.get("mode"), component.config.output_mode == "complete"
        place: Path = ("components", name, "options", "mode")
        if not has_mode(component.plugin.cls):
            return
        if mode in ("error", "ignore"):
            message = f"The sink {name!r} has mode = {mode}, but in a stream it writes batch after batch."
            yield self.file.problem("wrong-mode", message, place, hint="Use append, or leave the option out.")
        if mode == "overwrite" and not complete:
            message = f"The sink {name!r} has mode = overwrite, so that each batch would replace what the ones before wrote."
            yield self.file.problem("wrong-mode", message, place, hint="Use append, or set output_mode = complete on the sink.")
        if complete and mode == "append":
            message = f"The sink {name!r} would add the whole result again with each batch: output_mode is complete."
            hint = "Set mode = overwrite in its options."
            yield self.file.problem("wrong-mode", message, ("components", name, "output_mode"), hint=hint)

    def _kept_twice(self, queries: Collection[Query]) -> Iterator[Problem]:
        """Bad rows of a component that is computed in the batches of several queries would lie in quarantine once for each."""
        for name, component in self.components.items():
            asking = [query.name for query in queries if name in query.below | {query.input}]
            if len(asking) > 1 and any(check.action == "quarantine" for check in component.config.quality):
                message = f"The bad rows of {name!r} would be kept by each of the queries {', '.join(map(repr, asking))}."
                hint = "Let the sinks below it agree in trigger and output mode, so that they are one query."
                yield self.file.problem("query-twice", message, ("components", name, "quality"), at="key", hint=hint)

    def _of_query(self, query: Query) -> Iterator[Problem]:
        for name in sorted(query.above - {query.input} - query.side_inputs(self._flow) - self._streaming):
            if self.components[name].checks:
                message = f"The checks of {name!r} would never be asked: it is joined with the whole stream, not with a batch."
                hint = "Check it in a pipeline of its own, or set persist = memory on the stream before it is joined."
                yield self.file.problem("unasked-checks", message, ("components", name, "quality"), at="key", hint=hint)
        for name in query.sinks if query.native else ():
            checked = [each for each in self._flow.above([name]) - query.filters if self.components[each].checks]
            for each in checked:
                message = f"The checks of {each!r} cannot hold a batch back: the sink {name!r} is Spark's own streaming writer."
                hint = "Remove the checks, or write to a sink that the kernel drives, such as files or parquet."
                yield self.file.problem("native-sink", message, ("components", each, "quality"), at="key", hint=hint)
            if query.input not in self.components[name].config.inputs.values() and not checked:
                message = f"The sink {name!r} is Spark's own streaming writer, and {query.input!r} above it ends the stream."
                hint = "Remove its persist, or write to a sink that the kernel drives."
                yield self.file.problem("native-sink", message, ("components", query.input, "persist"), at="key", hint=hint)

    def _problem(self, code: str, message: str, place: Path, hint: str, *, at: str = "value") -> None:
        self.problems.append(self.file.problem(code, message, place, at=at, hint=hint))
