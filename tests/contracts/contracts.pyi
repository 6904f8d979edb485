"""The promise to plugin authors: `ppf_core` has every name here, with this signature, these fields, these defaults.

`test_public_api.py` holds the kernel against this file. What changes here breaks plugins: only add, with defaults.
`storage.pyi` and `testing.pyi` do the same for `ppf_core.storage` and `ppf_core.testing`.
"""

import contextlib
import datetime
import logging
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Generic, Literal, TypeVar, dataclass_transform, overload

import click
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamWriter
from pyspark.sql.types import DataType, StructType

from ppf_core.contracts.results import CircuitState, ComponentStatus, Kind, RunStatus, UsedPlugin
from ppf_core.errors import Problem
from ppf_core.runs.preview import Preview
from ppf_core.runs.runner import RunRequest

O = TypeVar("O")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

Ticket = Mapping[str, str]
Capture = Callable[[Path, Callable[[str], str]], AbstractContextManager[None]]
Schema = str | StructType  # DDL or a StructType

# ---- options ---------------------------------------------------------------------------------------------------------

@overload
def option(
    help: str,
    *,
    path: bool = ...,
    component: bool = ...,
    one_of: str | None = ...,
    aliases: tuple[str, ...] = ...,
    sql: bool = ...,
    path_keys: tuple[str, ...] = ...,
    as_written: bool = ...,
) -> Any: ...
@overload
def option(
    help: str,
    *,
    default: T,
    path: bool = ...,
    component: bool = ...,
    one_of: str | None = ...,
    aliases: tuple[str, ...] = ...,
    sql: bool = ...,
    path_keys: tuple[str, ...] = ...,
    as_written: bool = ...,
) -> T: ...
@overload
def option(
    help: str,
    *,
    default_factory: Callable[[], T],
    path: bool = ...,
    component: bool = ...,
    one_of: str | None = ...,
    aliases: tuple[str, ...] = ...,
    sql: bool = ...,
    path_keys: tuple[str, ...] = ...,
    as_written: bool = ...,
) -> T:
    """One option of a plugin.

    path: a path or URI; the kernel makes a relative one relative to the pipeline file.
    component: the value names a component: near misses, an edge of the plan, and its frame in `context.frames`.
    one_of: exactly one option that carries the same label is set.
    aliases: old names, accepted with a located warning.
    sql: SQL, or an expression: Spark shows it in plans and logs, so a reference to a secret in it is a mistake.
    path_keys: of a map, the keys whose values are paths, in lower case; they are found in any case.
    as_written: a fraction under `Any` is a float whose `str` is the text of the file: 1.10, or more digits than a float has.
    A field that is called `class_` is the option `class`; so it is with every word that Python keeps for itself.
    Types: str int float bool Decimal timedelta Secret Any, Literal, Enum with str values, X | None, list[X], tuple[X, ...],
    dict[str, X], nested options classes, X | list[X]; unions of options classes told apart by one Literal field. Any other
    type makes the plugin `broken`, naming the field. path, component and Secret work at any depth.
    """

