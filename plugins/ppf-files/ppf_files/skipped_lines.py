"""CSV whose files begin with lines that are no data, such as titles. Spark's own reader takes the first of them for the header.

So the lines are read as text, numbered within each file, and taken apart by `from_csv`, which is the same parser. A number is
one of its partition: here each partition is a piece of one file, and the first piece holds all lines that are skipped.

    text → number all lines → without the first ones, blank lines, comments → number again → without the header → columns
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ppf_files.heads import HEAD_LIMIT
from ppf_files.marked import META
from ppf_files.writing import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
    from pyspark.sql.types import StructField, StructType

_LINE, _NUMBER, _ROW, _IS_HEADER = "_ppf_line", "_ppf_number", "_ppf_row", "_ppf_is_header"
_NUMBERS = (1 << 33) - 1  # the bits of a generated number that count within its partition
_ANY_NUMBER = str(2**31 - 1)


def reader(spark: "SparkSession", folders: "Sequence[StructField]", options: Mapping[str, str]) -> "DataFrameReader":
    """Reads lines; `folders` are columns that the names of folders give. No task reads two files, or a small part of one."""
    from pyspark.sql.types import StringType, StructField, StructType

    java: Any = spark._jsparkSession
    session = java.cloneSession()
    size = str(max(session.sessionState().conf().filesMaxPartitionBytes(), 2 * HEAD_LIMIT))
    for name in ("maxPartitionBytes", "openCostInBytes"):
        session.conf().set(f"spark.sql.files.{name}", size)
    session.conf().set("spark.sql.files.maxPartitionNum", _ANY_NUMBER)
    made: Any = spark.read
    made._jreader = session.read()
    read: DataFrameReader = made.format("text").options(**options)
    return read.schema(StructType([StructField(_LINE, StringType()), *folders]))


def lines(spark: "SparkSession", read: "DataFrame", count: int, comment: str, encoding: str | None) -> "DataFrame":
    """The lines that are left of each file, in a frame of the given session."""
    from pyspark.sql import DataFrame
    from pyspark.sql import functions as F

    line = F.col(_LINE)
    line = line if encoding is None else F.decode(line.cast("binary"), encoding)
    folders = [F.col(quoted(name)) for name in read.columns if name != _LINE]
    numbered = read.select(line.alias(_LINE), *folders, F.col(META), _number().alias(_NUMBER))
    is_skipped = (F.col(_NUMBER) < count) & _is_first_piece()
    left = numbered.where(~is_skipped).where(F.col(_LINE).rlike(r"[^\x00-\x20]"))
    left = left.where(~F.col(_LINE).startswith(comment)) if comment else left
    java: Any = left.drop(_NUMBER)._jdf
    return DataFrame(java.ofRows(spark._jsparkSession, java.queryExecution().analyzed()), spark)


def columns(spark: "SparkSession", first: str, read: "DataFrame | None", options: Mapping[str, str]) -> "StructType":
    """What Spark makes of the first line that is left; with the lines that were read it finds types, too."""
    frame = spark.createDataFrame([(first,)], f"{_LINE} STRING")
    if read is not None:
        frame = frame.union(read.select(_LINE)) if options["header"] == "true" else read.select(_LINE)
    java, jvm = cast("Any", frame)._jdf, cast("Any", spark)._jvm
    made: Any = spark.read.options(**options)
    texts = getattr(java, "as")(jvm.Encoders.STRING())  # `as` is a word of Python
    return cast("StructType", made._df(made._jreader.csv(texts)).schema)


def parsed(left: "DataFrame", schema: "StructType", options: Mapping[str, str]) -> "DataFrame":
    """The rows, then the columns of the folders, then `META`.

    The header is told by a generated number: no filter moves below it, so that each line is parsed once. The number stands
    first in its condition, for it counts only where Spark looks at it.
    """
    from pyspark.sql import functions as F

    headers = 1 if options["header"] == "true" else 0
    is_header = (_number() < headers) & _is_first_piece()
    row = F.from_csv(F.when(~is_header, F.col(_LINE)), _ddl(schema), dict(options))
    folders = [F.col(quoted(name)) for name in left.columns if name not in (_LINE, META)]
    rows = left.select(row.alias(_ROW), *folders, F.col(META), is_header.alias(_IS_HEADER)).where(~F.col(_IS_HEADER))
    return rows.select(*[F.col(_ROW)[name].alias(name) for name in schema.names], *folders, F.col(META))


def _number() -> "Column":
    from pyspark.sql import functions as F

    return F.monotonically_increasing_id().bitwiseAND(F.lit(_NUMBERS))


def _is_first_piece() -> "Column":
    from pyspark.sql import functions as F

    return F.col(f"{META}.file_block_start") == 0


def _ddl(schema: "StructType") -> str:
    return ", ".join(f"{quoted(field.name)} {field.dataType.simpleString()}" for field in schema)
