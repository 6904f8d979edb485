"""From rows to records as Kafka takes them: topic, partition, key, value, and headers that tell records apart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ppf_core import Context, PpfError, suggestion
from ppf_kafka.formats import Format, required_avro, schema_of
from ppf_kafka.options import WriteOptions

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

WRITE_ID, RECORD_ID = "ppf-write-id", "ppf-record-id"

# As text Spark writes times with milliseconds only, and drops the rest.
# In one zone, or the id of a record would depend on where it is written.
_JSON = {
    "timeZone": "UTC",
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
    "ignoreNullFields": "false",
}


def encoded(context: Context, options: WriteOptions, frame: "DataFrame") -> "DataFrame":
    """The records of rows, with the columns that Spark's writer looks for."""
    from pyspark.sql import functions as F

    _require_columns(options, frame)
    key = _key(options, frame) if options.key is not None else None
    value = _value(options, frame)
    own = _headers(options, frame) if options.headers is not None else F.array().cast("array<struct<key:string,value:binary>>")
    columns = [value.alias("value"), own.alias("headers"), (F.lit(None).cast("binary") if key is None else key).alias("key")]
    if options.topic_column is not None:
        columns.append(frame[_name(options.topic_column)].cast("string").alias("topic"))
    if options.partition is not None:
        columns.append(frame[_name(options.partition)].cast("int").alias("partition"))
    records = frame.select(*columns)
    hashed = ("key", "value") if options.topic_column is None else ("key", "value", "topic")
    return records.withColumn("headers", F.concat(F.col("headers"), _identity(str(context.write_id), hashed)))


def _identity(write_id: str, hashed: Sequence[str]) -> "Column":
    """The headers of ours. Equal records of one write have one id: it says what was written, not how often."""
    from pyspark.sql import functions as F

    none = F.lit("-")
    parts = [F.coalesce(F.sha2(F.col(name).cast("binary"), 256), none) for name in hashed]
    told = F.sha2(F.concat_ws(":", *parts, F.to_json(F.col("headers"))), 256)
    record_id = F.concat(F.lit(f"{write_id}-"), F.substring(told, 1, 32))
    return F.array(
        F.struct(F.lit(WRITE_ID).alias("key"), F.lit(write_id).cast("binary").alias("value")),
        F.struct(F.lit(RECORD_ID).alias("key"), record_id.cast("binary").alias("value")),
    )


def _key(options: WriteOptions, frame: "DataFrame") -> "Column":
    schema = schema_of("key_schema", options.key_schema, options.key_schema_file)
    return _bytes(frame[_name(str(options.key))], frame.schema[str(options.key)].dataType, options.key_format, schema, "key")


def _value(options: WriteOptions, frame: "DataFrame") -> "Column":
    from pyspark.sql import functions as F

    names, schema = _value_columns(options, frame), schema_of("value_schema", options.value_schema, options.value_schema_file)
    if options.value_format in ("string", "binary"):
        return _bytes(frame[_name(names[0])], frame.schema[names[0]].dataType, options.value_format, None, "value")
    whole = F.struct(*(frame[_name(name)] for name in names))
    return _bytes(whole, None, options.value_format, schema, "value")


def _bytes(column: "Column", kind: "DataType | None", format_name: Format, schema: str | None, part: str) -> "Column":
    from pyspark.sql import functions as F
    from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

    if format_name == "json":
        if kind is not None and not isinstance(kind, StructType | ArrayType | MapType):
            # Spark makes JSON of structs only; of a single value it is inside a list.
            return F.regexp_extract(F.to_json(F.array(column), _JSON), r"(?s)^\[(.*)\]$", 1).cast("binary")
        return F.to_json(column, _JSON).cast("binary")
    if format_name == "avro":
        from pyspark.sql.avro.functions import to_avro

        if schema is not None:
            required_avro(f"{part}_schema", schema, part)
        return to_avro(column, schema or "")
    if isinstance(kind, StructType | ArrayType | MapType):
        told = f"The {part} is {kind.simpleString()}, which {part}_format = {format_name} cannot hold."
        raise PpfError(told, hint="Use json or avro.")
    if format_name == "binary" and not isinstance(kind, BinaryType):
        told = kind.simpleString() if kind is not None else "no column"
        raise PpfError(f"The {part} is {told}, and {part}_format = binary wants BINARY.", hint="Cast it, or use string.")
    return column if isinstance(kind, BinaryType) else column.cast("string").cast("binary")


def _value_columns(options: WriteOptions, frame: "DataFrame") -> Sequence[str]:
    if options.value is not None:
        return options.value
    is_single = options.value_format in ("string", "binary")
    others = {options.partition, options.headers, options.topic_column, options.key if is_single else None}
    left = [name for name in frame.columns if name not in others]
    if is_single and len(left) != 1:
        told = ", ".join(left) or "none"
        hint = "Name the column of the value with the option 'value'."
        raise PpfError(f"value_format = {options.value_format} wants one column for values; there is: {told}.", hint=hint)
    if not left:
        raise PpfError("No column is left for values.", hint="Name those of the value with the option 'value'.")
    return left


def _headers(options: WriteOptions, frame: "DataFrame") -> "Column":
    """As a list of names and bytes; NULL is an empty one. The ids of records that were read before stay behind."""
    from pyspark.sql import functions as F
    from pyspark.sql.types import MapType

    wanted = "array<struct<key:string,value:binary>>"
    column, kind = frame[_name(str(options.headers))], frame.schema[str(options.headers)].dataType
    found = F.map_entries(column) if isinstance(kind, MapType) else column
    if kind.simpleString() not in ("map<string,string>", "map<string,binary>", wanted):
        hint = "Make it MAP<STRING, STRING>, or ARRAY<STRUCT<key: STRING, value: BINARY>>."
        raise PpfError(f"The column {options.headers!r} with the headers is {kind.simpleString()}.", hint=hint)
    own = F.filter(found.cast(wanted), lambda each: F.coalesce(~each["key"].isin(WRITE_ID, RECORD_ID), F.lit(True)))
    return F.coalesce(own, F.array().cast(wanted))


def _require_columns(options: WriteOptions, frame: "DataFrame") -> None:
    asked = [(name, getattr(options, name)) for name in ("key", "headers", "partition", "topic_column")]
    for option, name in [*asked, *(("value", name) for name in options.value or ())]:
        if name is not None and name not in frame.columns:
            told = f"The option {option!r} names the column {name!r}, which is not there."
            raise PpfError(told, hint=suggestion(name, frame.columns))


def _name(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
