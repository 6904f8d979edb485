"""Spark as the kernel uses it: what every session can do, and what classic Spark adds, whose JVM answers every question."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ppf_core.jvm.errors import jvm_is_dead
from ppf_core.spark import frame_files, frames, jobs, row_masks
from ppf_core.spark.engine import Engine, RowMasks
from ppf_core.spark.rules import Rules
from ppf_core.spark.streaming import StreamEngine
from ppf_core.storage import Files, files_at

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ppf_core.contracts.checks import AggregateCheck, RowCheck


class SessionEngine(Engine):
    """What classic Spark and Spark Connect do alike."""

    def __init__(self, session: "SparkSession") -> None:
        self.session = session
        self.streams = StreamEngine(session)

    def files_at(self, path: str) -> Files:
        """As its session reaches it."""
        return files_at(self.session, path)

    def is_gone(self, error: BaseException) -> bool:
        """The JVM is asked."""
        return jvm_is_dead(error)

    def schema_summary(self, frame: "DataFrame") -> str:
        """As Spark writes it."""
        return frame.schema.simpleString()

    def unstorable_columns(self, frame: "DataFrame") -> dict[str, str]:
        """What Parquet has no place for."""
        return frame_files.unstorable_columns(frame)

    def cache_frame(self, frame: "DataFrame", level: str) -> "DataFrame":
        """Spark's cache."""
        return frames.cache_frame(frame, level)

    def cache_when_read(self, frame: "DataFrame", level: str) -> None:
        """Spark's cache."""
        frames.cache_when_read(frame, level)

    def release_frame(self, frame: "DataFrame") -> None:
        """Spark's cache."""
        frames.release_frame(frame)

    def planned_anew(self, frame: "DataFrame") -> "DataFrame":
        """A selection of all rows."""
        return frames.planned_anew(frame)

    def same_shape(self, one: "DataFrame", other: "DataFrame") -> bool:
        """Names and types."""
        return frames.same_shape(one, other)

    def united_rows(self, parts: "Sequence[DataFrame]") -> "DataFrame":
        """By the names of columns."""
        return frames.united_rows(parts)

    def signed(self, rows: "DataFrame", run_id: str, at: datetime.datetime) -> "DataFrame":
        """Two columns more."""
        return frames.signed(rows, run_id, at)

    def collected(self, frame: "DataFrame", limit: int | None = None) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """In the memory of the driver."""
        rows = frame if limit is None else frame.limit(limit)
        return tuple(frame.columns), [tuple(row) for row in rows.collect()]

    def rules(self, checks: "Mapping[int, RowCheck[Any] | AggregateCheck[Any]]", where: Mapping[int, str]) -> Rules:
        """Expressions over columns."""
        return Rules.of(checks, where)

    def masks(
        self, frame: "DataFrame", rules: Rules, split: Collection[int] = (), places: Mapping[int, int] | None = None
    ) -> RowMasks:
        """Masks."""
        return row_masks.RowMasks(frame, rules, split, places)

    def fitting(
        self, frame: "DataFrame", rules: Rules, split: Collection[int], places: Mapping[int, int]
    ) -> tuple[RowMasks, dict[int, Exception]]:
        """As Spark analyses them."""
        return row_masks.fitting(frame, rules, split, places)

    def raising_rules(self, frame: "DataFrame", rules: Rules) -> dict[int, Exception]:
        """One job when all is well."""
        return row_masks.raising_rules(frame, rules)

    def write_frame(self, frame: "DataFrame", path: str) -> None:
        """As Parquet."""
        frame_files.write_frame(frame, path)

    def read_frame(self, path: str, schema: str) -> "DataFrame":
        """As Parquet."""
        return frame_files.read_frame(self.session, path, schema)

    def stored_rows(self, path: str) -> "DataFrame":
        """As Parquet."""
        return self.session.read.parquet(path)

    def without_columns(self, frame: "DataFrame", names: Sequence[str]) -> "DataFrame":
        """Names that it does not have are no mistake."""
        return frame.drop(*names)

    def emptied(self, frame: "DataFrame") -> "DataFrame":
        """Spark reads nothing for it."""
        return frame.limit(0)

    def count_stored(self, path: str) -> int:
        """Spark finds this in the footers of the files."""
        return frame_files.count_stored(self.session, path)

    def show_frame(self, staged: str, path: str) -> None:
        """Renames a folder, on any file system that Hadoop knows."""
        frame_files.show_frame(self.session, staged, path)

    def remove_frames(self, path: str) -> None:
        """On any file system that Hadoop knows."""
        frame_files.remove_frames(self.session, path)


class ClassicEngine(SessionEngine):
    """A session in this process's JVM."""

    knows_plans = True

    def enter_thread(self, pool: str) -> None:
        """A pool of the fair scheduler; `expr` finds the run's session."""
        jobs.enter_thread(self.session, pool)

    def name_jobs(self, description: str, tags: Sequence[str]) -> None:
        """Local properties of the thread."""
        jobs.name_jobs(self.session, description, tags)

    def cancel_jobs(self, tag: str) -> None:
        """Through the SparkContext."""
        jobs.cancel_jobs(self.session, tag)

    def count_tasks(self, tag: str) -> tuple[int, int]:
        """Of the jobs that run now."""
        return jobs.count_tasks(self.session, tag)

    def ran_once(self, tag: str) -> bool:
        """As Spark's status tracker has it."""
        return jobs.ran_once(self.session, tag)

    def schema_text(self, frame: "DataFrame") -> str:
        """The JVM has the text ready; building Python's StructType first takes longer than planning a component."""
        return str(frame._jdf.schema().json())

    def why_cache(self, frame: "DataFrame") -> str | None:
        """As the frame's plan says."""
        return frames.why_cache(frame)

    def depends_on_columns(self, frame: "DataFrame") -> str | None:
        """As the frame's plan says."""
        return frames.depends_on_columns(frame)

    def is_deterministic(self, frame: "DataFrame") -> bool:
        """As the frame's plan says."""
        return frames.is_deterministic(frame)

    def labels_alike(self, masks: RowMasks) -> bool:
        """As the expressions on top of the labelled frame say."""
        return frames.is_computed_alike(masks.labelled)
