"""From records as Kafka has them to rows: what keys and values hold, and what does not parse.

record ─▶ parsed ─▶ row
value     _value    its fields, _corrupt_value
key       _key      key, _corrupt_key
topic …   _topic …  topic …
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ppf_core import Context, PpfError, SchemaContract
from ppf_kafka.formats import CORRUPT_KEY, CORRUPT_VALUE, Format, required_avro, schema_of
from ppf_kafka.options import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame, SparkSession

EXTRA_TYPES = {
    "topic": "STRING",
    "partition": "INT",
    "offset": "BIGINT",
    "timestamp": "TIMESTAMP",
    "headers": "ARRAY<STRUCT<key: STRING, value: BINARY>>",
}
# A field of Avro that every record which parses has: PERMISSIVE gives a struct of NULLs for one that does not.
_PARSED = "_ppf_parsed"


def decoded(context: Context, options: ReadOptions, records: "DataFrame") -> "DataFrame":
    """The rows of records, which have the columns that Spark gives them."""
    from pyspark.sql import functions as F

    parts = {"value": _part(context.spark, options, "value")}
    if "key" in options.columns:
        parts["key"] = _part(context.spark, options, "key")
    others = [F.col(name).alias(f"_{name}") for name in options.columns if name != "key"]
    parsed = records.select(*(column for part in parts.values() for column in part.parsed()), *others)
    rows = parts["value"].fields(parsed)
    for name in options.columns:
        alias = f"{options.column_prefix}{name}"
        rows += parts["key"].whole(alias) if name == "key" else [F.col(f"_{name}").alias(alias)]
    return _without_twins(parsed.select(*rows))


def told_schema(options: ReadOptions) -> str | None:
    """The columns of the rows as DDL, where the file tells them."""
    if options.value_format in ("string", "binary"):
        values: str | None = f"value {options.value_format}"
    elif options.value_format == "json" and options.value_schema is not None:
        values = SchemaContract.of(options.value_schema).ddl
        values = values and f"{values}, {CORRUPT_VALUE} string"
    else:
        values = None
    is_plain = "key" not in options.columns or options.key_format in ("string", "binary")
    if values is None or not is_plain:
        return None
    types = {**EXTRA_TYPES, "key": options.key_format}
    return ", ".join([values, *(f"`{options.column_prefix}{name}` {types[name]}" for name in options.columns)])


@dataclass(frozen=True)
class _Part:
    """The keys or the values of records: parsed once into `_name`, beside their bytes, then taken apart."""

    name: Literal["key", "value"]
    format: Format
    column: "Column"
    is_struct: bool = False

    def parsed(self) -> "list[Column]":
        """What the first step gives."""
        from pyspark.sql import functions as F

        return [self.column.alias(f"_{self.name}"), F.col(self.name).alias(f"_{self.name}_bytes")]

    def fields(self, parsed: "DataFrame") -> "list[Column]":
        """A column for each field of a struct, and one for what does not parse."""
        if not self.is_struct:
            return self.whole(self.name)
        kind: Any = parsed.schema[f"_{self.name}"].dataType
        names = [name for name in kind.names if name not in (_PARSED, _CORRUPT[self.name])]
        return [*(self._column[name].alias(name) for name in names), *self._bad()]

    def whole(self, alias: str) -> "list[Column]":
        """All of it in one column, and one for what does not parse."""
        if not self.is_struct:
            return [self._column.alias(alias), *self._bad()]
        own = _CORRUPT[self.name] if self.format == "json" else _PARSED
        return [self._column.dropFields(own).alias(alias), *self._bad()]

    def _bad(self) -> "list[Column]":
        from pyspark.sql import functions as F

        corrupt, raw = _CORRUPT[self.name], F.col(f"_{self.name}_bytes")
        if self.format == "json":  # an empty text is NULL to Spark
            text = raw.cast("string")
            is_bad = self._column.isNull() | ~_is_one_value(text)
            return [F.coalesce(self._column[corrupt], F.when(is_bad, text)).alias(corrupt)]
        if self.format == "avro":
            is_bad = self._column[_PARSED].isNull() if self.is_struct else self._column.isNull()
            return [F.when(is_bad, raw).alias(corrupt)]
        return []

    @property
    def _column(self) -> "Column":
        from pyspark.sql import functions as F

        return F.col(f"_{self.name}")


def _is_one_value(text: "Column") -> "Column":
    """Whether a text that begins with a value of JSON ends with it: Spark passes over what follows.

    An object ends with a brace: if the only one is the last character, nothing follows. That is known without parsing again.
    Else it is parsed within a list. What follows can end the list before its bracket, or have a comma, but not do one and not
    be seen in the other:

    {}         [{}]          1 item    [{},0]          2 items
    {} junk    [{} junk]     no list   …
    {}, {}     [{}, {}]      2 items   …
    {}] junk   [{}] junk]    1 item    [{}] junk,0]    1 item
    """
    from pyspark.sql import functions as F

    is_flat = text.startswith("{") & (F.instr(text, "}") == F.length(text))
    alone, followed = F.concat(F.lit("["), text, F.lit("]")), F.concat(F.lit("["), text, F.lit(",0]"))

    def both(count: "Callable[[Column], Column]") -> "Column":
        return F.coalesce((count(alone) == 1) & (count(followed) == 2), F.lit(False))

    # The cheap way does not know NaN, which Spark takes.
    return is_flat | both(F.json_array_length) | both(lambda listed: F.size(F.from_json(listed, "array<string>")))


_CORRUPT = {"value": CORRUPT_VALUE, "key": CORRUPT_KEY}


def _part(spark: "SparkSession", options: ReadOptions, name: Literal["key", "value"]) -> _Part:
    from pyspark.sql import functions as F

    format_name: Format = options.value_format if name == "value" else options.key_format
    option, column = f"{name}_schema", F.col(name)
    if format_name in ("string", "binary"):
        return _Part(name, format_name, column.cast(format_name))
    schema = schema_of(option, getattr(options, option), getattr(options, f"{option}_file")) or ""
    if format_name == "json":
        wanted = _ddl(spark, schema, option).add(_CORRUPT[name], "string")
        mode = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _CORRUPT[name]}
        return _Part(name, format_name, F.from_json(column.cast("string"), wanted, mode), is_struct=True)
    written = required_avro(option, schema, name)
    is_record = isinstance(written, dict) and written.get("type") == "record"
    return _Part(name, format_name, _of_avro(name, schema, _marked(written) if is_record else written), is_struct=is_record)


def _marked(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "fields": [*schema["fields"], {"name": _PARSED, "type": "boolean", "default": True}]}


def _of_avro(name: str, written: str, wanted: Any) -> "Column":
    from pyspark.sql.avro.functions import from_avro

    return from_avro(name, written, {"mode": "PERMISSIVE", "avroSchema": json.dumps(wanted)})


def _ddl(spark: "SparkSession", schema: str, option: str) -> Any:
    try:
        SchemaContract.of(schema)  # one out of a file was not looked at before
    except ValueError as error:
        hint = f"Correct the file that {option}_file names."
        raise PpfError(f"The schema of {option} is no DDL: {error}", hint=hint) from error
    return SchemaContract.struct(schema, spark)


def _without_twins(frame: "DataFrame") -> "DataFrame":
    """The frame, unless a schema that only the run knows has a name that another column has."""
    twice = sorted({name for name in frame.columns if frame.columns.count(name) > 1})
    if twice:
        raise PpfError(f"Values have a column {twice[0]!r}, and so has the record itself.", hint="Set column_prefix.")
    return frame
