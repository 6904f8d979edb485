"""Delta's transaction log, through Delta's own classes in the JVM.

They are not a published API: all that the plugin uses of them stands here, and goes with DELTA_VERSION.
"""

import json
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ppf_core import CheckpointRefused, PpfError
from ppf_core.storage import files_at
from ppf_delta.names import in_spark_catalog, quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType

    from ppf_core.storage import Files

CONSTRAINTS = "delta.constraints."
_LOOKED_FOR = 20


@dataclass(frozen=True)
class Log:
    """The log of one table, which may not be there yet. name: as the pipeline file has it. location: its folder, as a URI."""

    spark: "SparkSession"
    name: str
    location: str
    table: str | None = None
    """Its name in the catalog, where the file gives that."""
    _catalog_table: Any = None

    @classmethod
    def of(cls, spark: "SparkSession", path: str | None, table: str | None) -> "Log":
        """The log at a path, or of a table of the catalog."""
        if table is None:
            files = files_at(spark, path or "")
            return cls(spark, path or "", files.uri(files.resolve(path or "")))
        table = in_spark_catalog(table)
        state = spark._jsparkSession.sessionState()
        name = state.sqlParser().parseTableIdentifier(table)
        catalog = state.catalog()
        if not catalog.tableExists(name):
            _require_schema(spark, table)
            return cls(spark, table, str(_path(spark, catalog.defaultTablePath(name)).toString()), table)
        found = catalog.getTableMetadata(name)
        provider = found.provider().getOrElse(None) if found.provider().isDefined() else "no format"
        if str(provider).lower() != "delta":
            kind = "a view" if "VIEW" in str(found.tableType().name()) else f"a table of {provider}"
            raise PpfError(f"{table!r} is {kind}, not a Delta table.", hint="Use the plugin 'table', or name another table.")
        return cls(spark, table, str(_path(spark, found.location()).toString()), table, found)

    @cached_property
    def files(self) -> "Files":
        """The file system of the table."""
        return files_at(self.spark, self.location)

    @cached_property
    def folder(self) -> str:
        """The table's folder, as its file system names it."""
        return self.files.resolve(self.location)

    @property
    def is_in_catalog(self) -> bool:
        """Whether the catalog knows it."""
        return self._catalog_table is not None

    def newest(self) -> "Snapshot":
        """The table as it is now; of version -1 when there is none."""
        return Snapshot(self, self._log.update(False, self._none, self._catalog))

    def at(self, version: int) -> "Snapshot":
        """The table as it was."""
        newest = self.newest()
        if newest.version == version:
            return newest
        return Snapshot(self, self._log.getSnapshotAt(version, self._none, self._catalog, False))

    def require_version(self, version: int, newest: "Snapshot") -> int:
        """The version, if it can still be read."""
        try:
            self._log.history().checkVersionExists(version, self._catalog, True, False)
            if version != newest.version:
                self.spark.read.format("delta").option("versionAsOf", version).load(self.location)
        except Exception as error:
            raise self._ended(version, newest) from error
        if version != newest.version and self.at(version).lost(newest) is not None:
            raise self._ended(version, newest)
        return version

    def require_commits_from(self, version: int, newest: "Snapshot") -> None:
        """Refuses a version after which a commit is gone, or that is not there yet."""
        first = int(self._delta.DeltaHistoryManager.getEarliestDeltaFile(self._log))
        if not first <= version <= newest.version + 1:
            raise PpfError(
                f"The log of the table {self.name!r} has versions from {first} to {newest.version}, and starting_version is "
                f"{version}.",
                hint="Its clean-up (delta.logRetentionDuration) removes old ones. Begin later, or leave starting_version out: "
                "then all rows of the table come first.",
            )

    def _ended(self, version: int, newest: "Snapshot") -> PpfError:
        return PpfError(
            f"The table {self.name!r} has no version {version} that can be read; the newest is {newest.version}.",
            hint="Versions end when VACUUM or the clean-up of the log removes what they need. Read a newer one.",
        )

    def version_at(self, time: str) -> int:
        """The version that was the newest at a time."""
        frame = self.spark.read.format("delta").option("timestampAsOf", time.replace("T", " ")).load(self.location)
        location = frame._jdf.queryExecution().analyzed().relation().location()
        return int(location.getSnapshot().version())

    def require_same(self, newest: "Snapshot", identity: str, hint: str = "Begin a new run.") -> None:
        """Refuses a table that took the place of another."""
        if newest.metadata["id"] != identity:
            raise CheckpointRefused(f"The table {self.name!r} was replaced by another since it was first read.", hint=hint)

    def write_files(self, frame: "DataFrame", write: "Write", snapshot: "Snapshot", folder: str) -> "Written":
        """Writes rows as files for the table, in one action, into a folder below its own, and commits nothing.

        Delta is given a log whose files lie in that folder, so that it does all that it does in a write of its own.
        """
        written = self._write(frame, write, self._beside("_delta_log", folder), snapshot.java, folder)
        return written if written.metadata != snapshot.metadata_text else Written(written.added, None)

    def write_new(self, frame: "DataFrame", write: "Write", folder: str) -> "Written":
        """The same, as if for a new table in that folder."""
        log = self._beside(f"{folder}/_delta_log", folder)
        written = self._write(frame, write, log, log.update(False, self._none, self._none), folder)
        self.files.delete(f"{self.folder}/{folder}/_delta_log")
        return written

    def _beside(self, log: str, files: str) -> Any:
        """A log of Delta with its files in another folder than usual."""
        places = [_path(self.spark, f"{self.location}/{each}") for each in (log, files)]
        return self._delta.DeltaLog(*places, self._map({}), self._map({}), self._log.clock(), self._none)

    def _write(self, frame: "DataFrame", write: "Write", log: Any, snapshot: Any, folder: str) -> "Written":
        transaction = self._delta.OptimisticTransaction(log, self._none, self._some(snapshot))
        session = frame.sparkSession._jsparkSession
        options = self._delta.DeltaOptions(self._map(write.options), session.sessionState().conf())
        command = self._delta.commands.WriteIntoDelta(
            *(log, getattr(self._modes, write.mode), options, self._seq(write.partition_by), self._map(write.properties)),
            *(frame._jdf, self._none, self._none, False),
        )
        actions = _python(command.write(transaction, session, self._none, False))
        texts = [str(action.json()) for action in actions]
        added = [text for text in texts if text.startswith('{"add"')]
        return Written([_below(folder, text) for text in added], str(transaction.metadata().json()))

    def begin(self, snapshot: "Snapshot") -> "Transaction":
        """A transaction that has read the table as it was in a snapshot."""
        return Transaction(self, self._log.startTransaction(self._catalog, self._some(snapshot.java)), snapshot)

    def register(self) -> None:
        """Lets the catalog know the table, which is there."""
        if self.table is not None and not self.is_in_catalog:
            location = self.location.replace("\\", "\\\\").replace("'", "\\'")
            self.spark.sql(f"CREATE TABLE IF NOT EXISTS {self.table} USING delta LOCATION '{location}'")

    def remove_empty(self, *, is_made: bool = False) -> None:
        """Removes the folders that Delta makes before there is a table, if nobody has put anything into them.

        is_made: whether the table's own folder is one of them.
        """
        for name in ("_delta_log/_staged_commits", "_delta_log", *([""] if is_made else [])):
            path = _path(self.spark, f"{self.location}/{name}".rstrip("/"))
            system = path.getFileSystem(self.spark._jsparkSession.sessionState().newHadoopConf())
            if system.exists(path) and len(system.listStatus(path)) == 0:
                system.delete(path, False)  # never more than the folder itself, whoever writes there now

    @property
    def sql_name(self) -> str:
        """The table as SQL names it."""
        return self.table if self.is_in_catalog and self.table is not None else f"delta.{quoted(self.location)}"

    @cached_property
    def _log(self) -> Any:
        return self._delta.DeltaLog.forTable(self.spark._jsparkSession, _path(self.spark, self.location))

    @cached_property
    def _delta(self) -> Any:
        return getattr(self._jvm.org.apache.spark.sql, "delta")  # noqa: B009 -- Py4J's packages answer to any name

    @property
    def _jvm(self) -> Any:
        return self.spark._jvm

    @property
    def _modes(self) -> Any:
        return self._jvm.org.apache.spark.sql.SaveMode

    @property
    def _none(self) -> Any:
        return self._jvm.scala.Option.empty()

    @property
    def _catalog(self) -> Any:
        return self._none if self._catalog_table is None else self._some(self._catalog_table)

    def analyse(self, session: "SparkSession", statement: str) -> None:
        """Fails where Spark would refuse a statement, and does not run it."""
        state: Any = session._jsparkSession.sessionState()
        skip = self._jvm.org.apache.spark.sql.execution.CommandExecutionMode.SKIP()
        state.executePlan(state.sqlParser().parsePlan(statement), skip).assertAnalyzed()

    def can_store(self, given: "DataType", stored: "DataType") -> bool:
        """Whether Spark writes values of one type into a column of another."""
        java = [self.spark._jsparkSession.parseDataType(each.json()) for each in (given, stored)]
        return bool(self._jvm.org.apache.spark.sql.catalyst.expressions.Cast.canANSIStoreAssign(*java))

    def _some(self, value: Any) -> Any:
        return self._jvm.scala.Option.apply(value)

    def _seq(self, values: Iterable[Any]) -> Any:
        found = getattr(self._jvm.scala.collection.immutable, "Nil$").__getattr__("MODULE$")
        for value in values:
            found = found.appended(value)
        return found

    def _map(self, values: Mapping[str, str]) -> Any:
        found = getattr(self._jvm.scala.collection.immutable, "Map$").__getattr__("MODULE$").empty()
        for key, value in values.items():
            found = found.updated(key, value)
        return found


