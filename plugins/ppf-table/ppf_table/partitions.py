"""The partitions of a table of Spark's own catalog, and what the sink does to them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ppf_table import catalog
from ppf_table.names import quoted, text

if TYPE_CHECKING:
    from ppf_table.catalog import Table
    from ppf_table.place import Place

# The value of each partition column, as text.
Values = tuple[str, ...]

_NULL = "__HIVE_DEFAULT_PARTITION__"
_AT_ONCE = 100


def locations(place: "Place", table: "Table | None" = None) -> dict[Values, str]:
    """The folder of each partition of the target, or of another table with the same columns.

    SQL tells only one at a time; the catalog tells all in one answer.
    """
    state: Any = place.spark._jsparkSession.sessionState()
    jvm: Any = place.spark._jvm
    name = state.sqlParser().parseTableIdentifier(quoted((table or place.target)[1:]))
    found, path = state.catalog().listPartitions(name, jvm.scala.Option.empty()), jvm.org.apache.hadoop.fs.Path
    partitions = {}
    for index in range(found.size()):
        partition = found.apply(index)
        values = tuple(str(partition.spec().apply(column)) for column in place.partition_columns)
        partitions[values] = str(path(partition.location()).toString())
    return partitions


def move(place: "Place", partitions: Mapping[Values, str]) -> None:
    """Lets partitions have their files elsewhere, each in one step."""
    for values, location in partitions.items():
        where = f"PARTITION {_spec(place.partition_columns, values)} SET LOCATION {text(location)}"
        catalog.change(place.spark, f"ALTER TABLE {quoted(place.target)} {where}")


def add(place: "Place", partitions: Mapping[Values, str]) -> None:
    """Tells of new partitions, unless they are known."""
    columns = place.partition_columns
    clauses = [f"PARTITION {_spec(columns, values)} LOCATION {text(where)}" for values, where in partitions.items()]
    for some in _in_turn(clauses):
        catalog.change(place.spark, f"ALTER TABLE {quoted(place.target)} ADD IF NOT EXISTS {' '.join(some)}")


def drop(place: "Place", partitions: Sequence[Values]) -> None:
    """Forgets partitions; those of a managed table lose their files too."""
    for some in _in_turn([f"PARTITION {_spec(place.partition_columns, values)}" for values in partitions]):
        catalog.change(place.spark, f"ALTER TABLE {quoted(place.target)} DROP IF EXISTS {', '.join(some)}")


def _spec(columns: Sequence[str], values: Values) -> str:
    pairs = zip(columns, values, strict=True)
    return f"({', '.join(f'{quoted((name,))} = {_literal(value)}' for name, value in pairs)})"


def _literal(value: str) -> str:
    return "NULL" if value == _NULL else text(value)


def _in_turn(clauses: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(clauses), _AT_ONCE):
        yield clauses[start : start + _AT_ONCE]
