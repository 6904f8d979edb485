"""The reference model of streams: what may be visible of each batch after each act. It knows nothing of how ppf keeps that.

It knows the pipeline file, which rows each batch was made of, and which faults struck.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from flow import Flow, Keys
from play import Seen
from simulated_world import Batch as Shown
from simulated_world import Begun, Row, World

from ppf_core import WriteId
from ppf_core.validation.queries import Query

_FOLDER = "world:/data/quarantine/{}/run_id={}/ppf_batch={}"


class Which(NamedTuple):
    """One batch, whoever tries it."""

    query: str
    checkpoint: str
    number: int


@dataclass
class Try:
    """One attempt at a batch, in one act."""

    begun: Begun
    seen: Seen
    query: Query
    run_id: str
    world: World

    @cached_property
    def flow(self) -> Flow:
        """Which rows are where in it."""
        components = self.seen.values["components"]
        sources = {name: self._rows(config["options"]["table"], name) for name, config in components.items() if _reads(config)}
        return Flow(components, sources)

    @property
    def judged(self) -> frozenset[str]:
        """The components whose checks judge the batch."""
        return self.query.below | {self.query.input}

    @property
    def is_rejected(self) -> bool:
        """Whether a check forbids to show it."""
        return any(map(self.flow.is_rejected, self.judged))

    def _rows(self, table: str, name: str) -> Keys:
        begin, end = self.begun.slices.get(name, (0, self.seen.lengths[table]))
        return Counter(row.key for row in self.world.tables[table][begin:end])


@dataclass
class StreamModel:
    """The promises, over all acts of a scenario. half_begun: when a query was to begin anew, and something came between."""

    world: World
    tries: dict[Which, list[Try]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    half_begun: Seen | None = None

    def broken(self, seen: Seen) -> Iterator[str]:
        """The promises that an act has broken."""
        self._learn(seen)
        yield from seen.crashes
        for rule in (self._rows, self._together, self._folders):
            yield from rule(seen)
        if seen.exit_code is None:
            return
        for rule in (self._left, self._records, self._ending):
            yield from rule(seen)
        if seen.exit_code == 0 and seen.act.deed in ("run", "fresh"):
            yield from self._whole(seen)

    # ---- what is known

    def _learn(self, seen: Seen) -> None:
        new = [run_id for run_id in seen.documents if run_id not in self.known]
        self.known |= {*new}
        if seen.act.deed == "fresh":
            self.half_begun = seen if seen.struck else None
        for begun in seen.begun:
            tried = Try(begun, seen, seen.queries[begun.query], new[0], self.world)
            self.tries.setdefault(Which(begun.query, begun.checkpoint, begun.number), []).append(tried)

    def _sinks(self, which: Which, kind: str) -> list[str]:
        tried = self.tries[which][-1]
        return [name for name in tried.query.sinks if tried.seen.values["components"][name]["sink"] == kind]

    def _shown(self, which: Which, sink: str) -> list[Shown]:
        """What a sink shows of a batch."""
        return [each for each in self.world.target(sink).batches if _written(each) == _write(which, sink)]

    def _fitting(self, which: Which, sink: str) -> set[int]:
        """The attempts whose rows a sink shows."""
        found = [_keys(each.rows) for each in self._shown(which, sink)]
        return {index for index, tried in enumerate(self.tries[which]) if tried.flow.good(sink) in found}

    # ---- promises

    def _rows(self, seen: Seen) -> Iterator[str]:
        """A staged sink shows of each batch its rows, once, and none that a check forbids."""
        for which, tries in self.tries.items():
            for sink in self._sinks(which, "staged"):
                shown = self._shown(which, sink)
                if len(shown) > 1:
                    yield f"{sink} shows {which} twice"
                if shown and all(tried.is_rejected for tried in tries):
                    yield f"{sink} shows {which}, which a check forbids"
                if shown and not self._fitting(which, sink):
                    yield f"{sink} shows {_told(_keys(shown[0].rows))} of {which}, not {_told(tries[-1].flow.good(sink))}"
        for sink, target in self.world.targets.items():
            known = {_write(which, sink) for which in self.tries}
            yield from (f"{sink} shows {each.write} of no batch" for each in target.batches if _written(each) not in known)

    def _together(self, seen: Seen) -> Iterator[str]:
        """Each batch is in all staged sinks of its query or in none, unless something came between and nobody mended it yet."""
        for which in self.tries:
            sinks = self._sinks(which, "staged")
            shown = [sink for sink in sinks if self._shown(which, sink)]
            is_open = seen.exit_code is None or (seen.exit_code != 0 and seen.struck)
            if shown and len(shown) < len(sinks) and not is_open:
                yield f"{which} is in {shown}, and not in all of {sinks}"
            if shown and not set.intersection(*(self._fitting(which, sink) for sink in shown)):
                yield f"{which} shows rows of several attempts in {shown}"

    def _folders(self, seen: Seen) -> Iterator[str]:
        """The bad rows of a batch lie in quarantine once."""
        for which, tries in self.tries.items():
            for name in self._keeping(tries[-1]):
                found = self._folder(which, name)
                fits = [tried.flow.in_folder(name) for tried in tries]
                if len(found) > 1 and not all(tried.is_rejected for tried in tries):
                    yield f"The bad rows of {name} of {which} lie in {len(found)} folders"
                if found and found[0] not in fits:
                    yield f"The folder of {name} of {which} holds {_told(found[0])}, not {_told(fits[-1])}"

    def _keeping(self, tried: Try) -> list[str]:
        return [name for name in sorted(tried.judged) if None in tried.flow.places(name)]

    def _folder(self, which: Which, name: str) -> list[Keys]:
        runs = dict.fromkeys(tried.run_id for tried in self.tries[which])
        paths = [_FOLDER.format(name, run_id, which.number) for run_id in runs]
        return [_keys(self.world.frames[path].rows) for path in paths if path in self.world.frames]

    def _whole(self, seen: Seen) -> Iterator[str]:
        """After a success nothing is lost: each row that was there is in a batch, and each batch in all sinks of its query.

        A stream that a timeout drains ends well with what it has read until then.
        """
        if "timeout" in seen.values.get("runtime", {}) and seen.hangs:
            return
        for query in seen.queries.values():
            own = [which for which in self.tries if which.query == query.name]
            current = [which for which in own if which.checkpoint == own[-1].checkpoint]
            yield from self._covered(seen, query, [self.tries[which][-1].begun for which in current])
            for which in current:
                yield from self._done(which)

    def _covered(self, seen: Seen, query: Query, batches: list[Begun]) -> Iterator[str]:
        for name, config in seen.values["components"].items():
            if name in query.above and config.get("source") == "feed" and query.trigger == "available_now":
                wanted = seen.lengths[config["options"]["table"]]
                got = max((each.slices[name][1] for each in batches), default=0)
                if got < wanted:
                    yield f"{query.name} ends with success after {got} of {wanted} rows of {name}"

    def _done(self, which: Which) -> Iterator[str]:
        tried = self.tries[which][-1]
        for sink in tried.query.sinks:
            if not self._fitting(which, sink):
                yield f"{sink} does not show the rows of {which} after a success"
        for name in self._keeping(tried):
            if not self._folder(which, name) and all(each.flow.in_folder(name) for each in self.tries[which]):
                yield f"The bad rows of {name} of {which} are nowhere"

    def _left(self, seen: Seen) -> Iterator[str]:
        """Nothing is held or left behind."""
        yield from (f"The record of {run_id} is held" for run_id in seen.held)
        if not seen.is_on_bad_disk and not seen.hangs and seen.result is not None:
            yield from (f"The lease {lease} is left" for lease in seen.leases if seen.result.run_id in lease)
        for session in seen.sessions:
            if session.kept:
                yield f"{len(session.kept)} frames are kept after the end"
            if session.running and not seen.hangs:
                yield f"{len(session.running)} actions go on after the end"
        if seen.exit_code == 0 and seen.act.deed == "run" and not seen.struck:
            staged = [path for path in self.world.frames if ".staged-" in path or "/batches/" in path]
            yield from (f"The frame {path} is left" for path in staged)
            for name, target in self.world.targets.items():
                yield from (f"The stage {write} of {name} is left" for write in target.stages)
            yield from (f"{run_id} is marked as unfinished, but nothing of it is left to do" for run_id in seen.left_over)

    def _records(self, seen: Seen) -> Iterator[str]:
        """What `ppf runs` says is what happened."""
        for run_id, document in seen.documents.items():
            if document["status"] == "running":
                yield f"The record of {run_id} says that it runs"
        if seen.result is not None:
            document = seen.documents[seen.result.run_id]
            told, was = (document["status"], document["exit_code"]), (seen.result.status, seen.exit_code)
            if told != was or (seen.result.status == "success") != (seen.exit_code == 0):
                yield f"The record of {seen.result.run_id} has {told}; the run had {was}"

    def _ending(self, seen: Seen) -> Iterator[str]:
        """A success is one, and a failure has a reason."""
        tried = [self.tries[Which(each.query, each.checkpoint, each.number)][-1] for each in seen.begun]
        rejected = [each for each in tried if each.is_rejected]
        open_ = [each for each in rejected if not any(self._shown(Which(*each.begun[:3]), sink) for sink in each.query.sinks)]
        if seen.exit_code == 0 and open_:
            yield f"It says success, although checks forbid batch {open_[0].begun.number} of {open_[0].query.name}"
        if seen.exit_code not in (0, 4 if rejected else 0) and not seen.struck and not self._may_refuse(seen, tried):
            yield f"It ends with {seen.exit_code} for no reason: {seen.why}"

    def _may_refuse(self, seen: Seen, tried: list[Try]) -> bool:
        """Whether something forbids that a run goes on."""
        is_broken = seen.result is not None and any(
            each.error is not None and each.error.type == "CircuitOpen" for each in seen.result.components
        )
        is_half_begun = self.half_begun is not None and self.half_begun is not seen and seen.act.deed == "run"
        raises = any(len(each.flow.sound(name)) < len(each.flow.checks(name)) for each in tried for name in each.query.above)
        return is_broken or is_half_begun or raises or (seen.act.deed == "fresh" and "append" not in seen.act.options)


def _reads(config: Mapping[str, object]) -> bool:
    return "source" in config


def _keys(rows: tuple[Row, ...]) -> Keys:
    return Counter(row.key for row in rows)


def _told(keys: Keys) -> str:
    return "{" + " ".join(sorted(keys.elements())) + "}"


def _write(which: Which, sink: str) -> str:
    return str(WriteId(f"simulated/{sink}/{which.checkpoint}", which.number))


def _written(shown: Shown) -> str:
    """The write that rows came with; what is neither staged nor idempotent adds a number."""
    return shown.write.partition("/")[0]
