"""Chosen columns and expressions."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Transform, option, options
from ppf_transforms.columns import applied, expressions, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class SelectOptions:
    """Which columns stay."""

    columns: list[str] = option('Names of columns, or SQL expressions: "upper(name) AS name".', sql=True)

    def __post_init__(self) -> None:
        """Rows without columns are no result."""
        if not self.columns:
            raise OptionsError({"columns": "must name at least one column."})


class SelectTransform(Transform[SelectOptions]):
    """Keeps the columns that are listed, in this order; an entry may be an expression."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('columns = [carrier, "dep_delay / 60 AS hours"]',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The listed columns, in this order."""
        (frame,) = inputs.values()
        texts = {f"columns[{index}]": text for index, text in enumerate(self.options.columns)}
        chosen = applied(frame, texts, expressions(frame, texts), lambda columns: frame.select(*columns.values()))
        return require_distinct(chosen, "Give one of them another name with AS.")
