"""Columns of a small table, looked up for each row."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, OptionsError, PpfError, Transform, option, options, suggestion
from ppf_transforms.columns import literal, require_columns, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


@options
class LookupOptions:
    """What is looked up, where, and what happens when it is not there."""

    table: str = option("The input that is looked into, by its name or alias; the other one has the rows.")
    on: list[str] = option("Columns that both have, which make the key.", default_factory=list, one_of="key")
    keys: dict[str, str] = option(
        "The key where names differ: columns of the rows, and of the table.", default_factory=dict, one_of="key"
    )
    columns: list[str] = option("Columns of the table to take; without any, all that are no keys.", default_factory=list)
    prefix: str = option("What stands before the names of the columns that are taken.", default="")
    misses: Literal["keep", "drop", "fail"] = option(
        "Rows whose key the table does not have. keep: with NULL. drop: without them. fail: the run fails and names the key.",
        default="keep",
    )
    found: str | None = option(
        "A further column that says whether the key was there: a check can count misses by it.", default=None
    )
    duplicates: Literal["fail", "first", "all"] = option(
        "A key that the table has twice. fail: the run fails and names it. first: the smallest row. all: a row for each.",
        default="fail",
    )
    null_safe: bool = option("NULL in a key finds NULL.", default=False)
    broadcast: bool = option("Send the table to all executors, as is quick while it is small.", default=True)

    def __post_init__(self) -> None:
        """A miss that is dropped or fails is not reported in a column."""
        if self.found is not None and self.misses != "keep":
            raise OptionsError({"found": f"would be true in all rows, as misses is {self.misses!r}."})


class LookupTransform(Transform[LookupOptions]):
    """Looks up columns in a small table by a broadcast join. A key that the table has twice never multiplies rows unasked."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 2
    examples: ClassVar = (
        "table = airlines, on = [carrier], columns = [name], found = is_known",
        "table = airports, keys { dest = faa }, columns = [name, lat], prefix = dest_, misses = fail",
    )

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The columns of the rows, those that were looked up, and `found`."""
        from pyspark.sql import functions

        rows, table = self._sides(inputs)
        keys = self.options.keys or {name: name for name in self.options.on}
        require_columns(rows, keys, "keys" if self.options.keys else "on", "the rows")
        require_columns(table, keys.values(), "keys" if self.options.keys else "on", f"{self.options.table!r}")
        require_columns(table, self.options.columns, "columns", f"{self.options.table!r}")
        taken = self.options.columns or [name for name in table.columns if name not in keys.values()]
        known = self._known(table, list(keys.values()), taken)
        known = functions.broadcast(known) if self.options.broadcast else known
        joined = rows.join(known, self._matches(rows, known, list(keys)), "inner" if self.options.misses == "drop" else "left")
        is_found = known["_found"].isNotNull()
        names = [f"{self.options.prefix}{name}" for name in taken]
        looked_up = [known[f"_taken_{index}"].alias(name) for index, name in enumerate(names)]
        own_keys = [literal(rows, name) for name in keys]
        own = [literal(rows, name) for name in rows.columns]
        if self.options.misses == "fail":
            told = self._told(f"The lookup in {self.options.table!r} finds no", list(keys), own_keys)
            # Spark leaves out what would fail in a column that nobody asks for, so it stands in all that depend on the key.
            looked_up = [_else_fail(is_found, column, told).alias(name) for column, name in zip(looked_up, names, strict=True)]
            own[0] = _else_fail(is_found, own[0], told).alias(rows.columns[0])
        reported = [is_found.alias(self.options.found)] if self.options.found is not None else []
        result = joined.select(*own, *looked_up, *reported)
        return require_distinct(result, "Name fewer columns, or set a prefix.")

    def _sides(self, inputs: "Mapping[str, DataFrame]") -> "tuple[DataFrame, DataFrame]":
        name = self.options.table
        if name not in inputs:
            raise PpfError(f"table names {name!r}, which is no input of this component. {suggestion(name, inputs)}")
        (rows,) = (frame for alias, frame in inputs.items() if alias != name)
        return rows, inputs[name]

    def _matches(self, rows: "DataFrame", known: "DataFrame", keys: list[str]) -> "list[Column]":
        pairs = [(literal(rows, name), known[f"_key_{index}"]) for index, name in enumerate(keys)]
        return [one.eqNullSafe(other) if self.options.null_safe else one == other for one, other in pairs]

    def _known(self, table: "DataFrame", keys: list[str], taken: list[str]) -> "DataFrame":
        """The table under names of ours, with each key once unless that is not wanted."""
        from pyspark.sql import functions

        key_columns = [literal(table, name).alias(f"_key_{index}") for index, name in enumerate(keys)]
        taken_columns = [literal(table, name).alias(f"_taken_{index}") for index, name in enumerate(taken)]
        known = table.select(*key_columns, *taken_columns)
        if not self.options.null_safe:
            known = known.dropna(subset=[f"_key_{index}" for index in range(len(keys))])
        if self.options.duplicates == "all":
            return known.withColumn("_found", functions.lit(True))
        row = functions.struct(*[known[f"_taken_{index}"] for index in range(len(taken))])
        names = [f"_key_{index}" for index in range(len(keys))]
        chosen = functions.first(row) if self.options.duplicates == "fail" else functions.min(row)
        grouped = known.groupBy(*names).agg(functions.count(functions.lit(1)).alias("_rows"), chosen.alias("_row"))
        one = grouped["_row"]
        if self.options.duplicates == "fail":
            start = f"The table {self.options.table!r} has more than one row for the key"
            one = _else_fail(grouped["_rows"] == 1, one, self._told(start, keys, [grouped[name] for name in names]))
        parts = [one[f"_taken_{index}"].alias(f"_taken_{index}") for index in range(len(taken))]
        return grouped.select(*names, *parts, functions.lit(True).alias("_found"))

    def _told(self, start: str, names: list[str], key: "list[Column]") -> "Column":
        from pyspark.sql import functions

        parts = [functions.coalesce(column.cast("string"), functions.lit("NULL")) for column in key]
        begun = functions.lit(f"{start} ({', '.join(names)}) = (")
        return functions.concat(begun, functions.concat_ws(", ", *parts), functions.lit(")."))


def _else_fail(condition: "Column", value: "Column", told: "Column") -> "Column":
    from pyspark.sql import functions

    return functions.when(condition, value).otherwise(functions.raise_error(told))
