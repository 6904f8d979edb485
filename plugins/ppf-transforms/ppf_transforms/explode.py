"""A row for each element of an array or a map."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Columns, Context, OptionsError, PpfError, Transform, option, options
from ppf_transforms.columns import found, literal, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType


@options
class ExplodeOptions:
    """What is taken apart, and how the parts are called."""

    column: str = option("The array or map, or a field of a struct such as `order.items`.")
    into: list[str] = option(
        "Names of the new columns: one for an array, its own name by default; two for a map, `key` and `value` by default.",
        default_factory=list,
    )
    position: str | None = option("A further column for the place in the array, from 0.", default=None)
    outer: bool = option("Keep rows whose array or map is NULL or empty, with NULL as the element.", default=False)
    keep: bool = option("Keep the array or map as well.", default=False)

    def __post_init__(self) -> None:
        """An array has one part, a map two; kept, it needs its name."""
        if len(self.into) > 2:
            raise OptionsError({"into": f"names {len(self.into)} columns, but an element has one part, or a key and a value."})
        if self.keep and not self.into:
            raise OptionsError({"into": "is missing: with keep = true the elements need a name of their own."})


class ExplodeTransform(Transform[ExplodeOptions]):
    """Makes a row of each element of an array or a map."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = (
        "column = items, into = [item], position = line",
        'column = "order.tags", into = [tag, value], outer = true, keep = true',
    )

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The element where the column stood, or last if it is a field; an empty array gives no row, unless `outer`."""
        from pyspark.sql import functions

        (frame,) = inputs.values()
        column, type_ = found(Columns(frame), self.options.column, "column")
        options = self.options
        own_name = options.column if options.column in frame.columns else options.column.rpartition(".")[2].strip("`")
        explode = {
            (False, False): functions.explode,
            (False, True): functions.explode_outer,
            (True, False): functions.posexplode,
            (True, True): functions.posexplode_outer,
        }[options.position is not None, options.outer]
        names = [*([options.position] if options.position is not None else []), *self._names(type_, own_name)]
        parts = explode(column).alias(*names)
        columns: list[Column] = []
        for name in frame.columns:
            is_it = name == options.column
            columns += [literal(frame, name)] if not is_it or options.keep else []
            columns += [parts] if is_it else []
        columns += [] if options.column in frame.columns else [parts]
        return require_distinct(frame.select(*columns), "Give the new columns other names with `into`.")

    def _names(self, type_: "DataType", own_name: str) -> list[str]:
        kind, given = type_.typeName(), self.options.into
        if kind not in ("array", "map"):
            raise PpfError(f"column names {self.options.column!r}, which is {type_.simpleString()}: no array and no map.")
        wanted = [own_name] if kind == "array" else ["key", "value"]
        if given and len(given) != len(wanted):
            parts = "one part" if kind == "array" else "a key and a value"
            raise PpfError(f"into names {len(given)} columns, but an element of {self.options.column!r} has {parts}.")
        return given or wanted