@dataclass(frozen=True)
class Write:
    """How Delta is to write rows. mode: Append or Overwrite."""

    mode: str
    options: Mapping[str, str]
    partition_by: Sequence[str] = ()
    properties: Mapping[str, str] = ()  # type: ignore[assignment]


@dataclass(frozen=True)
class Written:
    """What a write wrote: actions that add its files; the table's description, if the write changes it."""

    added: Sequence[str]
    metadata: str | None

    @property
    def rows(self) -> int | None:
        """As Delta counted them; None where a file has no statistics."""
        told = [json.loads(text)["add"].get("stats") for text in self.added]
        counts = [json.loads(stats).get("numRecords") for stats in told if stats]
        return sum(counts) if len(counts) == len(told) and None not in counts else None

    @property
    def is_plain(self) -> bool:
        """Whether there are files, and they lie in folders of partitions alone. Some properties of tables add others."""
        folders = [part for text in self.added for part in json.loads(text)["add"]["path"].split("/")[2:-1]]
        return bool(self.added) and all("=" in each for each in folders)


@dataclass(frozen=True)
class Snapshot:
    """A version of a table."""

    log: Log
    java: Any

    @property
    def version(self) -> int:
        """-1 when there is no table."""
        return int(self.java.version())

    @property
    def exists(self) -> bool:
        """Whether there is a table."""
        return self.version >= 0

    @cached_property
    def metadata_text(self) -> str:
        """The description of the table, as the log holds it."""
        return str(self.java.metadata().json())

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """The description of the table."""
        found: Mapping[str, Any] = json.loads(self.metadata_text)["metaData"]
        return found

    @cached_property
    def schema(self) -> "StructType":
        """The columns of the table."""
        from pyspark.sql.types import StructType

        return StructType.fromJson(json.loads(self.metadata["schemaString"]))

    @property
    def properties(self) -> Mapping[str, str]:
        """What is set of the table."""
        found: Mapping[str, str] = self.metadata.get("configuration") or {}
        return found

    @property
    def features(self) -> frozenset[str]:
        """What a writer must know of its protocol, where that is listed."""
        return frozenset(json.loads(str(self.java.protocol().json()))["protocol"].get("writerFeatures") or ())

    def is_set(self, name: str) -> bool:
        """Whether a property is true."""
        return self.properties.get(name, "false").lower() == "true"

    def frame(self) -> "DataFrame":
        """Its rows. It asks no history whether the version may still be read, as an option of the reader would."""
        from pyspark.sql import DataFrame

        log, session = self.log, self.log.spark._jsparkSession
        relation = log._log.createRelation(log._seq(()), log._some(self.java), log._catalog, False)
        return DataFrame(session.baseRelationToDataFrame(relation), log.spark)

    def constraints(self) -> "list[tuple[str, str]]":
        """What each row of it must be: NOT NULL of columns, and CHECK, as expressions."""
        checks = [
            (f"CHECK {key.removeprefix(CONSTRAINTS)}", text)
            for key, text in self.properties.items()
            if key.startswith(CONSTRAINTS)
        ]
        return [("NOT NULL", f"{quoted(field.name)} IS NOT NULL") for field in self.schema if not field.nullable] + checks

    def columns_of(self, where: str) -> list[str]:
        """The columns that an expression of its rows names."""
        plan = self.frame().where(where)._jdf.queryExecution().analyzed()
        return [str(each.name()) for each in _python(plan.condition().references().toSeq())]

    def names_files_below(self, folder: str) -> bool:
        """Whether it has a file in a folder of the table, or had one that older versions still need."""
        below = f"startswith(path, '{folder}/')"
        return any(not each.toDF().where(below).limit(1).isEmpty() for each in (self.java.allFiles(), self.java.tombstones()))

    def lost(self, newest: "Snapshot") -> str | None:
        """A file of this version that is gone; VACUUM takes those first that left the table first."""
        from pyspark.sql import DataFrame, functions

        def rows(java: Any) -> "DataFrame":
            return DataFrame(java.toDF(), self.log.spark)

        old = rows(self.java.allFiles()).select("path").join(rows(newest.java.allFiles()).select("path"), "path", "left_anti")
        ended = rows(newest.java.tombstones()).select("path", "deletionTimestamp")
        order = functions.col("deletionTimestamp").asc_nulls_first()
        first = old.join(ended, "path", "left").orderBy(order).limit(_LOOKED_FOR).collect()
        files = self.log.files
        there = (urllib.parse.unquote(row.path) for row in first if ":" not in row.path)
        return next((path for path in there if not files.exists(f"{self.log.folder}/{path}")), None)

    @property
    def has_rows(self) -> bool:
        """Whether it has a file."""
        return self.exists and int(self.java.numOfFiles()) > 0

    def last_write(self, app: str) -> int:
        """The number of the last write of this name that is in the table; -1 for none.

        The checksum beside a commit has the last writes of up to a hundred names. Where there is none, or where there are more,
        Delta reads the whole log, with jobs of Spark.
        """
        if not self.exists:
            return -1
        known = _known_writes(self.log.files.read(f"{self.log.folder}/_delta_log/{self.version:020}.crc"))
        return int(self.log.begin(self).java.txnVersion(app)) if known is None else known.get(app, -1)

    def require_writable(self) -> None:
        """Refuses a table with a feature that this Delta cannot write."""
        self.log._log.protocolWrite(self.java.protocol())


