"""The reference model: what may be visible after each act. It knows nothing of how ppf keeps what it promises.

It knows the pipeline file, which rows each source was asked for, and which faults struck. It says what each sink has to show,
where each cursor has to stand, and how a run may have ended.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from flow import Config, Flow, Keys
from play import Seen
from scenario import is_lucky
from simulated_world import Read, Row, World

_FOLDER = "world:/data/quarantine/{}/run_id={}"


@dataclass
class Run:
    """One run, over all its attempts. slices: what each of its sources was asked for, each time.

    is_excused: whether somebody else took a target of it, or people gave it up.
    """

    attempts: list[Seen] = field(default_factory=list)
    slices: dict[str, list[Read]] = field(default_factory=dict)
    is_excused: bool = False

    @property
    def last(self) -> Seen:
        """Its last attempt."""
        return self.attempts[-1]


@dataclass
class Model:
    """The promises, over all acts of a scenario. newly: which runs have shown something in the last act."""

    world: World
    runs: dict[str, Run] = field(default_factory=dict)
    cursors: Counter[str] = field(default_factory=Counter)
    newly: set[str] = field(default_factory=set)
    _looked: Counter[str] = field(default_factory=Counter)

    def broken(self, seen: Seen) -> Iterator[str]:
        """The promises that an act has broken."""
        self._learn(seen)
        for rule in (self._rows, self._folders, self._whole, self._cursors):
            yield from rule(seen)
        if seen.result is not None:
            yield from self._ending(seen, seen.result.run_id)
            yield from self._others(seen, seen.result.run_id)
        elif seen.exit_code is not None and not seen.struck and seen.act.deed != "replay" and not self._may_refuse(seen):
            yield f"The {seen.act.deed} was refused: {seen.error}"

    # ---- what is known

    def _learn(self, seen: Seen) -> None:
        is_moved, is_given_up = any(fault.what == "moved" for fault in seen.struck), seen.act.deed == "abandon"
        if (run_id := self._run_of(seen)) is not None:
            run = self.runs.setdefault(run_id, Run())
            run.attempts.append(seen)
            for read in seen.reads:
                table = seen.values["components"][read.component]["options"]["table"]
                ends = range(seen.lengths[table], len(self.world.tables[table]) + 1) if read.end is None else [read.end]
                known = run.slices.setdefault(read.component, [])
                known += [whole for end in ends if (whole := read._replace(end=end)) not in known]
        for name, run in self.runs.items():
            run.is_excused |= (is_moved and not self.is_complete(name)) or (is_given_up and run.last.exit_code != 0)

    def _run_of(self, seen: Seen) -> str | None:
        """The run that an act worked at."""
        if seen.act.deed == "resume":
            resumable = [name for name in seen.documents if name in self.runs and self.runs[name].attempts[0].replays is None]
            is_begun = bool(resumable) and seen.documents[resumable[-1]]["resumed_from"] is not None
            return resumable[-1] if is_begun and not seen.error else None
        return next((run_id for run_id in seen.documents if run_id not in self.runs), None)

    def _may_refuse(self, seen: Seen) -> bool:
        """Whether something forbids that a run goes on: there is none, it changed, or a write of it cannot be taken back."""
        if seen.act.deed != "resume":
            return not seen.error
        run_id = next((name for name in reversed(seen.documents) if not self.runs[name].attempts[0].replays), None)
        if run_id is None or run_id not in self.world.checkpoints or "keeper" not in seen.values["hooks"]:
            return True
        run = self.runs[run_id]
        if any(attempt.values != seen.values for attempt in run.attempts) and "accept" not in seen.act.options:
            return True
        sinks = [config for config in seen.values["components"].values() if config.get("sink") == "plain"]
        is_taken_back = all(config["options"].get("repeatable") for config in sinks)
        return any(attempt.struck for attempt in run.attempts) and not is_taken_back

    def flows(self, run_id: str) -> Iterator[Flow]:
        """Which rows may be where in a run: what is not pinned, and the file, may be others in each attempt."""
        run = self.runs[run_id]
        for attempt in reversed(run.attempts):
            components = attempt.values["components"]
            for reads in product(*(reversed(reads) for reads in run.slices.values())):
                sources = {read.component: self._slice(components[read.component], read) for read in reads}
                yield self._flow(attempt, Flow(components, sources, unlucky=self._unlucky(components, run_id)))

    def _flow(self, attempt: Seen, flow: Flow) -> Flow:
        """What is replayed meets nothing but what somebody named, of which bad rows are not told again."""
        if attempt.replays is None:
            return flow
        run_id, name = attempt.replays
        below, empty = flow.below(name), [each for each, said in attempt.values["side"].items() if said == "empty"]
        components = {each: config if each in below else _beside(config) for each, config in flow.components.items()}
        rows = _keys(self.world.frames[_FOLDER.format(name, run_id)].rows)
        return replace(flow, components=components, instead={name: rows, **{each: Counter() for each in empty}})

    def _slice(self, source: Config, read: Read) -> Keys:
        return Counter(row.key for row in self.world.tables[source["options"]["table"]][read.begin : read.end])

    def _unlucky(self, components: Mapping[str, Config], run_id: str) -> dict[tuple[str, str | None], Keys]:
        """What chance has set apart cannot be known: it is what lies there."""
        found: dict[tuple[str, str | None], Keys] = {}
        for name in filter(lambda name: is_lucky(components[name]), components):
            folder = self.world.frames.get(_FOLDER.format(name, run_id))
            found[name, None] = _keys(folder.rows if folder is not None else ())
            for place in filter(None, Flow(components).places(name)):
                found[name, place] = _keys([row for batch in self.world.batches(place, run_id)[-1:] for row in batch.rows])
        return found

    def flow(self, run_id: str) -> Flow:
        """That of the last attempt."""
        return next(self.flows(run_id))

    def selected(self, run_id: str) -> set[str]:
        """The components that a run has to do."""
        last, flow = self.runs[run_id].last, self.flow(run_id)
        if last.replays is None:
            return flow.selected(last.act.only)
        return {each for name in flow.below(last.replays[1]) for each in flow.feeding(name)}

    def shown(self, run_id: str) -> set[str]:
        """The sinks that have shown rows of a run."""
        return {name for name in self.world.targets if self.world.batches(name, run_id)}

    def missing(self, run_id: str) -> set[str]:
        """The sinks that a run has to write, and has not."""
        return self.flow(run_id).sinks(self.selected(run_id)) - self.shown(run_id)

    def is_complete(self, run_id: str) -> bool:
        """Whether all sinks of a run show their rows."""
        return not self.missing(run_id)

    # ---- promises

    def _rows(self, seen: Seen) -> Iterator[str]:
        """A sink shows the rows that it has to, once, and none that a check forbids (G3, G5, G8)."""
        self.newly = set()
        for name, target in self.world.targets.items():
            for _write, run_id, rows in target.seen[self._looked[name] :]:
                flows = list(self.flows(run_id))
                if seen.is_open(run_id) and flows[0].is_chancy(name):
                    break  # what chance has set apart is not yet shown
                self._looked[name] += 1
                self.newly.add(run_id)
                if all(any(map(flow.is_rejected, flow.feeding(name))) for flow in flows):
                    yield f"{name} shows rows of {run_id} that a check forbids"
                elif name not in self.selected(run_id):
                    yield f"{name} shows rows of {run_id}, which has nothing to do with it"
                elif not any(flow.good(name) == _keys(rows) for flow in flows) and not self.is_unknown(run_id, name):
                    yield f"{name} shows {_told(_keys(rows))} of {run_id}, not {_told(flows[0].good(name))}"
                if len({batch.write for batch in self.world.batches(name, run_id)}) > 1:
                    yield f"{name} shows the rows of {run_id} twice"

    def is_unknown(self, run_id: str, name: str) -> bool:
        """Whether chance has set rows apart that nobody will ever see."""
        run = self.runs[run_id]
        return self.flow(run_id).is_chancy(name) and (len(run.attempts) > 1 or run.last.exit_code != 0)

    def _folders(self, seen: Seen) -> Iterator[str]:
        """The bad rows of a run lie in its folder, when it has succeeded or was rejected (G8)."""
        for run_id, run in self.runs.items():
            flow, is_success = self.flow(run_id), run.last is seen and seen.exit_code == 0
            is_judged = run.last is seen and seen.exit_code == 4 and not seen.struck
            for name in self.selected(run_id):
                folder, wanted = self.world.frames.get(_FOLDER.format(name, run_id)), flow.in_folder(name)
                fits = any(_keys(folder.rows) == each.in_folder(name) for each in self.flows(run_id)) if folder else True
                if self.is_unknown(run_id, name):
                    continue
                if folder is not None and not fits:
                    yield f"The folder of {name} in {run_id} holds {_told(_keys(folder.rows))}, not {_told(wanted)}"
                is_cached = is_success or (is_judged and seen.has_judged(name) and flow.is_rejected(name))
                if folder is None and wanted and is_cached and run.last.replays is None:
                    yield f"The bad rows {_told(wanted)} of {name} in {run_id} are nowhere"

    def _whole(self, seen: Seen) -> Iterator[str]:
        """Under `stop`, a run shows all that it has staged or nothing of it; what is left to show is shown by the next one."""
        for run_id, run in self.runs.items():
            components = run.last.values["components"]
            shown = {name for name in self.shown(run_id) if components[name]["sink"] == "staged"}
            missing = {name for name in self.missing(run_id) if components[name]["sink"] == "staged"}
            is_excused = run.is_excused or seen.is_open(run_id) or any(each.exit_code == 0 for each in run.attempts)
            if _stops(run.last) and shown and missing and not is_excused:
                yield f"{run_id} shows {sorted(shown)}, but not {sorted(missing)}"
            if seen.act.deed in ("run", "recover") and not seen.struck and seen.is_publishing(run_id):
                yield f"{run_id} is left with something to show"

    def _cursors(self, seen: Seen) -> Iterator[str]:
        """A cursor stands where all has been shown that its source was asked for, and a run begins there."""
        own = [run_id for run_id, run in self.runs.items() if run.last is seen]
        finishes = seen.act.deed in ("run", "recover") and not seen.error and not seen.struck
        dead = [run_id for run_id, run in self.runs.items() if run.last.exit_code is None and not finishes]
        unfinished = [*dead, *filter(seen.is_publishing, self.runs)]
        before, after = self._wanted(seen, without=own), self._wanted(seen, without=unfinished)
        published = self._wanted(seen)
        for _, name, begin, _, is_incremental in seen.reads:
            resumed = [self.runs[run_id] for run_id in own if len(self.runs[run_id].attempts) > 1]
            begins = {before[name], *(run.slices[name][0].begin for run in resumed)}
            if is_incremental and begin not in begins:
                yield f"{name} was read from {begin} on; its cursor is {before[name]}"
        for name in after | dict.fromkeys(seen.cursors, 0):
            found = int(seen.cursors.get(name, {}).get("end", "0"))
            is_excused = seen.exit_code is None or any(run.is_excused for run in self.runs.values())
            if found not in (after[name], published[name]) and not (is_excused and found == self.cursors[name]):
                yield f"The cursor of {name} is {found}; it should be {after[name]}"
            self.cursors[name] = found

    def _wanted(self, seen: Seen, without: Collection[str] = ()) -> Counter[str]:
        """Where the cursors have to be, after these runs or without some of them."""
        wanted = Counter(self.cursors)
        for run_id in self.runs.keys() - {*without, *(name for name, run in self.runs.items() if run.last.replays)}:
            flow = self.flow(run_id)
            for name, reads in self.runs[run_id].slices.items():
                fed = flow.sinks([sink for sink in flow.components if name in flow.feeding(sink)])
                is_incremental = any(read.is_incremental for read in reads)
                is_out = bool(fed) and fed <= self._known(seen, run_id) and self._has_bad_rows(flow, name, run_id)
                if is_incremental and is_out:
                    wanted[name] = max(wanted[name], *(read.end or 0 for read in reads))
        return wanted

    def _known(self, seen: Seen, run_id: str) -> set[str]:
        """The sinks of which ppf can know that they have shown rows: of those that show them at once, its record says it."""
        told = {each["name"] for each in seen.documents.get(run_id, {}).get("components", ()) if each["status"] != "skipped"}
        components = self.runs[run_id].last.values["components"]
        return {name for name in self.shown(run_id) if components[name]["sink"] == "staged" or name in told}

    def _has_bad_rows(self, flow: Flow, source: str, run_id: str) -> bool:
        """Whether the bad rows of a source lie in the folders of a run."""
        below = [name for name in flow.components if source in flow.feeding(name)]
        result = self.runs[run_id].last.result
        judged = [(each.name, check) for each in result.components for check in each.quality] if result else []
        told = {name for name, check in judged if check.name == "luck" and check.failed}
        unlucky = {name for name in told & {*below} if flow.places(name)[0] is None}
        owing = [name for name in below if flow.in_folder(name) or name in unlucky]
        return all(_FOLDER.format(name, run_id) in self.world.frames for name in owing)

    def _ending(self, seen: Seen, run_id: str) -> Iterator[str]:
        """A success is one, and a failure has a reason (G1)."""
        selected = self.selected(run_id)
        verdicts = [{name for name in selected if flow.is_rejected(name)} for flow in self.flows(run_id)]
        codes = {4 if rejected else 0 for rejected in verdicts}
        if seen.exit_code == 0 and self.missing(run_id):
            yield f"{run_id} says success without {sorted(self.missing(run_id))}"
        if seen.exit_code == 0 and all(verdicts):
            yield f"{run_id} says success, although the checks of {sorted(verdicts[0])} fail"
        is_broken = any(each.error is not None and each.error.type == "CircuitOpen" for each in seen.result.components)
        is_unknown = any(self.is_unknown(run_id, name) for name in selected)
        if is_unknown or (seen.act.deed == "replay" and "read" in seen.values["side"].values()):
            return  # what is incremental cannot be read again
        if not seen.struck and seen.exit_code not in codes and not is_broken:
            yield f"{run_id} ends with {seen.exit_code} for no reason: {seen.why}"
        are_signals = bool(seen.struck) and {fault.what for fault in seen.struck} <= {"interrupt", "terminate"}
        if are_signals and run_id in self.newly and self.is_complete(run_id) and seen.exit_code not in codes:
            yield f"{run_id} ends with {seen.exit_code}, although all of it is shown"

    def _others(self, seen: Seen, run_id: str) -> Iterator[str]:
        """Under `continue`, a sink that no failure reaches shows its rows."""
        flow, hit = self.flow(run_id), {fault.component for fault in seen.struck}
        hit |= {each.name for each in seen.result.components if each.error is not None and each.error.type == "CircuitOpen"}
        if _stops(seen) or seen.ends_all or not hit <= flow.components.keys():
            return
        hit |= {name for name in self.selected(run_id) if flow.is_rejected(name)}
        for name in self.missing(run_id):
            if not hit & flow.before(name) and not self.is_unknown(run_id, name):
                yield f"{name} shows nothing of {run_id}, although nothing has failed that it needs"


def _beside(config: Config) -> Config:
    """A component that is not replayed: its bad rows lie in quarantine already."""
    splitting = [check for check in config.get("quality", ()) if check.get("action") in ("drop", "quarantine")]
    return {**config, "quality": [{**check, "action": "drop", "quarantine_to": None} for check in splitting]}


def _stops(seen: Seen) -> bool:
    return seen.values["runtime"].get("on_failure", "stop") == "stop"


def _keys(rows: Collection[Row]) -> Keys:
    return Counter(row.key for row in rows)


def _told(keys: Keys) -> str:
    return "{" + " ".join(sorted(keys.elements())) + "}"
