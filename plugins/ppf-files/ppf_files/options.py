"""The options of file sources and sinks."""

from typing import Any, Literal

from ppf_core import OptionsError, SchemaContract, option, options

# As text Spark writes times with milliseconds only, and drops the rest.
WHOLE_TIMES = {
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}


@options
class ReadOptions:
    """What every file source understands."""

    path: str | list[str] = option(
        "File, folder or glob to read, or a list of them. What is there under this very name is no glob.", path=True
    )
    schema: str | None = option(
        "Columns and types as DDL, for example 'id INT, name STRING'; without it Spark finds them.", default=None
    )
    reader: dict[str, Any] = option("Further options for Spark's reader, passed on as they are.", default_factory=dict)

    def __post_init__(self) -> None:
        problems = {} if self.path else {"path": "must name at least one file or folder"}
        _raise(problems | _no_schema(self.schema) | _not_plain("reader", self.reader))

    @property
    def paths(self) -> list[str]:
        """The paths as a list, however they were given."""
        return [self.path] if isinstance(self.path, str) else list(self.path)


@options
class CsvReadOptions(ReadOptions):
    """What the CSV source understands."""

    header: bool = option("The first line of each file holds the column names.", default=True)
    delimiter: str = option("What stands between two values.", default=",")
    null_value: str = option("The text that stands for NULL.", default="")
    infer_schema: bool = option("Read the data once more to find the types; otherwise every column is text.", default=False)

    def __post_init__(self) -> None:
        # Not super(): the decorator's dataclass may be another class object than this body sees.
        ReadOptions.__post_init__(self)
        problems = _no_delimiter(self.delimiter)
        if self.schema is not None and self.infer_schema:
            problems["infer_schema"] = "has no meaning when schema gives the types; leave one of them out"
        _raise(problems)


@options
class WriteOptions:
    """What every file sink understands."""

    path: str = option("Folder to write.", path=True)
    mode: Literal["error", "overwrite", "append", "ignore"] = option("What to do with a target that exists.", default="error")
    partition_by: list[str] = option("Columns that become folders such as year=2025.", default_factory=list)
    partition_overwrite: Literal["static", "dynamic"] = option(
        "What mode = overwrite replaces: the whole target (static) or only the partitions that the result holds (dynamic).",
        default="static",
    )
    repartition: int | None = option("Spread the rows evenly over this many partitions before writing.", default=None)
    coalesce: int | None = option("Merge partitions to at most this many before writing, without moving rows.", default=None)
    sort_by: list[str] = option("Columns to sort the rows of each file by.", default_factory=list)
    max_records_per_file: int | None = option("Start a new file after this many rows.", default=None)
    writer: dict[str, Any] = option("Further options for Spark's writer, passed on as they are.", default_factory=dict)

    def __post_init__(self) -> None:
        problems = {} if self.path else {"path": "must name a folder"}
        for name in ("repartition", "coalesce", "max_records_per_file"):
            number = getattr(self, name)
            if number is not None and number < 1:
                problems[name] = f"must be at least 1, not {number}"
        if self.repartition is not None and self.coalesce is not None:
            problems["coalesce"] = "cannot be set together with repartition; leave one of them out"
        if self.partition_overwrite == "dynamic":
            problems |= self._misused_dynamic()
        _raise(problems | _not_plain("writer", self.writer))

    def _misused_dynamic(self) -> dict[str, str]:
        if self.mode != "overwrite":
            return {"partition_overwrite": f"'dynamic' needs mode = overwrite, but mode is {self.mode!r}"}
        return {} if self.partition_by else {"partition_overwrite": "'dynamic' needs partition_by"}


@options
class CsvWriteOptions(WriteOptions):
    """What the CSV sink understands."""

    header: bool = option("Write the column names as the first line of each file.", default=True)
    delimiter: str = option("What stands between two values.", default=",")

    def __post_init__(self) -> None:
        WriteOptions.__post_init__(self)
        _raise(_no_delimiter(self.delimiter))


def spark_options(extra: dict[str, Any]) -> dict[str, str]:
    """Extra reader or writer options in the form that Spark understands: text."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in extra.items()}


def _no_schema(schema: str | None) -> dict[str, str]:
    try:
        if schema is not None:
            SchemaContract.of(schema)
    except ValueError as error:
        return {"schema": str(error)}
    return {}


def _no_delimiter(delimiter: str) -> dict[str, str]:
    return {} if delimiter else {"delimiter": "must be at least one character"}


def _not_plain(name: str, extra: dict[str, Any]) -> dict[str, str]:
    plain = (str, int, float, bool)
    return {
        f"{name}.{key}": "must be text, a number or a boolean" for key, value in extra.items() if not isinstance(value, plain)
    }


def _raise(problems: dict[str, str]) -> None:
    if problems:
        raise OptionsError(problems)