@dataclass(frozen=True)
class Transaction:
    """Changes of a table that become visible at once."""

    log: Log
    java: Any
    snapshot: Snapshot

    def watch(self, app: str) -> None:
        """Makes another commit of a write of this name a conflict."""
        self.java.readTxn().append(app)

    def describe(self, metadata: str, *, overwrite: bool) -> None:
        """Gives the table this description."""
        action = self._action(metadata)
        if overwrite and self.snapshot.exists:
            self.java.updateMetadataForTableOverwrite(action)
        else:
            self.java.updateMetadata(action, False)

    def removals(self, where: str | None) -> Any:
        """Actions that remove the rows for which an expression is true; all without one. May rewrite files."""
        frame = self.snapshot.frame()
        plan = (frame if where is None else frame.where(where))._jdf.queryExecution().analyzed()
        condition = self.log._none if where is None else self.log._some(plan.condition())
        command = self.log._delta.commands.DeleteCommand(
            self.log._log, self.log._catalog, plan if where is None else plan.child(), condition
        )
        return command.performDelete(self.log.spark._jsparkSession, self.log._log, self.java)._1()

    def commit(self, added: Iterable[str], removed: Any, app: str, number: int, mode: str, note: str | None = None) -> int:
        """Shows it all, with the name and number of the write."""
        log, none = self.log, self.log._none
        actions = log._seq(map(self._action, added))
        if removed is not None:
            actions = actions.appendedAll(removed)
        # Without the time Delta would drop the note at once where delta.setTransactionRetentionDuration is set.
        now = log._some(log._log.clock().getTimeMillis())
        actions = actions.appended(log._delta.actions.SetTransaction(app, number, now))
        kind = getattr(log._delta, "DeltaOperations$Write")
        some_note = none if note is None else log._some(note)
        operation = kind(getattr(log._modes, mode), none, none, some_note, none, none, none, none, none)
        return int(self.java.commit(actions, operation))

    def _action(self, text: str) -> Any:
        return getattr(self.log._delta.actions, "Action$").__getattr__("MODULE$").fromJson(text)


def _below(folder: str, action: str) -> str:
    """The action for a file that lies in a folder below the table's."""
    found = json.loads(action)
    found["add"]["path"] = f"{folder}/{found['add']['path']}"
    return json.dumps(found)


def _python(scala: Any) -> list[Any]:
    iterator, found = scala.iterator(), []
    while iterator.hasNext():
        found.append(iterator.next())
    return found


def _known_writes(checksum: str | None) -> dict[str, int] | None:
    """The last write of each name; None where the checksum does not tell."""
    try:
        found = json.loads(checksum or "{}").get("setTransactions")
    except ValueError:  # it is being written
        return None
    return None if found is None else {each["appId"]: int(each["version"]) for each in found}


def _path(spark: "SparkSession", place: Any) -> Any:
    jvm: Any = spark._jvm
    return jvm.org.apache.hadoop.fs.Path(place)


def _require_schema(spark: "SparkSession", table: str) -> None:
    schema = table.rpartition(".")[0]
    if schema and not spark.catalog.databaseExists(schema):
        raise PpfError(f"There is no schema {schema!r} for the table {table!r}.", hint=f"Make it: CREATE SCHEMA {schema}.")
