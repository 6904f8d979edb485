"""Plays a scenario: each act on the real kernel, in a simulated process of its own."""

import datetime
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from flow import Flow
from scenario import Act, Scenario, inputs_of
from simulated_disk import Platter, SimulatedDisk
from simulated_engine import SimulatedEngines
from simulated_session import Session
from simulated_threads import KILLED, Machine, SimulatedThreads, seeded
from simulated_world import Begun, Fault, Read, World, in_world

from ppf_core.config.loader import file_of_values
from ppf_core.contracts.results import PipelineResult
from ppf_core.errors import PpfError
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.quality.replay import SideInputs, merging
from ppf_core.runs.recovery import recover_alone
from ppf_core.runs.replay import chosen, find_quarantined
from ppf_core.runs.runner import PipelineRunner, RunRequest
from ppf_core.spark.engines import replaced_engines
from ppf_core.state.cursors import Cursors
from ppf_core.state.recorded import RECORD, is_held
from ppf_core.state.store import RunRecords
from ppf_core.storage.state_files import using_state_files
from ppf_core.streams.opening import Fresh
from ppf_core.threads import SIGINT, SIGTERM, threads, using_threads
from ppf_core.validation.queries import Query
from ppf_core.validation.validate import check_file
from ppf_core.validation.validated import ValidatedPipeline
from ppf_core.verbs.cleaning import find_old, remove

NAME = "simulated"
FOLDER = Path("/simulated")
_ENDING = ("interrupt", "terminate", "gone", "kill", "exit")


@dataclass(frozen=True)
class Seen:
    """What an act has done, as whoever did it sees it, and as it stands in the state directory afterwards.

    exit_code: None for a process that was killed. values: the pipeline file of the act. reads: what was read in it.
    lengths: of the tables before. sessions: those that it had. documents: the runs as `ppf runs show` has them.
    held: those whose record is locked. left_over: markers of unfinished runs that have nothing to finish.
    crashes: what no process may end with. queries: those of a stream. leases: what those files hold that say who runs a query.
    """

    act: Act
    exit_code: int | None
    values: Mapping[str, Any]
    result: PipelineResult | None = None
    error: str = ""
    replays: tuple[str, str] | None = None
    struck: tuple[Fault, ...] = ()
    heard: tuple[tuple[str, str, str], ...] = ()
    reads: tuple[Read, ...] = ()
    begun: tuple[Begun, ...] = ()
    lengths: Mapping[str, int] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cursors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    left_over: frozenset[str] = frozenset()
    crashes: tuple[str, ...] = ()
    queries: Mapping[str, Query] = field(default_factory=dict)
    leases: frozenset[str] = frozenset()

    def is_publishing(self, run_id: str) -> bool:
        """Whether its record says that a run has something to show still."""
        return self.documents.get(run_id, {}).get("status") == "publishing"

    def is_open(self, run_id: str) -> bool:
        """Whether a run may have something to show still."""
        return self.exit_code is None or self.is_publishing(run_id)

    def has_judged(self, name: str) -> bool:
        """Whether the checks of a component were evaluated."""
        return self.result is not None and bool(self.result[name].quality)

    @property
    def is_on_bad_disk(self) -> bool:
        """Whether the disk refused something."""
        return any(fault.place == "disk" for fault in self.struck)

    @property
    def hangs(self) -> bool:
        """Whether something may be at work still that was abandoned."""
        return any(fault.what in ("hang", "slow") for fault in self.struck)

    @property
    def ends_all(self) -> bool:
        """Whether a fault struck that ends a run as a whole."""
        is_out_of_time = "timeout" in self.values["runtime"] and (self.hangs or "retry" in str(self.values))
        return is_out_of_time or any(fault.what in _ENDING or fault.place.endswith(".ping") for fault in self.struck)

    @property
    def why(self) -> str:
        """What is said of a failure."""
        if self.result is None:
            return self.error
        errors = [f"{each.name}: {each.error.message}" for each in self.result.components if each.error is not None]
        return "; ".join([*errors, *(problem.message for problem in self.result.problems)])


