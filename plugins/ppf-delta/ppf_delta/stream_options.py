"""What the streaming source and the streaming sink understand."""

from collections.abc import Mapping
from typing import Any, Literal

from ppf_core import OptionsError, option, options
from ppf_delta.names import wrong_names
from ppf_delta.options import PATH, READER, TABLE, WriteOptions, is_time


@options
class StreamReadOptions:
    """What the streaming source understands."""

    path: str | None = option(PATH, default=None, path=True, one_of="table")
    table: str | None = option(TABLE, default=None, one_of="table")
    starting_version: str | None = option(
        "First version whose rows are read, or latest: only what comes from now on. Default: all rows.",
        default=None,
    )
    starting_timestamp: str | None = option("Read what came at or after this time: 2025-12-31T12:00:00.", default=None)
    changes: bool = option(
        "Read changes, with the columns _change_type, _commit_version and _commit_timestamp. The table needs "
        "delta.enableChangeDataFeed = true.",
        default=False,
    )
    ignore_changes: bool = option(
        "Where rows were updated or deleted, read the files that were written anew: rows come again.", default=False
    )
    skip_change_commits: bool = option("Pass over versions that update or delete rows.", default=False)
    ignore_deletes: bool = option("Pass over versions that only delete whole partitions.", default=False)
    max_files_per_trigger: int | None = option("Files that a batch reads at most.", default=None)
    max_bytes_per_trigger: str | None = option("About how much a batch reads at most: 1g.", default=None)
    reader: dict[str, Any] = option(READER, default_factory=dict, as_written=True)

    def __post_init__(self) -> None:
        problems = dict(wrong_names(self.path, self.table))
        if self.starting_version is not None and not (self.starting_version.isdecimal() or self.starting_version == "latest"):
            problems["starting_version"] = f"{self.starting_version!r} is no version. Write a number, or latest"
        if self.starting_timestamp is not None and not is_time(self.starting_timestamp):
            problems["starting_timestamp"] = f"{self.starting_timestamp!r} is no time. Write 2025-12-31 or 2025-12-31T12:00:00"
        if self.starting_version is not None and self.starting_timestamp is not None:
            problems["starting_timestamp"] = "cannot be set together with 'starting_version'. Leave one out"
        if self.ignore_changes and self.skip_change_commits:
            problems["skip_change_commits"] = "cannot be set together with 'ignore_changes'. Leave one out"
        if self.changes:
            for name in ("ignore_changes", "skip_change_commits", "ignore_deletes"):
                if getattr(self, name):
                    problems[name] = (
                        "means nothing with changes = true, which reads updates and deletes as they are. Leave one out"
                    )
        if self.max_files_per_trigger is not None and self.max_files_per_trigger < 1:
            problems["max_files_per_trigger"] = f"must be at least 1, not {self.max_files_per_trigger}"
        if problems:
            raise OptionsError(problems)


@options
class StreamWriteOptions(WriteOptions):
    """What the streaming sink understands."""

    mode: Literal["append", "overwrite", "merge", "scd2"] = option(
        "What a batch does: merge and scd2 match the rows that are there by keys; overwrite goes with output_mode = complete.",
        default="append",
    )

    @property
    def of_new_table(self) -> Mapping[str, str]:
        """As the file says: a stream has one note, which must stay however long it stands still."""
        return self.properties
