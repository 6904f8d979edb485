"""Files of a size: the rows are kept, written, and written again as long as the files are too large or too small.

How large rows become in a format is known only when they are written. The frame itself is computed once.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from ppf_core import PpfError
from ppf_files.exactness import PARQUET
from ppf_files.named_partitions import OF_NULL, values_of
from ppf_files.options import WriteOptions
from ppf_files.paths import literal
from ppf_files.place import Place
from ppf_files.writing import quoted, write_files

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# The first is a guess, the second knows the size of the rows, the third what larger files pack better.
_PASSES = 3
_FACTOR = 2

# The values of the partition columns, as text → how many files.
Plan = Mapping[tuple[str, ...], int]


def write_sized(
    frame: "DataFrame", format_name: str, place: Place, target_size: int, options: WriteOptions, further: dict[str, Any]
) -> None:
    """Writes the rows as the stage. One action computes the frame; what follows reads what that kept in `place.rows`."""
    spark, kept = frame.sparkSession, place.files.uri(place.rows)
    if not PARQUET.holds(spark, frame.schema, [], {}):
        kinds = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in frame.schema)
        raise PpfError(
            f"target_file_size keeps the rows as Parquet for a while, which would change some of these: {kinds}.",
            hint="Cast them to other types, or set repartition or max_records_per_file in its place.",
        )
    frame.write.parquet(kept)
    rows = spark.read.schema(frame.schema).parquet(literal(kept))
    bytes_kept = sum(entry.size for entry in place.files.walk(place.rows))
    plan = _guessed(rows, options.partition_by, bytes_kept, target_size)
    for _ in range(_PASSES):
        place.files.delete(place.stage)
        write_files(_placed(rows, options.partition_by, plan), format_name, place.files.uri(place.stage), options, further)
        found = _sizes(place)
        if all(_fits(sizes, target_size) for sizes in found.values()):
            break
        plan = {values: _files(sum(sizes), target_size) for values, sizes in found.items()}
    place.files.delete(place.rows)


def _files(size: float, target_size: int) -> int:
    return max(1, round(size / target_size))


def _fits(sizes: Sequence[int], target_size: int) -> bool:
    is_near = all(target_size / _FACTOR <= size <= target_size * _FACTOR for size in sizes)
    return is_near or len(sizes) == _files(sum(sizes), target_size)


def _guessed(rows: "DataFrame", partition_by: Sequence[str], size: int, target_size: int) -> Plan:
    """As if rows were as large in this format as in Parquet, and in all partitions."""
    if not partition_by:
        return {(): _files(size, target_size)}
    found = rows.groupBy(_texts(partition_by).alias("values")).count().collect()
    total = sum(row["count"] for row in found)
    return {tuple(row["values"]): _files(size * row["count"] / total, target_size) for row in found}


def _placed(rows: "DataFrame", partition_by: Sequence[str], plan: Plan) -> "DataFrame":
    """The rows, each file's in a partition of its own."""
    if not partition_by or not plan:
        return rows.repartition(sum(plan.values()) or 1)
    from pyspark.sql import functions as F

    total = sum(plan.values())
    keys = iter(_keys(total))
    slots = [(list(values), list(islice(keys, number))) for values, number in plan.items()]
    where = rows.sparkSession.createDataFrame(slots, "_ppf_values ARRAY<STRING>, _ppf_keys ARRAY<INT>")
    among = F.floor(F.rand(0) * F.size("_ppf_keys")).cast("int") + 1
    # Left, so that no row is lost where a folder calls a value otherwise than a cast does.
    with_keys = rows.join(F.broadcast(where), _texts(partition_by) == F.col("_ppf_values"), "left")
    placed = with_keys.withColumn("_ppf_key", F.element_at("_ppf_keys", among)).repartition(total, "_ppf_key")
    return placed.select(*[quoted(name) for name in rows.columns])


def _texts(partition_by: Sequence[str]) -> "Column":
    """The values of the partition columns as the names of folders tell them."""
    from pyspark.sql import functions as F

    texts = (F.col(quoted(name)).cast("string") for name in partition_by)
    return F.array(*[F.when(text == "", OF_NULL).otherwise(F.coalesce(text, F.lit(OF_NULL))) for text in texts])


def _sizes(place: Place) -> dict[tuple[str, ...], list[int]]:
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for entry in place.files.walk(place.stage):
        found[tuple(value for _, value in values_of(entry.folder)) if entry.folder else ()].append(entry.size)
    return found


def _keys(partitions: int) -> list[int]:
    """For each partition a number that Spark's hash partitioning puts into it."""
    found: dict[int, int] = {}
    for number in count():
        found.setdefault(_hash(number) % partitions, number)
        if len(found) == partitions:
            return [found[partition] for partition in range(partitions)]
    raise AssertionError


def _hash(number: int) -> int:
    """Murmur3 of an INT, with the seed of Spark's hash partitioning."""
    mixed = number * 0xCC9E2D51 & 0xFFFFFFFF
    mixed = _rotated(mixed, 15) * 0x1B873593 & 0xFFFFFFFF
    mixed = (_rotated(42 ^ mixed, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    mixed ^= 4  # the length in bytes
    mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    mixed ^= mixed >> 16
    return mixed - (mixed >> 31 << 32)


def _rotated(number: int, by: int) -> int:
    return (number << by | number >> (32 - by)) & 0xFFFFFFFF
