"""The fields of structs as columns."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, PpfError, Transform, option, options
from ppf_transforms.columns import literal, require_columns, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType


@options
class FlattenOptions:
    """Which structs, how deep, and the names of what comes out."""

    columns: list[str] = option("The structs to take apart; without any, all.", default_factory=list)
    separator: str = option("What stands between the name of a struct and that of its field.", default="_")
    depth: int | None = option("How many levels to take apart; without it, all.", default=None)

    def __post_init__(self) -> None:
        """There is something to do."""
        if self.depth is not None and self.depth < 1:
            raise OptionsError({"depth": f"is {self.depth}, but at least one level must be taken apart."})


class FlattenTransform(Transform[FlattenOptions]):
    """Puts the fields of structs in the place of the structs. The fields of a NULL are NULL; arrays stay."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("", 'columns = [address], separator = ".", depth = 1')

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The columns in their order, each struct replaced by its fields: `address_city`."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.columns, "columns")
        chosen: list[Column] = []
        for field in frame.schema:
            column = literal(frame, field.name)
            if field.name in (self.options.columns or frame.columns) and field.dataType.typeName() == "struct":
                chosen += self._fields(field.name, column, field.dataType, 0)
            elif field.name in self.options.columns:
                raise PpfError(f"columns names {field.name!r}, which is {field.dataType.simpleString()} and no struct.")
            else:
                chosen.append(column)
        return require_distinct(frame.select(*chosen), "Rename one of them before, or set another separator.")

    def _fields(self, name: str, column: "Column", type_: "DataType", level: int) -> "Iterator[Column]":
        from pyspark.sql.types import StructType

        if not isinstance(type_, StructType) or level == self.options.depth:
            yield column.alias(name)
            return
        for field in type_:
            below = f"{name}{self.options.separator}{field.name}"
            yield from self._fields(below, column[field.name], field.dataType, level + 1)
