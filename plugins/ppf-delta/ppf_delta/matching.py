"""Rows that are matched with those of the table by keys: they wait beside it, and one MERGE publishes them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError, TargetMoved
from ppf_delta.errors import conflict, is_conflict, words
from ppf_delta.log import Snapshot, Write
from ppf_delta.names import quoted
from ppf_delta.options import WriteOptions
from ppf_delta.stages import Stage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession
    from pyspark.sql.types import StructType

_ATTEMPTS = 5
_TWICE_READ = "spark.databricks.delta.merge.materializeSource"
_COUNT, _DELETE, _NEW, _PLACE, _SINCE = "_ppf_count", "_ppf_delete", "_ppf_new", "_ppf_place", "_ppf_since"


def stage(stage_: Stage, frame: "DataFrame", options: WriteOptions, snapshot: Snapshot) -> None:
    """Writes the rows, and refuses several of one key that nothing tells apart, and those of no known time."""
    _require_fit(stage_, frame, options, snapshot)
    writer = frame.write.mode("overwrite").option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    writer.parquet(stage_.rows)
    stage_.keep_rows()
    rows = frame.sparkSession.read.schema(frame.schema).parquet(stage_.rows)
    if options.effective is not None:
        _require_times(rows, options.keys, options.effective)
    if not options.order_by:
        _require_unique(rows, options.keys)
    if snapshot.exists:
        _require_constraints(_newest(rows, options), options, snapshot)


def publish(stage_: Stage, options: WriteOptions, schema: "StructType", at: str) -> None:
    """Brings the rows into the table with one commit. at: the time of the stage, for a history."""
    log = stage_.log
    if stage_.kept_rows() is None:
        raise TargetMoved(f"What was staged for {log.name!r} is gone from {stage_.rows!r}. Run the pipeline again.")
    for attempt in range(1, _ATTEMPTS + 1):
        snapshot = log.newest()
        if stage_.is_committed(snapshot):
            return
        try:
            session = _session(log.spark, stage_, options)
            rows = _newest(session.read.schema(schema).parquet(stage_.rows), options)
            if snapshot.exists:
                _merge(session, stage_, options, rows, schema.names, at)
                _note(stage_, options, snapshot)
            else:
                _create(stage_, options, snapshot, _first(rows, options, at))
        except Exception as error:
            if not is_conflict(error):
                raise
            # Delta says: read the table again, and match anew.
            if attempt == _ATTEMPTS:
                raise conflict(log.name, error) from error
        else:
            return


def _require_unique(rows: "DataFrame", keys: Sequence[str]) -> None:
    from pyspark.sql import functions

    counted = rows.groupBy(*map(quoted, keys)).agg(functions.count(functions.lit(1)).alias(_COUNT))
    # An aggregate has Spark look at all partitions at once; a limit would have it look at the first one alone before.
    found = counted.where(f"{_COUNT} > 1").agg(functions.first(functions.struct("*"))).collect()[0][0]
    if found is not None:
        raise PpfError(
            f"{found[_COUNT]} rows have the key {_key(found, keys)}, and nothing tells which of them counts.",
            hint="Give order_by the column of which the greatest value wins, or take the duplicates out before.",
        )


def _require_times(rows: "DataFrame", keys: Sequence[str], effective: str) -> None:
    found = rows.where(f"{quoted(effective)} IS NULL").select(*map(quoted, keys)).limit(1).collect()
    if found:
        raise PpfError(
            f"The row of the key {_key(found[0], keys)} has NULL in {effective!r}, so that nothing tells from when it holds.",
            hint="Give each row the time of its change, or take such rows out before.",
        )


def _require_constraints(rows: "DataFrame", options: WriteOptions, snapshot: Snapshot) -> None:
    """Refuses a row that NOT NULL or CHECK of the table forbid, where each row would come into it whole."""
    if options.mode == "merge" and (options.update != ["*"] or not options.insert):
        return
    given = {name.lower() for name in rows.columns}
    meant = [
        (name, text) for name, text in snapshot.constraints() if given.issuperset(map(str.lower, snapshot.columns_of(text)))
    ]
    if not meant:
        return
    kept = rows.where(f"NOT {_deleted(options)}")
    broken = " OR ".join(f"NOT coalesce(({text}), false)" for _, text in meant)
    fields = [*map(quoted, options.keys), *(f"coalesce(({text}), false)" for _, text in meant)]
    found = kept.where(broken).selectExpr(*fields).limit(1).collect()
    if found:
        name, text = next(each for place, each in enumerate(meant, len(options.keys)) if not found[0][place])
        raise PpfError(
            f"The row of the key {_key(found[0], options.keys)} breaks {name} of the table {snapshot.log.name!r}: {text}.",
            hint="Correct the row, take it out before, or take the rule off the table.",
        )


def _key(row: "Row", keys: Sequence[str]) -> str:
    return ", ".join(f"{name} = {row[place]!r}" for place, name in enumerate(keys))


def _require_fit(stage_: Stage, frame: "DataFrame", options: WriteOptions, snapshot: Snapshot) -> None:
    """Has Spark analyse what a publish would do, with no rows, and not run it."""
    session, none, at = _session(stage_.log.spark, stage_, options), frame.limit(0), "2000-01-01"
    try:
        if not snapshot.exists:
            _first(none, options, at)
            return
        rows = session.createDataFrame([], frame.schema)
        stage_.log.analyse(session, _statement(stage_, options, rows, frame.columns, at))
    except Exception as error:
        raise PpfError(
            f"The rows do not fit mode = {options.mode} and the table {stage_.log.name!r}: {words(error)}",
            hint="Correct the option or the column that is named.",
        ) from error


def _session(spark: "SparkSession", stage_: Stage, options: WriteOptions) -> "SparkSession":
    """A session in which Delta notes this write with what it commits. One of its own: others write meanwhile."""
    from pyspark.sql import SparkSession

    java: Any = spark._jsparkSession.cloneSession()
    session = SparkSession(spark.sparkContext, java)
    settings = {"write.txnAppId": stage_.app, "write.txnVersion": str(stage_.write_id.number)}
    if "userMetadata" in options.writer:
        settings["commitInfo.userMetadata"] = str(options.writer["userMetadata"])
    if options.merge_schema:
        settings["schema.autoMerge.enabled"] = "true"
    if _is_settled(options) and spark.conf.get(_TWICE_READ, "auto") == "auto":  # Delta would write the rows once more
        session.conf.set(_TWICE_READ, "none")
    for key, value in settings.items():
        session.conf.set(f"spark.databricks.delta.{key}", value)
    return session


def _is_settled(options: WriteOptions) -> bool:
    """Whether MERGE finds the same rows each time it reads the staged files, which nobody changes: it does so twice.

    Of two newest rows of a key either may be taken, and a condition of the user may be of any kind.
    """
    return options.mode == "merge" and not options.order_by and options.delete_when is None


def _newest(rows: "DataFrame", options: WriteOptions) -> "DataFrame":
    """One row of each key."""
    if not options.order_by:
        return rows
    from pyspark.sql import Window, functions

    order = [functions.col(quoted(name)).desc_nulls_last() for name in options.order_by]
    window = Window.partitionBy(*map(quoted, options.keys)).orderBy(*order)
    return rows.withColumn(_PLACE, functions.row_number().over(window)).where(f"{_PLACE} = 1").drop(_PLACE)


def _merge(
    session: "SparkSession", stage_: Stage, options: WriteOptions, rows: "DataFrame", columns: Sequence[str], at: str
) -> None:
    session.sql(_statement(stage_, options, rows, columns, at))


def _statement(stage_: Stage, options: WriteOptions, rows: "DataFrame", columns: Sequence[str], at: str) -> str:
    """The MERGE, after making its rows a view of their session."""
    # A clone shares no views with the session of the run, so that the names are free.
    if options.mode == "merge" and options.merge_schema:
        # Delta adds columns only where a clause takes all of them.
        rows.createOrReplaceTempView("source")
        insert = ["WHEN NOT MATCHED THEN INSERT *"] if options.insert else []
        return "\n".join([_matched(stage_, options), "WHEN MATCHED THEN UPDATE SET *", *insert])
    if options.mode == "merge":
        rows.selectExpr("*", f"{_deleted(options)} AS {_DELETE}").createOrReplaceTempView("source")
        return _merge_text(stage_, options, columns)
    since = quoted(options.effective) if options.effective is not None else f"TIMESTAMP '{at}'"
    rows.selectExpr("*", f"{since} AS {_SINCE}").createOrReplaceTempView("_ppf_rows")
    return _history_text(stage_, options, columns)


def _merge_text(stage_: Stage, options: WriteOptions, columns: Sequence[str]) -> str:
    updated = columns if options.update == ["*"] else options.update
    update = ", ".join(f"target.{quoted(name)} = source.{quoted(name)}" for name in updated)
    return "\n".join(
        [
            _matched(stage_, options),
            *([f"WHEN MATCHED AND source.{_DELETE} THEN DELETE"] if options.delete_when is not None else []),
            *([f"WHEN MATCHED THEN UPDATE SET {update}"] if updated else []),
            *([f"WHEN NOT MATCHED AND NOT source.{_DELETE} THEN INSERT {_values(columns)}"] if options.insert else []),
        ]
    )


def _history_text(stage_: Stage, options: WriteOptions, columns: Sequence[str]) -> str:
    """Closes the row that held, and adds the one that holds from now on, in one MERGE.

    A row of the input that changes something is there twice: once to close, matched by its key, and once to be added, which
    matches nothing.
    """
    keys = {name.lower() for name in options.keys}
    others = [name for name in columns if name.lower() not in keys | {(options.effective or "").lower()}]
    differs = " OR ".join(f"NOT (target.{quoted(name)} <=> source.{quoted(name)})" for name in others) or "false"
    current, since, until = quoted(options.is_current), quoted(options.valid_from), quoted(options.valid_to)
    # What is older than the row that holds would end it before it began.
    changes = f"target.{current} AND ({differs}) AND source.{_SINCE} > target.{since}"
    names = ", ".join(map(quoted, columns))
    added = ", ".join([*(f"source.{quoted(name)}" for name in columns), f"source.{_SINCE}", "NULL", "true"])
    return "\n".join(
        [
            f"MERGE INTO {stage_.log.sql_name} AS target USING (",
            f"  SELECT *, false AS {_NEW} FROM _ppf_rows",  # noqa: S608 -- names are quoted
            f"  UNION ALL SELECT source.*, true AS {_NEW} FROM _ppf_rows AS source",  # noqa: S608 -- names are quoted
            f"  JOIN {stage_.log.sql_name} AS target ON {_same_key(options)} AND {changes}",
            f") AS source ON NOT source.{_NEW} AND {_same_key(options)} AND target.{current}",
            f"WHEN MATCHED AND {changes} THEN UPDATE SET target.{current} = false, target.{until} = source.{_SINCE}",
            f"WHEN NOT MATCHED THEN INSERT ({names}, {since}, {until}, {current}) VALUES ({added})",  # noqa: S608 -- names are quoted
        ]
    )


def _first(rows: "DataFrame", options: WriteOptions, at: str) -> "DataFrame":
    """The rows of a table that is not there yet."""
    if options.mode == "merge":
        return rows.where(f"NOT {_deleted(options)}") if options.insert else rows.limit(0)
    since = quoted(options.effective) if options.effective is not None else f"TIMESTAMP '{at}'"
    return rows.selectExpr(
        "*",
        f"{since} AS {quoted(options.valid_from)}",
        f"CAST(NULL AS TIMESTAMP) AS {quoted(options.valid_to)}",
        f"true AS {quoted(options.is_current)}",
    )


def _create(stage_: Stage, options: WriteOptions, snapshot: Snapshot, rows: "DataFrame") -> None:
    log, write = stage_.log, Write("Append", {}, options.partition_by, options.of_new_table)
    transaction = log.begin(snapshot)
    transaction.watch(stage_.app)
    written = log.write_files(rows, write, snapshot, stage_.relative)
    if written.metadata is not None:
        transaction.describe(written.metadata, overwrite=False)
    transaction.commit(written.added, None, stage_.app, stage_.write_id.number, "Append", options.writer.get("userMetadata"))


def _note(stage_: Stage, options: WriteOptions, before: Snapshot) -> None:
    """Delta commits nothing where nothing changes; then the write is noted alone, so that its repetition is known."""
    snapshot = stage_.log.newest()
    if snapshot.version == before.version or not stage_.is_committed(snapshot):
        transaction = stage_.log.begin(snapshot)
        transaction.watch(stage_.app)
        transaction.commit((), None, stage_.app, stage_.write_id.number, "Append", options.writer.get("userMetadata"))


def _matched(stage_: Stage, options: WriteOptions) -> str:
    return f"MERGE INTO {stage_.log.sql_name} AS target USING source ON {_same_key(options)}"


def _same_key(options: WriteOptions) -> str:
    return " AND ".join(f"target.{quoted(name)} <=> source.{quoted(name)}" for name in options.keys)


def _deleted(options: WriteOptions) -> str:
    return f"coalesce(({options.delete_when}), false)" if options.delete_when is not None else "false"


def _values(columns: Sequence[str]) -> str:
    names = ", ".join(map(quoted, columns))
    return f"({names}) VALUES ({', '.join(f'source.{quoted(name)}' for name in columns)})"
