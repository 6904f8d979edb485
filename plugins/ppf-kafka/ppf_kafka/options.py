"""The options of Kafka's sources and sinks."""

from collections.abc import Mapping
from typing import Any, Literal

from ppf_core import OptionsError, SchemaContract, option, options
from ppf_kafka import client_settings
from ppf_kafka.formats import CORRUPT_VALUE, schema_problems
from ppf_kafka.offsets import Places, places
from ppf_kafka.security import SecurityOptions

Column = Literal["key", "topic", "partition", "offset", "timestamp", "headers"]


@options
class ConnectionOptions:
    """Where the brokers are, and how they are spoken to."""

    bootstrap_servers: str | list[str] = option("Brokers to ask first: host:port, or several.")
    security: SecurityOptions | None = option("How the brokers are spoken to; without it plainly.", default=None)

    def settings(self) -> dict[str, str]:
        """The settings of a Kafka client, with the secrets in them."""
        return {"bootstrap.servers": self.address, **(self.security.settings() if self.security is not None else {})}

    @property
    def address(self) -> str:
        """The brokers to ask first, as Kafka writes them."""
        servers = self.bootstrap_servers
        return ",".join(part.strip() for part in ([servers] if isinstance(servers, str) else servers))

    def connection_problems(self) -> dict[str, str]:
        """Addresses that are none."""
        wrong = [each for each in self.address.split(",") if not _is_address(each)]
        text = "must be host:port, or several of these, not {!r}."
        return {"bootstrap_servers": text.format(wrong[0])} if wrong else {}


@options
class ReadOptions(ConnectionOptions):
    """What the source and the streaming source understand."""

    topics: str | list[str] | None = option("The topic to read, or several.", default=None, one_of="topics")
    topic_pattern: str | None = option(
        "A regular expression of Java, for the whole name: all topics that it fits.", default=None, one_of="topics"
    )
    starting_timestamp: str | None = option(
        'Read from the first record that is not older: "2025-11-30T18:00:00Z", or milliseconds since 1970.', default=None
    )
    max_offsets_per_trigger: int | None = option(
        "How many records a batch of a stream has at most, or a run with incremental = true. The next one goes on.",
        default=None,
    )
    min_partitions: int | None = option("Into how many tasks the records are split at least.", default=None)
    fail_on_data_loss: bool = option(
        "Whether it is an error that records are gone which were still to be read: deleted, or in a topic made anew.",
        default=True,
    )
    isolation_level: Literal["read_uncommitted", "read_committed"] = option(
        "Whether records of transactions that are still open, or were given up, are read.", default="read_uncommitted"
    )
    value_format: Literal["json", "string", "binary", "avro"] = option("What the bytes of values mean.", default="json")
    value_schema: str | None = option(
        "Columns and types of values: DDL for json, such as 'id INT, name STRING'; the schema's own JSON for avro.",
        default=None,
    )
    value_schema_file: str | None = option("A file with that schema.", default=None, path=True)
    key_format: Literal["json", "string", "binary", "avro"] = option(
        "What the bytes of keys mean, where columns has key.", default="string"
    )
    key_schema: str | None = option("As value_schema, for keys.", default=None)
    key_schema_file: str | None = option("A file with that schema.", default=None, path=True)
    columns: list[Column] = option("What else of each record becomes a column, after those of the value.", default_factory=list)
    column_prefix: str = option("What stands before the names of these columns.", default="")
    consumer: dict[str, Any] = option(
        "Further settings of Kafka's consumer, passed on as they are.", default_factory=dict, as_written=True
    )

    def warnings(self) -> dict[str, str]:
        """What Spark would tell apart only when it is asked to."""
        is_ddl = self.value_format == "json" and self.value_schema is not None
        twins = SchemaContract.of(self.value_schema or "").case_twins if is_ddl else ()
        names = " and ".join(map(repr, twins))
        return {"value_schema": f"has {names}, which need spark.sql.caseSensitive = true"} if twins else {}

    @property
    def topic_names(self) -> list[str]:
        """The topics that are named, however that was done."""
        return [self.topics] if isinstance(self.topics, str) else list(self.topics or [])

    def reading_problems(self) -> dict[str, str]:
        """What is wrong with what both kinds of sources understand."""
        problems = self.connection_problems() | client_settings.problems("consumer", self.consumer)
        if self.topics is not None and not (self.topic_names and all(self.topic_names)):
            problems["topics"] = "must name at least one topic."
        for name in ("min_partitions", "max_offsets_per_trigger"):
            number = getattr(self, name)
            if number is not None and number < 1:
                problems[name] = f"must be at least 1, not {number}."
        problems |= schema_problems("value", self.value_format, self.value_schema, self.value_schema_file)
        problems |= self._key_problems()
        return problems | self._column_problems(problems)

    def _key_problems(self) -> dict[str, str]:
        if "key" in self.columns:
            return schema_problems("key", self.key_format, self.key_schema, self.key_schema_file)
        given = [name for name in ("key_schema", "key_schema_file") if getattr(self, name) is not None]
        return dict.fromkeys(given, "has no meaning: no key is read. Add columns = [key].")

    def _column_problems(self, others: Mapping[str, str]) -> dict[str, str]:
        if len(set(self.columns)) < len(self.columns):
            return {"columns": f"has a name twice: {', '.join(self.columns)}."}
        names = self.value_names() if not {"value_schema", "value_schema_file"} & set(others) else ()
        folded = {name.casefold() for name in names}
        twice = [name for name in self.columns if f"{self.column_prefix}{name}".casefold() in folded]
        if twice:
            return {"columns": f"has {twice[0]!r}, which values have as well; set column_prefix."}
        reserved = self.value_format in ("json", "avro") and CORRUPT_VALUE in folded
        return {"value_schema": f"has {CORRUPT_VALUE!r}, which is where values are kept that do not parse."} if reserved else {}

    def value_names(self) -> tuple[str, ...]:
        """The columns of values, as far as the file tells."""
        if self.value_format in ("string", "binary"):
            return ("value",)
        if self.value_format == "json" and self.value_schema is not None:
            return SchemaContract.of(self.value_schema).names
        return ()


