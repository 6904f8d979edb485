"""The options of the plugins `spark`."""

from typing import Any, Literal

from ppf_core import option, options
from ppf_spark.spark_options import faults_of_options, faults_of_packages, faults_of_schema, refuse

Mode = Literal["append", "error", "ignore", "overwrite"]


@options
class FormatOptions:
    """What is said of a format, whoever uses it."""

    format: str = option("Name of the format, as Spark knows it: its short name, or a class.")
    options: dict[str, Any] = option(
        "Options of the format, as its documentation has them.", default_factory=dict, as_written=True
    )
    packages: list[str] = option(
        "Maven coordinates of what the format needs; {spark}, {spark_minor} and {scala} are the versions of Spark.",
        default_factory=list,
    )

    def __post_init__(self) -> None:
        refuse(self.faults())

    def faults(self) -> dict[str, str]:
        """What is wrong with them."""
        nameless = {} if self.format.strip() else {"format": "must be the name of a format"}
        return {**nameless, **faults_of_options(self.options, ("path",)), **faults_of_packages(self.packages)}


@options
class FormatReadOptions(FormatOptions):
    """What is read."""

    path: str | list[str] | None = option(
        "Files, folders or URIs. The name of a table or the like belongs into options.", default=None, path=True
    )
    schema: str | None = option("Columns and types as DDL, where the format does not know them.", default=None)

    def faults(self) -> dict[str, str]:
        """And what is no DDL."""
        return {**super().faults(), **faults_of_schema(self.schema)}


@options
class SparkReadOptions(FormatReadOptions):
    """What the source understands."""

    repeatable: bool = option("Reading again, also in a resumed run, gives the very same rows.", default=False)


@options
class FormatWriteOptions(FormatOptions):
    """Where it is written."""

    path: str | None = option(
        "File, folder or URI. The name of a table or the like belongs into options.", default=None, path=True
    )
    idempotent: bool = option("Writing the same rows twice leaves the same as writing them once.", default=False)


@options
class SparkWriteOptions(FormatWriteOptions):
    """What the sink understands."""

    mode: Mode = option("What becomes of what is there. Many formats know append and overwrite alone.", default="error")


@options
class SparkStreamWriteOptions(FormatWriteOptions):
    """What the streaming sink understands."""

    per_batch: bool = option(
        "Write each batch as a batch run does, with mode, in the place of the format's own writer of streams.", default=False
    )
    mode: Literal["append", "overwrite"] = option("With per_batch: what becomes of what is there, each time.", default="append")

    def faults(self) -> dict[str, str]:
        """And a mode that nobody would look at."""
        unread = {} if self.per_batch or self.mode == "append" else {"mode": "is of per_batch = true; a stream has output_mode"}
        return {**super().faults(), **unread}
