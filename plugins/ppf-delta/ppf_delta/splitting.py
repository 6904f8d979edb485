"""Good and bad rows in one pass: for which tables, and how.

Delta writes all rows into the stage, as if for a new table whose first partition is the mask. Of what it wrote the files of
good rows become those of the real table, and the others are read until the publish. So it is done only where the real table
asks nothing of its files but what such a new one does, and where its rules can be asked of the good rows alone.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ppf_delta import exactness
from ppf_delta.adding import held_to
from ppf_delta.log import CONSTRAINTS, Snapshot, Write, Written
from ppf_delta.options import WriteOptions
from ppf_delta.stages import BAD, Stage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_DEFAULTS = "spark.databricks.delta.properties.defaults."
# Properties and features of tables that change nothing in how files are written, or that the new table gets as well.
_HARMLESS = (
    *("appendOnly", "checkpoint", "constraints.", "dataSkipping", "deletedFileRetentionDuration", "enableChangeDataFeed"),
    *("enableDeletionVectors", "enableExpiredLogCleanup", "isolationLevel", "logRetentionDuration", "minReaderVersion"),
    *("minWriterVersion", "setTransactionRetentionDuration", "targetFileSize"),
)
_FEATURES = frozenset(
    ("appendOnly", "changeDataFeed", "checkConstraints", "deletionVectors", "domainMetadata", "invariants", "timestampNtz")
)
# What a type may say of what is nested in it: NOT NULL, which could not be asked of good rows alone, or a name in files.
_TOLD = re.compile(r'": false|"metadata": \{"')
# Where more folders than these are open, Spark sorts what is left; two are needed, and it does so when the number is reached.
_OPEN_FOLDERS = {"spark.sql.maxConcurrentOutputFileWriters": "3"}


def is_possible(spark: "SparkSession", schema: "StructType", options: WriteOptions, snapshot: Snapshot) -> bool:
    """Whether rows of these columns come back exactly, and go into the table as Delta would write them."""
    if BAD in map(str.lower, schema.names):
        return False
    if any(not name.removeprefix("delta.").startswith(_HARMLESS) for name in _properties(spark, options, snapshot)):
        return False
    if not snapshot.exists:
        return exactness.is_exact(spark, schema, None, options.partition_by)
    fields = json.loads(snapshot.metadata["schemaString"])["fields"]
    is_same = sorted(schema.names) == sorted(field["name"] for field in fields) and snapshot.features <= _FEATURES
    is_plain = all(field["metadata"].keys() <= {"comment"} and not _TOLD.search(json.dumps(field["type"])) for field in fields)
    partitions = snapshot.metadata["partitionColumns"]
    return is_same and is_plain and exactness.is_exact(spark, schema, snapshot.schema, partitions)


def stage(
    stage_: Stage, frame: "DataFrame", mask: str, options: WriteOptions, snapshot: Snapshot, write: Write
) -> "tuple[Written, Written]":
    """Writes good and bad rows in one action, and notes what is to be committed of the good ones."""
    frame = frame.withColumnRenamed(mask, BAD)
    if options.replace_where is not None:
        frame = held_to(frame, options.replace_where, or_else=BAD)
    if snapshot.exists:
        frame = _kept(frame, snapshot)
        partitions = snapshot.metadata["partitionColumns"]
        asked = {key: value for key, value in snapshot.properties.items() if not key.startswith(CONSTRAINTS)}
        write = Write(write.mode, write.options, partitions, asked)
    if not write.partition_by:
        frame = _unsorted(frame)
    both = stage_.log.write_new(
        frame, Write(write.mode, write.options, [BAD, *write.partition_by], write.properties), stage_.relative
    )
    parts = {text: json.loads(text) for text in both.added}
    bad = {text for text, action in parts.items() if action["add"]["partitionValues"].pop(BAD) == "true"}
    good = Written(
        [json.dumps(action) for text, action in parts.items() if text not in bad],
        None if snapshot.exists else _without_mask(both.metadata or ""),
    )
    stage_.keep(good, snapshot)
    return good, Written([text for text in both.added if text in bad], None)


def _properties(spark: "SparkSession", options: WriteOptions, snapshot: Snapshot) -> Iterator[str]:
    given = snapshot.properties if snapshot.exists else options.properties
    yield from (name for name in given if name.startswith("delta."))
    # The stage is written as a new table, so the session's defaults hold for it, whatever the table says.
    yield from (name.removeprefix(_DEFAULTS) for name in spark.conf.getAll if name.startswith(_DEFAULTS))


def _kept(frame: "DataFrame", snapshot: Snapshot) -> "DataFrame":
    """The frame, which fails at a good row that breaks NOT NULL or CHECK of the table."""
    for name, text in snapshot.constraints():
        told = f"A row breaks {name} of the table {snapshot.log.name!r}: {text}. Correct the row, or take the rule off."
        frame = held_to(frame, text, or_else=BAD, told=told)
    return frame


def _without_mask(metadata: str) -> str:
    found = json.loads(metadata)
    table: dict[str, Any] = found["metaData"]
    schema: Mapping[str, Any] = json.loads(table["schemaString"])
    fields = [field for field in schema["fields"] if field["name"] != BAD]
    table["schemaString"] = json.dumps({**schema, "fields": fields}, ensure_ascii=False, separators=(",", ":"))
    table["partitionColumns"] = [name for name in table["partitionColumns"] if name != BAD]
    return json.dumps(found)


def _unsorted(frame: "DataFrame") -> "DataFrame":
    """The frame in a session in which Spark writes into two folders at once; else it would sort the rows by them first.

    A session of its own, with all that the frame's own has: other writes go on meanwhile, and may need their order.
    """
    from pyspark.sql import DataFrame, SparkSession

    java: Any = frame._jdf
    session = java.sparkSession().cloneSession()
    for key, value in _OPEN_FOLDERS.items():
        session.conf().set(key, value)
    rows = java.ofRows(session, java.queryExecution().analyzed())
    return DataFrame(rows, SparkSession(frame.sparkSession.sparkContext, session))
