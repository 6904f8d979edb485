"""What must be in order after each act beside the rows: records, locks, stages, kept frames, hooks, the counts of checks."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, product

from model import Flow, Model
from play import Seen
from scenario import inputs_of, is_lucky
from simulated_world import Row


@dataclass
class Tidiness:
    """The rules, over all acts of a scenario. messy: runs of which a stage may be left, as nobody could remove it."""

    model: Model
    messy: set[str] = field(default_factory=set)

    def broken(self, seen: Seen) -> Iterator[str]:
        """The rules that an act has broken."""
        self._learn(seen)
        yield from seen.crashes
        if seen.exit_code is None:
            return
        for rule in (self._records, self._left, self._hooks, self._checks, self._lucky, self._same):
            yield from rule(seen)

    def _learn(self, seen: Seen) -> None:
        methods = {fault.place.partition(".")[2].rstrip("+") for fault in seen.struck}
        run_id = next((run_id for run_id, run in self.model.runs.items() if run.last is seen), None)
        is_asked_twice = [fault.what in ("interrupt", "terminate") for fault in seen.struck].count(True) > 1
        if run_id is not None and (seen.exit_code is None or seen.hangs or "discard" in methods or is_asked_twice):
            self.messy.add(run_id)
        elif seen.act.deed == "recover" and not seen.struck and not seen.error:
            self.messy.clear()

    def _records(self, seen: Seen) -> Iterator[str]:
        """What `ppf runs` says is what happened."""
        for run_id, document in seen.documents.items():
            if run_id not in self.model.runs:
                continue
            if document["status"] == "success" and not self.model.is_complete(run_id):
                yield f"The record of {run_id} says success without {sorted(self.model.missing(run_id))}"
            if document["status"] == "running":
                yield f"The record of {run_id} says that it runs"
            told = {each["name"] for each in document["components"] if each["published"]}
            components = self.model.flow(run_id).components
            shown = {name for name in self.model.shown(run_id) if components[name]["sink"] == "staged"}
            run = self.model.runs[run_id]
            is_dead = run.last.exit_code is None and seen.act.deed != "recover"
            if told != shown and not (is_dead or seen.is_publishing(run_id) or run.is_excused):
                yield f"The record of {run_id} says that {sorted(told)} are published; it is {sorted(shown)}"
        if seen.result is not None:
            document = seen.documents[seen.result.run_id]
            told, was = (document["status"], document["exit_code"]), (seen.result.status, seen.exit_code)
            if told not in (was, ("publishing", seen.exit_code)) or (seen.result.status == "success") != (seen.exit_code == 0):
                yield f"The record of {seen.result.run_id} has {told}; the run had {was}"

    def _left(self, seen: Seen) -> Iterator[str]:
        """Nothing is held or left behind."""
        yield from (f"The record of {run_id} is held" for run_id in seen.held)
        for session in seen.sessions:
            if session.kept:
                yield f"{len(session.kept)} frames are kept after the end"
            if session.running and not seen.hangs:
                yield f"{len(session.running)} actions go on after the end"
        world = self.model.world
        stages = {stage.run_id for target in world.targets.values() for stage in target.stages.values()}
        stages |= {path.rpartition(".staged-")[2] for path in world.frames if ".staged-" in path}
        for run_id in stages - self.messy:
            if not seen.is_publishing(run_id):
                yield f"A stage of {run_id} is left"
        # A mark that the disk itself does not let go is removed by the next run of the pipeline.
        is_cached = any(fault.what == "broken" for fault in seen.struck)
        for run_id in seen.left_over if seen.result is not None and not is_cached else ():
            if seen.exit_code == 0 or seen.result.run_id == run_id:
                yield f"{run_id} is marked as unfinished, but nothing of it is left to do"

    def _hooks(self, seen: Seen) -> Iterator[str]:
        """For each start, an observer hears of exactly one end."""
        if seen.result is None or any(fault.component == "watcher" for fault in seen.struck):
            return
        heard = Counter((hook, name) for _, hook, name in seen.heard)
        for (hook, name), count in heard.items():
            other = hook.replace("_start", "_end") if hook.endswith("_start") else hook.replace("_end", "_start")
            if other != hook and heard[other, name] != count:
                yield f"{name or 'The run'} has {count} times {hook}, and {heard[other, name]} times {other}"

    def _checks(self, seen: Seen) -> Iterator[str]:
        """Each check was evaluated, on all rows, and counted right (G7, G9)."""
        if seen.result is None or seen.act.deed == "resume":
            return
        flows = list(self.model.flows(seen.result.run_id))
        for name, flow in product(sorted(self.model.selected(seen.result.run_id)), flows[:1]):
            found, wanted = seen.result[name], flow.checks(name)
            if found.status == "success" and len(found.quality) != len(wanted):
                yield f"{name} has {len(wanted)} checks, and {len(found.quality)} results"
            is_known = not flow.is_chancy(name) and not any(map(flow.is_rejected, flow.feeding(name) - {name}))
            for check, result in zip(wanted if is_known else (), found.quality, strict=False):
                counts = [(each.bad(name, check), each.given(name).total()) for each in flows]
                if result.failed is not None and (result.failed, result.evaluated) not in counts:
                    yield f"{name}: {result.failed} of {result.evaluated} rows are bad; it should be {counts[0]}"
                if result.status == "error" and check in flow.sound(name) and not seen.struck:
                    yield f"{name}: {result.name} was not evaluated: {result.message}"

    def _lucky(self, seen: Seen) -> Iterator[str]:
        """What chance has set apart is what it found bad, all of that, and nothing else (G5, G8)."""
        for run_id in self.model.newly:
            flow = self.model.flow(run_id)
            for name in filter(lambda name: is_lucky(flow.components[name]), self.model.selected(run_id)):
                apart = flow.set_apart(name, flow.places(name))
                is_known = not seen.is_open(run_id) and not self.model.is_unknown(run_id, name)
                if is_known and apart - flow.given(name):
                    yield f"{name} has set apart {sorted(apart - flow.given(name))} in {run_id}, which it did not have"
                for sink in flow.sinks([sink for sink in flow.components if self._is_fed_directly(flow, name, sink)]):
                    unlucky = [row.key for row in self._rows(sink, run_id) if row.draw % 2]
                    if unlucky:
                        yield f"{sink} shows {unlucky} of {run_id}, which are bad"

    def _is_fed_directly(self, flow: Flow, name: str, sink: str) -> bool:
        return sink == name or name in inputs_of(flow.components[sink])

    def _rows(self, sink: str, run_id: str) -> list[Row]:
        return [row for batch in self.model.world.batches(sink, run_id)[-1:] for row in batch.rows]

    def _same(self, seen: Seen) -> Iterator[str]:
        """What differs each time it is computed is computed once for all sinks that show it."""
        for run_id in self.model.newly:
            flow, shown = self.model.flow(run_id), sorted(self.model.shown(run_id))
            if len(self.model.runs[run_id].attempts) > 1 or not self.model.world.knows_plans or seen.is_open(run_id):
                continue
            for one, other in pairwise(each for each in shown if not flow.checks(each)):
                inputs = inputs_of(flow.components[one])
                if not inputs or inputs_of(flow.components[other]) != inputs:
                    continue
                is_cached = flow.components[inputs[0]].get("persist") != "never"
                if is_cached and Counter(self._rows(one, run_id)) != Counter(self._rows(other, run_id)):
                    yield f"{one} and {other} show other rows of {inputs[0]} in {run_id}"
