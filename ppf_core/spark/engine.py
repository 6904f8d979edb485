"""All that the kernel asks of Spark, as one interface: jobs, frames, counting, and frames that lie as files.

Classic Spark and Spark Connect are two implementations (`classic`, `connect_engine`); the simulation of the tests is a third.
Nobody outside them asks which one it is: an engine that cannot do something says so in its answer.

A frame is whatever the engine's session makes; only the engine and plugins look into it.
"""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ppf_core.contracts.checks import AggregateCheck, RowCheck
    from ppf_core.spark.rules import Counts, Rules, Summary
    from ppf_core.spark.streaming import StreamEngine
    from ppf_core.storage import Files


class RowMasks(Protocol):
    """The rules of one frame, and how what they look for is counted. `spark.tallies` says what each method gives."""

    frame: "DataFrame"
    rules: "Rules"
    labelled: "DataFrame"

    def is_observable(self) -> bool:
        """Whether it can count while the frame is written."""

    def parted(self) -> "tuple[DataFrame, str, Any]":
        """All rows with a column that says which are set apart, its name, and where the numbers arrive."""

    def observed(self, *, is_detailed: bool = False) -> "tuple[DataFrame, Any]":
        """The labelled frame, which counts while it is written, and where the numbers arrive."""

    def observed_as(self, name: str) -> "DataFrame":
        """The same for a stream: the numbers come under this name with the progress of each batch."""

    def summary(self, row: Mapping[str, Any]) -> "Summary | None":
        """Numbers that came so; None when some are missing."""

    def seen(self, observation: Any) -> "Summary | None":
        """What arrived; None when nothing did."""

    def count(self, *, is_detailed: bool = False) -> "Counts":
        """Counts in an action of its own; rule by rule at once, or where a row is bad in a second action."""

    def complete(self, summary: "Summary", again: "DataFrame | None" = None) -> "Counts":
        """The counts of each rule, in a second look where a row is bad."""

    def found(self, summary: "Summary") -> list[int]:
        """The row rules that found a row bad."""

    def narrowed(self, keys: Collection[int]) -> "RowMasks":
        """The same with these rules alone."""

    def good(self, labelled: "DataFrame") -> "DataFrame":
        """The rows that are not set apart."""

    def unlabelled(self, labelled: "DataFrame") -> "DataFrame":
        """All rows, as they were."""

    def routed(self, labelled: "DataFrame", place: int | None, names: Mapping[int, str]) -> "DataFrame":
        """The rows that go to a place, or to any (None)."""

    def bad_rows(self, labelled: "DataFrame", key: int, limit: int) -> "DataFrame":
        """Some of the rows that a rule found bad."""