@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
def options(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass of options. `@dataclass(frozen=True, kw_only=True)` works as well.

    What it cannot refuse but doubts, a method `warnings` tells: option path → text, as for OptionsError.
    """

@options
class NoOptions: ...

class OptionsError(Exception):
    """Raised in `__post_init__`: option path → what is wrong with it. The kernel adds file, line and column."""
    def __init__(self, problems: Mapping[str, str]) -> None: ...

class Secret:
    """A value that never prints. Pickling raises TypeError; deepcopy returns itself; comparison takes constant time."""
    @property
    def reference(self) -> str | None: ...
    def reveal(self) -> str:
        """The value; of one that was rotated since, another attempt gets the new one. Raises SecretNotResolved before the run
        resolved it (validate, plan), and SecretError when it cannot be had any more."""

# ---- what the kernel hands over --------------------------------------------------------------------------------------

@dataclass(frozen=True)
class WriteId:
    """The identity of one logical write: the same for its retry, its resume, its replayed batch; different for any other.

    Batch: scope from run and component, number 0. Stream: scope from pipeline, sink and checkpoint id, number = batch id.
    `str()` is [a-z0-9_]{1,40}: fit for table, branch and folder names.
    """

    scope: str
    number: int

@dataclass(frozen=True)
class Context:
    """Where a component stands. Only the kernel and `ppf_core.testing.context` construct one."""

    spark: SparkSession  # in a micro-batch: the session of its frame
    run_id: str
    pipeline: str
    component: str
    attempt: int  # from 1
    write_id: WriteId  # sinks
    frames: Mapping[str, DataFrame]  # of components named by options with component=True
    pinned: str | None  # what this source's `pin` returned for this run
    state: Mapping[str, str]  # committed cursor values of this component, plus what this run advanced
    logger: logging.Logger
    @property
    def spark_ends(self) -> bool:
        """Whether Spark ends with this run, and with it all that only its memory holds. False in a session that the caller
        gave, which goes on, and on a server of Spark Connect."""
    def advance(self, key: str, value: str) -> str:
        """Moves a cursor. The first value in a run wins and is returned on later reads, so that `read` repeats the same
        slice. Committed with the publish journal, when every enabled sink downstream has published."""
    def report(self, *, rows_written: int | None = None, **metrics: float) -> None:
        """Tells what was done; the last value of an attempt goes into the result, metrics and report."""
    def redact(self, text: str) -> str:
        """The text with every known secret masked. Ask before it is cut, wrapped or encoded."""

@dataclass(frozen=True)
class Requirements:
    """What the Spark session must bring. `{spark}`, `{spark_minor}`, `{scala}` are filled in from the installed Spark."""

    packages: Sequence[str] = ()  # Maven coordinates
    jars: Sequence[str] = ()
    repositories: Sequence[str] = ()
    conf: Mapping[str, str] = ...  # two plugins that differ: exit 3 naming both; the file's conf wins
    extend: Mapping[str, Sequence[str]] = ...  # comma lists such as spark.sql.extensions: united, sorted
    spark: str = ""  # version specifier, e.g. ">=4.0,<4.2"
    executors: Sequence[str] = ()  # distributions whose code runs on executors

@dataclass(frozen=True)
class Dataset:
    """An outside thing that is read or written, for lineage, locks and "two sinks, one target"."""

    namespace: str
    name: str

# ---- plugins ---------------------------------------------------------------------------------------------------------

class Plugin(Generic[O]):
    """One instance per component (hook, backend, check) and run, kept for all attempts; its methods never run concurrently.

    Do not define `__init__`: `options` is set when you are called. Open connections when first needed, close them in `close`.
    """

    supports: ClassVar[Set[Literal["classic", "connect"]]]  # {"classic"} unless you tested more
    examples: ClassVar[Sequence[str]]  # HOCON options blocks: shown, put in docs, used by `ppf plugins test`
    options: O
    @classmethod
    def requirements(cls, options: O | None) -> Requirements:
        """None asks for what holds for any options."""
    def close(self) -> None:
        """Called once at the end of the run, in reverse order, whatever happened."""

class PipelineComponent(Plugin[O]):
    @property
    def input_schema(self) -> Schema | Mapping[str, Schema] | None: ...
    @property
    def output_schema(self) -> Schema | None: ...
    def datasets(self) -> Sequence[Dataset]:
        """No input or output here."""
    def ping(self, context: Context) -> None:
        """Raises when the outside system cannot be reached. `ppf run` and `ppf plan --analyze` call all of them, in parallel,
        before anything starts, 30 s at most, and report all failures together."""

class Source(PipelineComponent[O]):
    def pin(self, context: Context) -> str | None:
        """Names exactly what will be read (a listing with sizes and times, a table version, end offsets), in text of your own.
        Called once per run, recorded, and handed to every `read` of this run and its resumes. None: cannot be pinned."""
    @property
    def repeatable(self) -> bool:
        """Whether each read gives the same rows with these options, also without a pin. False unless overridden."""
    @property
    def implied_checks(self) -> Sequence[ImpliedCheck]:
        """The checks that come with what it reads, with these options; they count after those in the file. None as a rule."""
    @abstractmethod
    def read(self, context: Context) -> DataFrame:
        """A lazy frame; may be called several times in a run and then returns the same logical slice."""

class Transform(PipelineComponent[O]):
    expects: ClassVar[int | tuple[str, ...] | None]  # number or aliases of inputs, checked at validation
    @abstractmethod
    def transform(self, context: Context, inputs: Mapping[str, DataFrame]) -> DataFrame: ...

class Sink(PipelineComponent[O]):
    @property
    def idempotent(self) -> bool:
        """Whether writing twice equals writing once, with these options. False unless overridden."""
    def holds_rows(self, context: Context) -> bool | None:
        """Whether the target has rows now; None: it does not tell. A stream that begins anew, or goes on, asks."""
    @abstractmethod
    def write(self, context: Context, frame: DataFrame) -> None: ...

class StagedSink(Sink[O]):
    """Writes where nobody looks, then shows it at once. `publish` and `discard` may run in another process, on an instance
    built from the journaled options, with the staging run's `run_id` and `write_id`."""
    @abstractmethod
    def stage(self, context: Context, frame: DataFrame) -> Ticket:
        """Exactly one Spark action on `frame`, so that checks can ride on it."""
    @abstractmethod
    def publish(self, context: Context, ticket: Ticket) -> None:
        """Idempotent. Raises TargetMoved when the target changed under it: then the ticket is discarded, never retried."""
    @abstractmethod
    def discard(self, context: Context, ticket: Ticket | None) -> None:
        """Idempotent. None: `stage` never returned; remove whatever it left under `context.write_id`."""
    def staged(self, context: Context, ticket: Ticket) -> DataFrame | None:
        """What was staged, for checks and row counts; None when it cannot be read before publishing, or is not exactly the
        frame that was given: its rows, names and types."""
    @property
    def can_split(self) -> bool:
        """Whether `stage_split` does what it says, with these options. False unless overridden."""
    def stage_split(self, context: Context, frame: DataFrame, mask: str) -> tuple[Ticket, DataFrame] | None:
        """As `stage`, for the rows where the BOOLEAN column `mask` is false. Gives the others too, all in one action.

        `mask` is never NULL, is the last column, and is written nowhere. The others come back exactly as they were in `frame`,
        from where no reader of the target looks; several may read them until `publish` or `discard` removes them. `staged`
        gives exactly what `publish` will show, so never None. `context.report(rows_written=…)` counts all rows of `frame`.
        None, with nothing done, when rows of this schema would not come back exactly."""
    def write(self, context: Context, frame: DataFrame) -> None:
        """Stage, then publish."""

class TargetMoved(Exception): ...

class ModuleFolder:
    """A folder to import the code of users from, such as that of the pipeline file."""
    def __init__(self, path: Path) -> None: ...
    @contextmanager
    def importable(self) -> Iterator[None]:
        """Inside, an import finds the folder's modules first; afterwards all is as before. An error of their code gets a note
        of where in the folder it was raised."""
    def load(self, place: str, kind: str, fits: Callable[[object], bool]) -> Any:
        """What `module:name` names, if it fits; only inside `importable`. kind: what messages call it, such as function."""
    @contextmanager
    def pickled_by_value(self, cloudpickle: Any) -> Iterator[None]:
        """Inside, what is pickled carries the code of the folder along: executors do not have it. Only inside `importable`."""

class StreamingSource(PipelineComponent[O]):
    changeable: ClassVar[Set[str]]  # options that may change while a checkpoint stays: how much is read at a time, not what
    @property
    def implied_checks(self) -> Sequence[ImpliedCheck]: ...
    @abstractmethod
    def read_stream(self, context: Context) -> DataFrame: ...
    def recognise(self, context: Context, known: str | None) -> str | None:
        """Tells what it reads from what took its place under the same name, where the checkpoint would not tell. known: what
        this gave before, for the same checkpoint; None for a new one. The text is kept beside the checkpoint. Asked when a
        query starts, and for each batch once its rows are staged. Raises CheckpointRefused where the checkpoint means something
        else now; then nothing of the batch is shown."""

class StreamingSink(PipelineComponent[O]):
    """For sinks that only Spark's own writer can do. Any idempotent `Sink` or `StagedSink` also serves in a stream."""
    @classmethod
    def per_batch(cls, options: O) -> type[Sink[O]] | None:
        """The sink that the kernel gives each batch to in the place of this one, with the same options. None as a rule."""
    @property
    def idempotent(self) -> bool: ...
    @abstractmethod
    def write_stream(self, context: Context, frame: DataFrame) -> DataStreamWriter: ...
    def start(self, context: Context, writer: DataStreamWriter) -> StreamingQuery:
        """Called after the kernel set name, trigger, output mode and checkpoint; override for `toTable`."""

class Fetched:
    def __init__(self, value: str, expires_at: datetime.datetime | None = None) -> None: ...

class SecretsBackend(Plugin[O]):
    @abstractmethod
    def fetch(self, key: str, field: str | None) -> str | Fetched:
        """Thread-safe. LookupError: no such key or field. PermissionError: denied. Neither is retried. Nor is a PpfError, which
        says what is wrong and what to do. The texts of these three are shown, so no value may be in them. Anything else is
        trouble of the backend: retried, its text never shown. What takes over half a minute is given up."""

def json_field(text: str, field: str) -> str:
    """The field of a JSON secret; LookupError names the field, never the text."""

# ---- checks ----------------------------------------------------------------------------------------------------------

class Columns(Mapping[str, Column]):
    """The columns of the checked frame. A name is taken literally before it is taken as a path, at each step of it, and
    backticks may stand around one; an unknown one raises with near misses."""
    @property
    def schema(self) -> StructType: ...
    def __getitem__(self, name: str) -> Column: ...
    def type_of(self, name: str) -> DataType:
        """The type of what `columns[name]` gives."""
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

@dataclass(frozen=True)
class Verdict:
    passed: bool
    failed: int | None = None  # bad rows; warn_if / error_if compare this, with % of `evaluated` …
    evaluated: int | None = None
    value: float | None = None  # … or this, where there is no `failed` (then % is a located mistake)
    message: str = ""

class RowCheck(Plugin[O]):
    null_passes: ClassVar[bool]  # False: a NULL result counts as bad
    @abstractmethod
    def passes(self, columns: Columns) -> Column:
        """True where the row is good."""

@dataclass(frozen=True)
class ImpliedCheck:
    """A check that comes with a source: of rows that its reader could not read as they should be, and has marked. The kernel
    counts these rows, and does with them what `action` says, as with those of a row check in the file.

    marker: a column of text in what the source gives, NULL in good rows. helpers: columns that tell more of marked rows. None
    of these is in the source's `output_schema`, and nobody downstream sees them; only quarantined rows keep them.
    """

    name: str
    marker: str
    action: Literal["fail", "warn", "drop", "quarantine"] = "fail"
    helpers: tuple[str, ...] = ()

class AggregateCheck(Plugin[O]):
    @abstractmethod
    def metrics(self, columns: Columns) -> Mapping[str, Column]: ...
    @abstractmethod
    def judge(self, values: Mapping[str, Any]) -> Verdict: ...

class FrameCheck(Plugin[O]):
    """Needs a job of its own."""
    @property
    def identity(self) -> object:
        """What it looks at: of several checks of one class on one frame with equal identities, the first judges for all.
        The options unless overridden."""
    @abstractmethod
    def judge(self, context: Context, frame: DataFrame) -> Verdict: ...

# ---- hooks -----------------------------------------------------------------------------------------------------------

class Hooks(Plugin[O]):
    """Methods marked `@hookimpl`, named as the hookspecs. Calls to one hook plugin are never concurrent and come in
    the order of events. All that a hook receives is already redacted."""

def hookimpl(function: F) -> F: ...

@dataclass(frozen=True)
class ErrorInfo:
    type: str
    message: str

# Their fields are the keys of the JSON documents under the same names.
@dataclass(frozen=True)
class RunInfo:
    run_id: str
    pipeline: str
    version: str | None
    environment: str
    mode: str
    tags: Mapping[str, str]
    started_at: datetime.datetime
    record_path: str

@dataclass(frozen=True)
class ComponentInfo:
    name: str
    kind: Kind
    plugin: str
    distribution: str
    inputs: Mapping[str, str]
    datasets: Sequence[Dataset]
    options: Mapping[str, Any]  # masked

@dataclass(frozen=True)
class ComponentResult:
    name: str
    kind: Kind
    plugin: str
    distribution: str
    status: ComponentStatus
    reason: str | None
    attempts: int
    circuit: CircuitState | None
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    duration: float | None
    rows_written: int | None
    staged: bool
    published: bool
    error: ErrorInfo | None
    quality: Sequence[QualityResult]
    progress: StreamProgress | None
    schema: str | None  # Spark's JSON

@dataclass(frozen=True)
class PipelineResult:
    run_id: str
    pipeline: str
    version: str | None
    environment: str
    status: RunStatus
    exit_code: int
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    duration: float | None
    resumed_from: str | None
    plugins: Sequence[UsedPlugin]
    components: Sequence[ComponentResult]
    problems: Sequence[Problem]

@dataclass(frozen=True)
class QualityResult:
    check: str
    name: str
    action: Literal["fail", "warn", "drop", "quarantine"]
    status: Literal["passed", "warned", "failed", "error"]
    failed: int | None
    evaluated: int | None
    value: float | None
    message: str

@dataclass(frozen=True)
class StreamProgress:
    """How a query stands after a batch: seconds, and rows per second; None: Spark does not tell, or there is none."""

    query: str
    batch_id: int
    started_at: datetime.datetime
    duration: float
    input_rows: int
    input_rate: float | None = None
    output_rate: float | None = None
    lag: float | None = None
    state_rows: int | None = None
    watermark: datetime.datetime | None = None
    bad_rows: int = 0

@dataclass(frozen=True)
class Checkpoint: ...

# ---- what Spark tells ------------------------------------------------------------------------------------------------

def rows_written(spark: SparkSession, folder: str, since: float = 0.0) -> int | None:
    """The rows of the last write into a folder that no other write has, as Spark counted them; None when it does not tell.

    since: a time before the write, as of `time.time`, where an earlier attempt may have written there too.
    """

# ---- commands --------------------------------------------------------------------------------------------------------

def command(*examples: str, takes: Sequence[str] = (), **shape: Any) -> Callable[[Callable[..., int]], click.Command]:
    """A verb of `ppf`: an entry point of `ppf.commands` whose name is its path, `runs.report`. Any command of click is one too.

    takes: `pipeline` (arguments `pipeline` and `overrides`), `session` (joins the overrides), `runs` (argument `store`), `run`
    (argument `execute`: runs a function of a RunRequest, shows how it goes and ends, and gives the exit code).
    shape: the keys of its document under `--json`, with the values that they have when it fails.
    """

class Output:
    """Where a verb writes. Under `--json` the answer is one document, and all else goes to standard error."""

    json: bool
    def expect(self, **shape: Any) -> None: ...
    def text(self, text: str) -> None: ...
    def note(self, text: str, *, style: str = "") -> None: ...
    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]], *, aside: bool = False) -> None: ...
    def document(self, payload: Mapping[str, Any], *, ok: bool = True) -> None: ...
    def capture(
        self, log: Path, redact: Callable[[str], str], *, everything: bool = False
    ) -> contextlib.AbstractContextManager[None]:
        """For `PipelineRunner.frames`: what Spark prints goes to a log, which is shown after a failure; everything: always."""
    def raw(self, document: Any) -> None:
        """A document with none of ppf's own keys."""
    def use_json(self, wanted: bool = True) -> None:
        """From here on the answer is one document, as under `--json`."""
    def binary(self) -> BinaryIO:
        """Where a protocol is spoken: the answer as bytes. What plugins print does not get into it."""