@dataclass
class Play:
    """A scenario as it goes on. values: those of the pipeline file now. beside: what was done while another act went on."""

    scenario: Scenario
    platter: Platter = field(default_factory=lambda: Platter(FOLDER))
    world: World = field(default_factory=World)
    machine: Machine = field(default_factory=Machine)
    beside: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = self.scenario.values
        self.world.knows_plans = self.scenario.plans
        for table, count in self.scenario.tables.items():
            self.world.arrive(table, count)

    @property
    def store(self) -> RunRecords:
        """The records of its runs."""
        return RunRecords(FOLDER / "state")

    def validated(self, values: Mapping[str, Any]) -> ValidatedPipeline:
        """A pipeline file. Raises ConfigError when it is none."""
        validated = check_file(file_of_values(FOLDER / "simulated.conf", values), registry())
        validated.require_sound()
        return validated

    def act(self, act: Act) -> Seen:
        """Does it."""
        self._replays: tuple[str, str] | None = None
        self._values = self.values
        match act.deed:
            case "arrive":
                self.world.arrive(act.of, act.count)
                return Seen(act, 0, self.values)
            case "change":
                component = self.values["components"][act.of]
                changed = {**component, "options": {**component["options"], **act.options}}
                self.values = {**self.values, "components": {**self.values["components"], act.of: changed}}
                return Seen(act, 0, self.values)
        return self._process(act, getattr(self, f"_{act.deed}"))

    def _process(self, act: Act, program: Callable[[Act], Any]) -> Seen:
        process = SimulatedThreads(seeded(self.scenario.seed), self.machine)
        engines = SimulatedEngines(self.world)
        self.world.begin(act.faults, lambda fault: self._strike(process, fault))
        disk, self.platter.room = SimulatedDisk(self.platter, process), None
        for fault in act.faults:
            if fault.place == "step":
                process.at_step(fault.number, partial(self.world.strike, fault))
            elif fault.place == "disk":
                disk.strike(fault.number, fault.what, lasts=3)  # type: ignore[arg-type]
        before, begun = len(self.world.reads), len(self.world.begun)
        lengths = {table: len(rows) for table, rows in self.world.tables.items()}
        result: Any = None
        exit_code: int | None = None
        crashes, error = [], ""
        with using_threads(process), using_state_files(disk), replaced_engines(engines), in_world(self.world):
            try:
                result = process.run(lambda: program(act))
            except PpfError as raised:
                error, exit_code = str(raised), raised.exit_code
            except KeyboardInterrupt:
                result = KILLED  # what no run has heard ends the process at once
            except (Exception, SystemExit) as raised:  # noqa: BLE001 -- whatever it is, nobody may see it
                crashes.append(f"{type(raised).__name__}: {raised}")
        crashes += [f"{type(raised).__name__}: {raised} in {name}" for name, raised in process.crashes]
        if isinstance(result, PipelineResult):
            exit_code = result.exit_code
        elif isinstance(result, int):
            exit_code = result
        if self.scenario.mode == "streaming":
            self.machine.seconds += 60.0  # until nobody believes any more that it lives
        self.world.struck += [each for each in act.faults if each.place == "disk" and each.number < len(disk.effects)]
        with using_state_files(SimulatedDisk(self.platter)):
            state = self._state()
        return Seen(
            act,
            None if result == KILLED else exit_code,
            self._values,
            result if isinstance(result, PipelineResult) else None,
            error,
            self._replays,
            tuple(self.world.struck),
            tuple(self.world.heard),
            tuple(self.world.reads[before:]),
            tuple(self.world.begun[begun:]),
            lengths,
            tuple(engines.sessions),
            crashes=tuple(crashes),
            queries={query.name: query for query in self.validated(self.values).queries},
            **state,
        )

    def _strike(self, process: SimulatedThreads, fault: Fault) -> None:
        match fault.what:
            case "kill":
                process.kill()
            case "interrupt":
                process.signal(SIGINT)
            case "terminate":
                process.signal(SIGTERM)
            case "run":
                before = dict(vars(self.world))
                self.beside.append(self.act(Act("run")))
                vars(self.world).update({name: before[name] for name in ("faults", "strike_more", "passed", "struck", "heard")})

    def _state(self) -> dict[str, Any]:
        store = self.store
        runs = [run["run_id"] for run in store.list()]
        journals = store.unfinished()
        return {
            "documents": {run_id: store.show(run_id) for run_id in runs},
            "cursors": Cursors(store.state_dir, NAME).read(),
            "held": frozenset(run_id for run_id in runs if is_held(store.folder(run_id) / RECORD)),
            "leases": frozenset(text for path, text in self.platter.texts().items() if path.endswith("/_ppf/lease")),
            "left_over": frozenset(name for name, each in journals.items() if not each.is_open),
        }

    # ---- what the commands do

    def _run(self, act: Act) -> PipelineResult:
        return PipelineRunner(self.validated(self.values)).execute(RunRequest(only=act.only))

    def _fresh(self, act: Act) -> PipelineResult:
        validated = self.validated(self.values)
        names = sorted(query.name for query in validated.queries)
        fresh = Fresh((names[act.count % len(names)],), may_append="append" in act.options)
        return PipelineRunner(validated).execute(RunRequest(fresh=fresh))

    def _resume(self, act: Act) -> PipelineResult:
        return PipelineRunner(self.validated(self.values)).execute(
            RunRequest(resume="last", accept_changes="accept" in act.options)
        )

    def _recover(self, _act: Act) -> int:
        finished = [recover_alone(self.store, run_id, _no_capture) for run_id in self.store.dead()]
        return int(any(each.target_changed for each in finished))

    def _abandon(self, _act: Act) -> int:
        finished = [recover_alone(self.store, run_id, _no_capture, abandon=True) for run_id in self.store.dead()[:1]]
        return int(any(each.target_changed for each in finished))

    def _clean(self, _act: Act) -> int:
        found = find_old(self.store, threads().now() + datetime.timedelta(seconds=1))
        remove(self.store, found, _no_capture)
        return 0

    def _replay(self, act: Act) -> PipelineResult:
        found = find_quarantined(self.store)
        waiting = [each for each in found if each.component == act.of and each.replayed_by is None]
        rows = chosen(waiting, waiting[0].run_id if waiting else "none", act.of)
        self._replays = rows.run_id, rows.component
        components = dict(self.values["components"])
        for path, value in merging(self.validated(self.values), rows.component).items():
            name = path.split('"')[1]
            components[name] = {**components[name], "options": {**components[name]["options"], "mode": value}}
        self._values = {**self.values, "components": components}
        below = Flow(components).below(rows.component)
        met = {each for name in below - {rows.component} for each in inputs_of(components[name])} - below
        self._values = {**self._values, "side": {name: act.options["side"] for name in met if "side" in act.options}}
        side = {how: frozenset(name for name, said in self._values["side"].items() if said == how) for how in ("empty", "read")}
        validated = self.validated({key: value for key, value in self._values.items() if key != "side"})
        return PipelineRunner(validated).replay(rows, RunRequest(), SideInputs(**side))


def _no_capture(_log: Path, _redact: Callable[[str], str]) -> AbstractContextManager[None]:
    return nullcontext()


@cache
def registry() -> PluginRegistry:
    """The plugins that are installed."""
    return PluginRegistry.discover()
