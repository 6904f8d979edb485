"""The options of the plugins `datasource`."""

import re
from typing import Any, Literal

from ppf_core import option, options
from ppf_spark.spark_options import faults_of_options, faults_of_schema, refuse

_CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@options
class ClassOptions:
    """What is said of a class, whoever uses it. What it names is imported when the pipeline runs, never before."""

    class_: str = option('The class to use, as "module:Class". It derives from pyspark.sql.datasource.DataSource.')
    options: dict[str, Any] = option("What the class gets as its options.", default_factory=dict, as_written=True)
    folder: str = option("The folder to import from: the pipeline file's own unless given.", default=".", path=True)

    def __post_init__(self) -> None:
        refuse(self.faults())

    def faults(self) -> dict[str, str]:
        """What is wrong with them."""
        is_class = _CLASS.fullmatch(self.class_)
        nameless = {} if is_class else {"class": f'is {self.class_!r}, which is not of the form "module:Class"'}
        return {**nameless, **faults_of_options(self.options)}


@options
class ClassStreamReadOptions(ClassOptions):
    """What the streaming source understands."""

    schema: str | None = option("Columns and types as DDL, where the class does not know them.", default=None)

    def faults(self) -> dict[str, str]:
        """And what is no DDL."""
        return {**super().faults(), **faults_of_schema(self.schema)}


@options
class ClassReadOptions(ClassStreamReadOptions):
    """What the source understands."""

    repeatable: bool = option("Reading again, also in a resumed run, gives the very same rows.", default=False)


@options
class ClassWriteOptions(ClassOptions):
    """What the sink understands."""

    mode: Literal["append", "overwrite"] = option("What the writer of the class is told: overwrite or not.", default="append")
    idempotent: bool = option("Writing the same rows twice leaves the same as writing them once.", default=False)


@options
class ClassStreamWriteOptions(ClassWriteOptions):
    """What the streaming sink understands."""

    per_batch: bool = option(
        "Write each batch with the writer of the class, with mode, in the place of its writer of streams.", default=False
    )

    def faults(self) -> dict[str, str]:
        """And a mode that is told to nobody."""
        unread = {} if self.per_batch or self.mode == "append" else {"mode": "is told to a writer with per_batch = true alone"}
        return {**super().faults(), **unread}
