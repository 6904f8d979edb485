"""What sources and sinks of Delta tables understand."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from ppf_core import OptionsError, option, options
from ppf_delta.names import wrong_names

PATH, TABLE = "Folder of the table.", "Name of the table in Spark's catalog: table or schema.table."
READER = "Further options for Spark's reader, passed on as they are."
NOTES_END = "delta.setTransactionRetentionDuration"
WRITER = "Further options for Delta's writer, such as userMetadata."

# What would make Delta's writer do other than the sink knows of; by what it is called in lower case.
_NOT_FOR_WRITER = {
    "partitionoverwritemode": "is not passed on. Set partition_overwrite = dynamic",
    "replacewhere": "is not passed on. Set replace_where",
    "replaceon": "is not passed on. Set replace_where, or mode = merge",
    "replaceusing": "is not passed on. Set replace_where, or mode = merge",
    "mergeschema": "is not passed on. Set merge_schema = true",
    "overwriteschema": "is not passed on. Set overwrite_schema = true",
    "txnappid": "is not passed on: the sink notes each write itself. Leave it out",
    "txnversion": "is not passed on: the sink notes each write itself. Leave it out",
    "datachange": "is not passed on: what a sink writes are new rows. Leave it out",
}


@options
class ReadOptions:
    """What the source understands."""

    path: str | None = option(PATH, default=None, path=True, one_of="table")
    table: str | None = option(TABLE, default=None, one_of="table")
    version: int | None = option("Version to read. Default: the newest when the run starts.", default=None)
    timestamp: str | None = option("Read the version that was the newest at this time: 2025-12-31T12:00:00.", default=None)
    changes: dict[str, Any] | None = option(
        "Read what changed, with the columns _change_type, _commit_version and _commit_timestamp: { from = 3, to = 7 }, "
        "versions or times; without `to` up to the newest. The table needs delta.enableChangeDataFeed = true.",
        default=None,
    )
    reader: dict[str, Any] = option(READER, default_factory=dict, as_written=True)

    def __post_init__(self) -> None:
        problems = dict(wrong_names(self.path, self.table))
        chosen = [name for name in ("version", "timestamp", "changes") if getattr(self, name) is not None]
        if len(chosen) > 1:
            problems[chosen[1]] = f"cannot be set together with {chosen[0]!r}. Leave one out"
        if self.version is not None and self.version < 0:
            problems["version"] = f"must not be negative: versions count from 0, not {self.version}"
        if self.timestamp is not None and not is_time(self.timestamp):
            problems["timestamp"] = f"{self.timestamp!r} is no time. Write 2025-12-31 or 2025-12-31T12:00:00"
        problems |= _wrong_changes(self.changes)
        if problems:
            raise OptionsError(problems)


Mode = Literal["error", "append", "overwrite", "ignore", "merge", "scd2"]


@options
class WriteOptions:
    """What the sinks understand."""

    path: str | None = option(PATH, default=None, path=True, one_of="table")
    table: str | None = option(TABLE, default=None, one_of="table")
    mode: Mode = option("What to do when there is a table: merge and scd2 match its rows by keys.", default="error")
    keys: list[str] = option("merge, scd2: columns that name a row.", default_factory=list)
    update: list[str] = option(
        "merge: columns that a matched row takes over; none: matched rows stay.", default_factory=lambda: ["*"]
    )
    insert: bool = option("merge: whether rows that match none are added.", default=True)
    delete_when: str | None = option(
        "merge: where this is true of a row, the row that it matches is deleted, and it is not added.",
        default=None,
        sql=True,
    )
    order_by: list[str] = option(
        "merge, scd2: of several rows of one key the one that is greatest in these columns counts. Without it, refused.",
        default_factory=list,
    )
    valid_from: str = option("scd2: column of the time from which a row holds.", default="valid_from")
    valid_to: str = option("scd2: column of the time up to which a row held; NULL while it holds.", default="valid_to")
    is_current: str = option("scd2: column that is true while a row holds.", default="is_current")
    effective: str | None = option(
        "scd2: column of the input with the time of the change. Default: the time of the stage.", default=None
    )
    partition_by: list[str] = option("Columns by which a new table is partitioned.", default_factory=list)
    partition_overwrite: Literal["static", "dynamic"] = option(
        "overwrite: replace the table, or only the partitions that rows come for.", default="static"
    )
    replace_where: str | None = option(
        "overwrite: replace only the rows for which this is true; all new rows must be such.", default=None, sql=True
    )
    merge_schema: bool = option("Columns that the table lacks are added to it.", default=False)
    overwrite_schema: bool = option("overwrite: the table takes the columns and partitions of the new rows.", default=False)
    properties: dict[str, str] = option("Properties of a new table, such as delta.enableChangeDataFeed.", default_factory=dict)
    writer: dict[str, Any] = option(WRITER, default_factory=dict, as_written=True)

    def __post_init__(self) -> None:
        problems = {
            **wrong_names(self.path, self.table),
            **self._wrong_mode(),
            **self._wrong_merge(),
            **self._wrong_history(),
            **self._wrong_writer(),
        }
        if problems:
            raise OptionsError(problems)

    @property
    def of_new_table(self) -> Mapping[str, str]:
        """Properties of a table that is made. Notes of writes end there: else each batch run would leave one for ever."""
        return {NOTES_END: "interval 90 days", **self.properties}

    @property
    def matches(self) -> bool:
        """Whether rows of the table are matched by keys."""
        return self.mode in ("merge", "scd2")

    def _wrong_mode(self) -> Mapping[str, str]:
        of_overwrite = {
            "replace_where": self.replace_where is not None,
            "partition_overwrite": self.partition_overwrite == "dynamic",
            "overwrite_schema": self.overwrite_schema,
        }
        found = [name for name, is_set in of_overwrite.items() if is_set]
        problems = {
            name: f"means nothing with mode = {self.mode}. Set mode = overwrite" for name in found if self.mode != "overwrite"
        }
        if self.mode == "overwrite" and len(found) > 1:
            problems[found[1]] = f"cannot be set together with {found[0]!r}. Leave one out"
        if self.overwrite_schema and self.merge_schema:
            problems["merge_schema"] = (
                "cannot be set together with 'overwrite_schema', which takes all columns anew. Leave one out"
            )
        return problems

    def _wrong_merge(self) -> Mapping[str, str]:
        problems = {}
        if self.matches and not self.keys:
            problems["keys"] = f"is missing: mode = {self.mode} finds the rows of the table by them"
        for name in () if self.matches else ("keys", "order_by"):
            if getattr(self, name):
                problems[name] = f"means nothing with mode = {self.mode}. Set mode = merge or scd2"
        if self.mode != "merge":
            for name, is_set in {
                "update": self.update != ["*"],
                "insert": not self.insert,
                "delete_when": self.delete_when is not None,
            }.items():
                if is_set:
                    problems[name] = f"means nothing with mode = {self.mode}. Set mode = merge"
        elif not self.update and not self.insert and self.delete_when is None:
            problems["insert"] = "is false, and 'update' empty, so that nothing would happen. Set one of them, or 'delete_when'"
        if self.merge_schema and (self.mode == "scd2" or self.update != ["*"] or self.delete_when is not None):
            cause = "mode = scd2" if self.mode == "scd2" else "'update' or 'delete_when'"
            problems["merge_schema"] = f"cannot be set together with {cause}. Add the columns before: ALTER TABLE … ADD COLUMNS"
        if self.mode != "scd2" and self.effective is not None:
            problems["effective"] = f"means nothing with mode = {self.mode}. Set mode = scd2"
        return problems

    def _wrong_history(self) -> Mapping[str, str]:
        own = {name: getattr(self, name).lower() for name in ("valid_from", "valid_to", "is_current")}
        return {
            name: f"is {getattr(self, name)!r}, as is {other!r}. Give each column a name of its own"
            for place, (name, value) in enumerate(own.items())
            for other in list(own)[:place]
            if own[other] == value
        }

    def _wrong_writer(self) -> Mapping[str, str]:
        problems = {}
        for name in self.writer:
            if name.lower() in _NOT_FOR_WRITER:
                problems[f"writer.{name}"] = _NOT_FOR_WRITER[name.lower()]
            elif self.matches and name != "userMetadata":
                problems[f"writer.{name}"] = f"means nothing with mode = {self.mode}, which takes userMetadata alone"
        return problems


def _wrong_changes(changes: Mapping[str, Any] | None) -> Mapping[str, str]:
    if changes is None:
        return {}
    problems = {
        f"changes.{name}": "is unknown. Of `changes` there are 'from' and 'to'"
        for name in changes
        if name not in ("from", "to")
    }
    if "from" not in changes:
        problems["changes"] = "needs 'from': the first version, or time, whose changes are read"
    for name in ("from", "to"):
        value = str(changes.get(name, 0))
        if not value.isdecimal() and not is_time(value):
            problems[f"changes.{name}"] = f"{value!r} is neither a version nor a time. Write 3, or 2025-12-31T12:00:00"
    return problems


def is_time(text: str) -> bool:
    """Whether it is a day, or a day and a time."""
    if not re.match(r"\d{4}-", text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