class Engine(ABC):
    """One session, as the kernel uses it.

    knows_plans: whether it can say what computing a frame costs, and whether a frame gives the same rows each time.
    """

    session: "SparkSession"
    knows_plans: bool
    streams: "StreamEngine"

    @abstractmethod
    def files_at(self, path: str) -> "Files":
        """The file system of a path."""

    # ---- jobs

    @abstractmethod
    def enter_thread(self, pool: str) -> None:
        """Prepares a new thread: its jobs share the executors with those of other pools."""

    @abstractmethod
    def name_jobs(self, description: str, tags: Sequence[str]) -> None:
        """From here on, the jobs of this thread have this description and these tags."""

    @abstractmethod
    def cancel_jobs(self, tag: str) -> None:
        """Ends all jobs that carry a tag. A Spark that is gone has none."""

    @abstractmethod
    def count_tasks(self, tag: str) -> tuple[int, int]:
        """How many tasks of the jobs with this tag are done, of how many; (0, 0) when that cannot be told."""

    @abstractmethod
    def ran_once(self, tag: str) -> bool:
        """Whether every job with the tag has succeeded, and each of its stages at once. False where that cannot be told."""

    @abstractmethod
    def is_gone(self, error: BaseException) -> bool:
        """Whether an error says that nothing else can run in this Spark."""

    # ---- frames

    @abstractmethod
    def schema_text(self, frame: "DataFrame") -> str:
        """The schema as Spark's JSON."""

    @abstractmethod
    def schema_summary(self, frame: "DataFrame") -> str:
        """The schema in one line for people."""

    @abstractmethod
    def unstorable_columns(self, frame: "DataFrame") -> dict[str, str]:
        """Columns that a frame file cannot store, each with its type."""

    @abstractmethod
    def why_cache(self, frame: "DataFrame") -> str | None:
        """What makes a second computation of a frame costly or different; None when reading again is cheaper."""

    @abstractmethod
    def depends_on_columns(self, frame: "DataFrame") -> str | None:
        """Why fewer columns of a frame may have other rows; None when they have the same, as far as can be told."""

    @abstractmethod
    def is_deterministic(self, frame: "DataFrame") -> bool:
        """Whether a second computation gives the very same rows, as far as can be told."""

    @abstractmethod
    def labels_alike(self, masks: RowMasks) -> bool:
        """Whether the row rules say the same of a row each time they are asked, as far as can be told."""

    @abstractmethod
    def cache_frame(self, frame: "DataFrame", level: str) -> "DataFrame":
        """Computes a frame once, in memory or on disk alone. Read the frame that it gives."""

    @abstractmethod
    def cache_when_read(self, frame: "DataFrame", level: str) -> None:
        """As `cache_frame`, but the first action that reads all rows of the frame computes it."""

    @abstractmethod
    def release_frame(self, frame: "DataFrame") -> None:
        """Lets go of what is kept for this frame."""

    @abstractmethod
    def planned_anew(self, frame: "DataFrame") -> "DataFrame":
        """The same rows; a frame decides once, when it is first asked, which kept frames it reads."""

    @abstractmethod
    def same_shape(self, one: "DataFrame", other: "DataFrame") -> bool:
        """Whether two frames have the same columns of the same types, in any order."""

    @abstractmethod
    def united_rows(self, parts: "Sequence[DataFrame]") -> "DataFrame":
        """All rows of all frames; a column that a frame lacks is NULL there."""

    @abstractmethod
    def signed(self, rows: "DataFrame", run_id: str, at: datetime.datetime) -> "DataFrame":
        """Set-apart rows with the run that looked at them, and when."""

    @abstractmethod
    def collected(self, frame: "DataFrame", limit: int | None = None) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """The names of the columns, and the rows. One action."""

    # ---- counting

    @abstractmethod
    def rules(self, checks: "Mapping[int, RowCheck[Any] | AggregateCheck[Any]]", where: Mapping[int, str]) -> "Rules":
        """What these checks look for."""

    @abstractmethod
    def masks(
        self, frame: "DataFrame", rules: "Rules", split: Collection[int] = (), places: Mapping[int, int] | None = None
    ) -> RowMasks:
        """The rules of one frame. Raises what a rule raises."""

    @abstractmethod
    def fitting(
        self, frame: "DataFrame", rules: "Rules", split: Collection[int], places: Mapping[int, int]
    ) -> tuple[RowMasks, dict[int, Exception]]:
        """The masks of the rules that fit the frame, and what is wrong with the others."""

    @abstractmethod
    def raising_rules(self, frame: "DataFrame", rules: "Rules") -> dict[int, Exception]:
        """The rules that raise on the frame's rows; none when the frame itself does."""

    # ---- frames that lie as files

    @abstractmethod
    def write_frame(self, frame: "DataFrame", path: str) -> None:
        """Writes a frame with one action, replacing what an attempt that did not end left there."""

    @abstractmethod
    def read_frame(self, path: str, schema: str) -> "DataFrame":
        """The frame that was written. schema: as `schema_text` gave it."""

    @abstractmethod
    def stored_rows(self, path: str) -> "DataFrame":
        """The rows that were written, with the schema that the files have."""

    @abstractmethod
    def without_columns(self, frame: "DataFrame", names: Sequence[str]) -> "DataFrame":
        """The frame less these columns."""

    @abstractmethod
    def emptied(self, frame: "DataFrame") -> "DataFrame":
        """None of the frame's rows, with its schema."""

    @abstractmethod
    def count_stored(self, path: str) -> int:
        """How many rows were written."""

    @abstractmethod
    def show_frame(self, staged: str, path: str) -> None:
        """Gives a written frame its name, in the place of what has it; nothing when that was done before."""

    @abstractmethod
    def remove_frames(self, path: str) -> None:
        """Removes a folder of frames, if it is there."""
