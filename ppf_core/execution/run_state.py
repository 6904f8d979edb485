"""Where a run stands, and what follows from that for a step that could start. Nothing is done here.

running ──▶ committed ──▶ held          committed: the rows are being shown; from here on a run only goes forward
   └──────────────┴─────▶ stopping      held: one sink could not be published, and the rest waits for `ppf runs recover`
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ppf_core.contracts.results import ComponentStatus
from ppf_core.planning.ordering import StepKind

Phase = Literal["running", "stopping", "committed", "held"]
Act = Literal["start", "skip", "end"]


@dataclass(frozen=True)
class Answer:
    """What becomes of a step: it starts, its component is skipped for a reason, or there is nothing left to do."""

    act: Act
    reason: str = ""


_START, _END = Answer("start"), Answer("end")

# What becomes of a step of a component that has not ended and depends on no failure. Steps before the commit are not asked for
# after it.
_ACTS: Mapping[tuple[bool, Phase], Act] = {
    (False, "running"): "start",
    (False, "stopping"): "skip",
    (True, "committed"): "start",
    (True, "stopping"): "skip",
    (True, "held"): "skip",
}


@dataclass
class RunState:
    """The phase of a run, and which components depend on a failure.

    reason: why nothing new starts, or why the rest waits. rejected: components whose checks failed, in the order in which that
    was found; they end at the next barrier, so that all failures are found.
    """

    stops_at_failure: bool
    phase: Phase = "running"
    reason: str = ""
    rejected: list[str] = field(default_factory=list)
    _spoiled: dict[str, str] = field(default_factory=dict)

    # ---- what happened

    def stop(self, reason: str) -> None:
        """Nothing new starts any more. Whoever stops a run first says why."""
        if self.phase in ("running", "committed"):
            self.phase, self.reason = "stopping", reason

    def commit(self) -> None:
        """The rows may be shown."""
        self.phase = "committed"

    def hold(self, reason: str) -> None:
        """What is committed and not shown waits."""
        self.phase, self.reason = "held", reason

    def fail(self, name: str, dependents: Iterable[str]) -> None:
        """A component failed; all that depends on it cannot go on."""
        for each in dependents:
            self._spoiled.setdefault(each, f"{name!r} failed.")
        if self.stops_at_failure and self.phase == "running":
            self.stop(f"{name!r} failed.")

    # ---- what follows

    @property
    def is_committed(self) -> bool:
        """Whether the decision to show the rows was taken, whatever came of it."""
        return self.phase in ("committed", "held")

    def spoiled(self, name: str) -> str | None:
        """The failure that a component depends on."""
        return self._spoiled.get(name)

    def answer(self, kind: StepKind, name: str, status: ComponentStatus | None, *, carries: bool = False) -> Answer:
        """What becomes of a step of a component of the file.

        carries: whether it evaluates checks, which go on until all failures are found.
        """
        if status is not None:
            return _END
        reason = self._spoiled.get(name)
        if reason is not None:
            return Answer("skip", reason)
        if kind == "stage" and not carries and self.rejected and self.stops_at_failure and self.phase == "running":
            return Answer("skip", f"{self.rejected[0]!r} failed.")
        act = _ACTS[kind == "publish", self.phase]
        return _START if act == "start" else Answer(act, self.reason)