@options
class BatchReadOptions(ReadOptions):
    """What the source understands."""

    starting_offsets: Any = option(
        "Where to begin: earliest, latest, or by topic and partition: { orders { 0 = 23, 1 = latest } }.", default="earliest"
    )
    ending_offsets: Any = option("Where to end, in the same way; unless given, at the last record.", default=None)
    ending_timestamp: str | None = option("Read only records before the first one that is not older.", default=None)
    incremental: bool = option("Read only what is new since the last run that was published.", default=False)

    def __post_init__(self) -> None:
        problems = self.reading_problems()
        for edge in ("starting", "ending"):
            problems |= _place_problems(self, edge, "earliest" if edge == "starting" else None)
        if self.max_offsets_per_trigger is not None and not self.incremental:
            problems["max_offsets_per_trigger"] = "needs incremental = true in a batch run; else the rest would never be read."
        if problems:
            raise OptionsError(problems)

    @property
    def start(self) -> Places:
        """Where to begin."""
        return places(self.starting_offsets, self.starting_timestamp, "earliest")

    @property
    def end(self) -> Places:
        """Where to end."""
        return places(self.ending_offsets or "latest", self.ending_timestamp, "latest")


@options
class StreamReadOptions(ReadOptions):
    """What the streaming source understands."""

    starting_offsets: Any = option(
        "Where a new stream begins: earliest, latest, or by topic and partition: { orders { 0 = 23, 1 = earliest } }.",
        default="latest",
    )

    def __post_init__(self) -> None:
        problems = self.reading_problems() | _place_problems(self, "starting", "latest")
        if problems:
            raise OptionsError(problems)

    @property
    def start(self) -> Places:
        """Where a new stream begins."""
        return places(self.starting_offsets, self.starting_timestamp, "earliest")


@options
class WriteOptions(ConnectionOptions):
    """What the sink understands."""

    topic: str | None = option("The topic to write.", default=None, one_of="topic")
    topic_column: str | None = option("The column with the topic of each row.", default=None, one_of="topic")
    key: str | None = option("The column with the key of each row; unless given, records have none.", default=None)
    key_format: Literal["json", "string", "binary", "avro"] = option("How keys are written.", default="string")
    key_schema: str | None = option("The schema of Avro for keys; Spark makes one unless it is given.", default=None)
    key_schema_file: str | None = option("A file with that schema.", default=None, path=True)
    value: list[str] | None = option(
        "The columns of values; unless given, all but those of partition, headers, topic, and for string and binary key.",
        default=None,
    )
    value_format: Literal["json", "string", "binary", "avro"] = option("How values are written.", default="json")
    value_schema: str | None = option("The schema of Avro for values; Spark makes one unless it is given.", default=None)
    value_schema_file: str | None = option("A file with that schema.", default=None, path=True)
    headers: str | None = option(
        "The column with the headers of each row: MAP<STRING, STRING>, or ARRAY<STRUCT<key: STRING, value: BINARY>>.",
        default=None,
    )
    partition: str | None = option(
        "The column with the number of the partition of each row; else the key decides.", default=None
    )
    producer: dict[str, Any] = option(
        "Further settings of Kafka's producer, passed on as they are.", default_factory=dict, as_written=True
    )

    def __post_init__(self) -> None:
        problems = self.connection_problems() | client_settings.problems("producer", self.producer)
        for part in ("key", "value"):
            given = (getattr(self, f"{part}_{name}") for name in ("format", "schema", "schema_file"))
            problems |= _writing_problems(part, *given)
        if self.value is not None and not self.value:
            problems["value"] = "must name at least one column."
        if self.value_format in ("string", "binary") and self.value is not None and len(self.value) > 1:
            problems["value"] = f"must be one column with value_format = {self.value_format}, not {len(self.value)}."
        if self.key is None and self.key_format != "string":
            problems["key_format"] = "has no meaning without a key."
        if problems:
            raise OptionsError(problems)


def _writing_problems(part: str, format_name: Any, schema: str | None, schema_file: str | None) -> dict[str, str]:
    if format_name == "json" and (schema or schema_file):
        name = f"{part}_schema" if schema else f"{part}_schema_file"
        return {name: "has no meaning here: the columns say what the JSON holds."}
    is_made = format_name in ("json", "avro") and not (schema or schema_file)  # out of the columns
    return {} if is_made else schema_problems(part, format_name, schema, schema_file)


def _place_problems(given: Any, edge: str, default: str | None) -> dict[str, str]:
    """What is wrong with where a source begins, or ends."""
    offsets, moment = getattr(given, f"{edge}_offsets"), getattr(given, f"{edge}_timestamp")
    if moment is not None and offsets != default:
        return {f"{edge}_timestamp": f"cannot be set together with {edge}_offsets; leave one of them out."}
    try:
        found = places(offsets if offsets is not None else "latest", moment, "latest")
        if edge == "ending" and found.names_earliest:
            return {"ending_offsets": "names earliest, where nothing would be read. Name an offset, or latest."}
    except ValueError as error:
        return {f"{edge}_timestamp" if moment is not None else f"{edge}_offsets": str(error)}
    return {}


def _is_address(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(host and colon and port.isdecimal() and 0 < int(port) < 65536) and not any(map(str.isspace, text))
