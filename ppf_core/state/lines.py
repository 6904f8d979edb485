"""The lines of a run's record, one class for each kind. Here alone they become text, and texts become lines again.

{"line": "published", "write": {"scope": "flights/r1/out", "number": 0}, "at": "2026-01-31T23:59:59.000Z"}
"""

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ppf_core.contracts.context import Dataset, WriteId
from ppf_core.contracts.results import ComponentResult, ErrorInfo, QualityResult, RunInfo, RunStatus, UsedPlugin
from ppf_core.errors import Problem
from ppf_core.state.documents import from_document, to_document

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """What a record says at one moment."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class Head(Line):
    """An attempt of a run begins: what runs, and who holds the record."""

    run: RunInfo
    plugins: Sequence[UsedPlugin] = ()
    host: str = "?"
    pid: int = 0


@dataclass(frozen=True)
class RunBegan(Head):
    """The first line of every record. replays: the run whose quarantined rows it takes."""

    kind: ClassVar[str] = "run"
    replays: str | None = None


@dataclass(frozen=True)
class RunResumed(Head):
    """The run goes on."""

    kind: ClassVar[str] = "resumed"


@dataclass(frozen=True)
class PlanMade(Line):
    """What the attempt does: its components as JSON, and the settings of the file."""

    kind: ClassVar[str] = "plan"
    components: Sequence[Document] = ()
    settings: Document = field(default_factory=dict)
    warnings: Sequence[Document] = ()


@dataclass(frozen=True)
class SessionOpened(Line):
    """Spark is ready. facts: its version and the like."""

    kind: ClassVar[str] = "session"
    facts: Mapping[str, str]


# ---- components


@dataclass(frozen=True)
class OfComponent(Line):
    """What concerns one component."""

    component: str


@dataclass(frozen=True)
class ComponentStarted(OfComponent):
    """Its first step begins."""

    kind: ClassVar[str] = "started"


@dataclass(frozen=True)
class Pinned(OfComponent):
    """A source reads exactly this, in every attempt."""

    kind: ClassVar[str] = "pin"
    pinned: str


@dataclass(frozen=True)
class Advanced(OfComponent):
    """An incremental source reads on, from where its cursor was when the run began up to this value of a key."""

    kind: ClassVar[str] = "advance"
    began: Mapping[str, str]
    key: str
    value: str


@dataclass(frozen=True)
class FrameCached(OfComponent):
    """Its frame is computed once, for all who read it."""

    kind: ClassVar[str] = "persist"
    level: str
    reason: str


@dataclass(frozen=True)
class FrameSaved(OfComponent):
    """Its checkpoint is whole. bad: where the rows lie that were set apart."""

    kind: ClassVar[str] = "saved"
    path: str
    bad: Sequence[str] = ()


@dataclass(frozen=True)
class AttemptEnded(OfComponent):
    """An attempt at a step failed, or succeeded after others had failed. delay: seconds until the next one."""

    kind: ClassVar[str] = "attempt"
    attempt: int
    step: str
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    error: ErrorInfo | None = None
    delay: float | None = None


@dataclass(frozen=True)
class CheckJudged(OfComponent):
    """What one of its checks found."""

    kind: ClassVar[str] = "check"
    result: QualityResult


@dataclass(frozen=True)
class RowsSetApart(OfComponent):
    """How many of its rows its checks have set apart, by the sink that takes them; "" is the folder of the run."""

    kind: ClassVar[str] = "apart"
    rows: Mapping[str, int]


@dataclass(frozen=True)
class SamplesTaken(OfComponent):
    """A few rows that one of its checks, by number, found bad."""

    kind: ClassVar[str] = "samples"
    check: int
    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]


@dataclass(frozen=True)
class SamplesLost(OfComponent):
    """No bad rows could be had to show."""

    kind: ClassVar[str] = "no samples"
    reason: str


@dataclass(frozen=True)
class ComponentEnded(Line):
    """The outcome of a component is final."""

    kind: ClassVar[str] = "component"
    result: ComponentResult


# ---- writes and cursors


@dataclass(frozen=True)
class OfWrite(OfComponent):
    """What concerns one write of a sink."""

    write: WriteId


@dataclass(frozen=True)
class Staging(OfWrite):
    """It begins, where no reader looks."""

    kind: ClassVar[str] = "stage"
    datasets: Sequence[Dataset] = ()


@dataclass(frozen=True)
class Staged(OfWrite):
    """All of it is written. ticket: how to show it."""

    kind: ClassVar[str] = "staged"
    ticket: Mapping[str, str]


@dataclass(frozen=True)
class Move:
    """The cursor of a source, which moves once these writes are published; when one of them is given up, it stays."""

    source: str
    values: Mapping[str, str]
    writes: Sequence[WriteId]


@dataclass(frozen=True)
class Committed(Line):
    """These writes will be published, in this order, by whichever process. is_evidence: of a component that was rejected."""

    kind: ClassVar[str] = "commit"
    writes: Sequence[WriteId]
    moves: Sequence[Move] = ()
    is_evidence: bool = False


@dataclass(frozen=True)
class Published(OfWrite):
    """Readers see what was staged."""

    kind: ClassVar[str] = "published"


@dataclass(frozen=True)
class Discarded(OfWrite):
    """What was staged is gone."""

    kind: ClassVar[str] = "discarded"


@dataclass(frozen=True)
class CursorsCommitted(Line):
    """The cursors of these sources have moved."""

    kind: ClassVar[str] = "moved"
    sources: Sequence[str]


@dataclass(frozen=True)
class BatchesSetApart(OfComponent):
    """Batches of a stream have bad rows of a component in this folder, one folder a batch. rows: all of them, at the end."""

    kind: ClassVar[str] = "quarantine"
    path: str
    rows: int | None = None


@dataclass(frozen=True)
class BatchBegan(Line):
    """A batch of a stream begins, in this run. rows: of each sink so far, since its query began."""

    kind: ClassVar[str] = "batch"
    number: int
    run_id: str
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchEnded(Line):
    """All that a batch has to show is shown. rows: of each sink, since its query began."""

    kind: ClassVar[str] = "batch done"
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunEnded(Line):
    """An attempt of the run is over."""

    kind: ClassVar[str] = "end"
    status: RunStatus
    exit_code: int
    ended_at: datetime.datetime | None
    duration: float | None
    problems: Sequence[Problem] = ()


KINDS: Mapping[str, type[Line]] = {
    each.kind: each
    for each in (
        RunBegan,
        RunResumed,
        PlanMade,
        SessionOpened,
        ComponentStarted,
        Pinned,
        Advanced,
        FrameCached,
        FrameSaved,
        AttemptEnded,
        CheckJudged,
        RowsSetApart,
        SamplesTaken,
        SamplesLost,
        ComponentEnded,
        Staging,
        Staged,
        Committed,
        Published,
        Discarded,
        CursorsCommitted,
        BatchesSetApart,
        BatchBegan,
        BatchEnded,
        RunEnded,
    )
}


@dataclass(frozen=True)
class Entry:
    """A line, and when it was written."""

    at: datetime.datetime
    line: Line


def must_last(line: Line) -> bool:
    """Whether a line is on disk before anything else happens: what others rely on, or can see."""
    if isinstance(line, ComponentEnded):
        return line.result.published or (line.result.kind == "sink" and line.result.status == "success")
    return isinstance(line, FrameSaved | Staging | Committed | RunEnded)


def write_entry(entry: Entry) -> bytes:
    """An entry as one line of text."""
    document = {"line": entry.line.kind, **to_document(entry.line), "at": to_document(entry.at)}
    # A half of a surrogate pair (a file name that is no UTF-8) becomes an escape that JSON reads back.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def read_entries(texts: Iterable[bytes], *kinds: type[Line]) -> Iterator[Entry]:
    """The entries of a record, or those of some kinds. A kill in mid-write leaves a torn last line, which says nothing."""
    wanted = tuple(f'{{"line": "{kind.kind}"'.encode() for kind in kinds)
    for text in texts:
        if wanted and not text.startswith(wanted):
            continue
        try:
            document = json.loads(text)
        except ValueError:
            continue
        at, kind = datetime.datetime.fromisoformat(document.pop("at")), KINDS[document.pop("line")]
        yield Entry(at, from_document(kind, document))