def pipeline_grammar() -> dict[str, Any]:
    """What a pipeline file may say: the kernel's blocks and the options of every plugin, in JSON's types."""

@dataclass(frozen=True)
class Draft:
    """A file as it is now. files: the real paths of all that was read. Without components it is no pipeline."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    is_pipeline: bool = False

@dataclass(frozen=True)
class DraftOffer:
    """What may be written at a place. help: what it is; `type` says which values a key takes."""

    text: str
    kind: Literal["key", "plugin", "component", "value"]
    help: str = ""
    type: str = ""
    required: bool = False

@dataclass(frozen=True)
class DraftSpot:
    """What is at a place: a key or the value of one, written as `word` from `column` on. definition: file and line of what is
    named there. Lines and columns count from 1."""

    path: tuple[str | int, ...]
    is_key: bool
    word: str
    column: int
    offers: tuple[DraftOffer, ...]
    help: str = ""
    definition: tuple[str, int] | None = None

class PipelineDrafts:
    """Pipeline files that somebody is writing, for editors. texts: what nobody has saved yet, by real paths."""

    texts: dict[str, str]
    def check(self, path: str | PathLike[str]) -> Draft:
        """All that `ppf validate` says of a file. Imports the plugins that it names, and nothing else."""
    def spot(self, path: str | PathLike[str], line: int, column: int, file: str | None = None) -> DraftSpot | None:
        """What is at a place of a pipeline, or of a file that it includes; None where nothing can be written."""

class RunStore:
    """The records of earlier runs; a verb that takes `runs` is given one. Documents are those of `ppf runs list` and `show`.

    Raises ConfigError, with a near miss, for a run that is not there.
    """
    def show(self, run_id: str) -> dict[str, Any]: ...
    def report(self, run_id: str) -> dict[str, Any]:
        """The document of a run and all else that its record knows."""
    def folder(self, run_id: str) -> Path: ...
    @property
    def quarantine(self) -> Quarantine: ...
    def list(self) -> list[dict[str, Any]]: ...

@dataclass(frozen=True)
class Quarantined:
    """The rows of one component that one run has set apart. replayed_by: the run that took them since."""

    run_id: str
    pipeline: str
    component: str
    rows: int | None
    replayed_by: str | None
    path: str
    file: str

class Quarantine:
    """The rows that checks set apart in the runs of a RunStore."""
    def find(self, run_id: str | None = None) -> list[Quarantined]: ...
    def choose(self, run_id: str, component: str | None = None) -> Quarantined: ...
    def preview(self, rows: Quarantined, limit: int, capture: Capture) -> Preview: ...
    def replay(
        self, rows: Quarantined, request: RunRequest, *, empty: Collection[str] = (), read: Collection[str] = ()
    ) -> PipelineResult:
        """Runs the pipeline on these rows alone. request: what `execute` gives, which a verb that takes `run` is given."""

# ---- running ---------------------------------------------------------------------------------------------------------

class Frames(Mapping[str, DataFrame]):
    def redact(self, text: str) -> str:
        """The text with every secret of the pipeline masked. What is told of a frame is told through this."""

class PipelineRunner:
    @property
    def name(self) -> str: ...
    @classmethod
    def from_file(cls, path: str | PathLike[str], overrides: Mapping[str, object] | None = None) -> PipelineRunner: ...
    @classmethod
    def from_config(cls, config: Mapping[str, Any], folder: str | PathLike[str] = ".") -> PipelineRunner: ...
    def run(
        self,
        *,
        spark: SparkSession | None = None,
        run_id: str | None = None,
        resume: str | None = None,
        only: Sequence[str] = (),
    ) -> PipelineResult: ...
    def start(self, *, spark: SparkSession | None = None, run_id: str | None = None) -> RunningStream:
        """Runs a stream in a thread. What is wrong before the run has its record is raised here."""
    def replacing(self, sources: Mapping[str, Source[Any]]) -> PipelineRunner:
        """A runner of the pipeline in which these components are these sources. What fed them alone is no part of it; their
        checks stay."""
    @contextmanager
    def frames(
        self,
        names: Sequence[str],
        *,
        spark: SparkSession | None = None,
        capture: Capture | None = None,
    ) -> Iterator[Frames]:
        """The frames of sources and transforms until the block ends; nothing is written. Each gives the same rows whenever it
        is read. capture: `Output.capture`; print after the block."""

class RunningStream:
    """A stream that runs in a thread. progress: the last batch of each query. stop returns at once; drain: batches at work are
    finished and published, else cancelled. await_end: how it went; None when it goes on after so many seconds."""
    @property
    def run_id(self) -> str: ...
    @property
    def is_alive(self) -> bool: ...
    def progress(self) -> Sequence[StreamProgress]: ...
    def stop(self, *, drain: bool = True) -> None: ...
    def await_end(self, timeout: float | None = None) -> PipelineResult | None: ...

class SchemaContract:
    @classmethod
    def of(cls, schema: Schema) -> SchemaContract: ...
    @property
    def ddl(self) -> str | None:
        """The DDL text that `of` reads back; None where there is none."""
    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields, in their order."""
    @property
    def case_twins(self) -> tuple[str, ...]:
        """Fields whose names differ in nothing but their case: Spark takes them only with spark.sql.caseSensitive = true."""
    @staticmethod
    def struct(ddl: str, spark: SparkSession) -> StructType:
        """What a DDL text that `of` accepts means to Spark. Texts of limited length are strings there, as in every frame."""
