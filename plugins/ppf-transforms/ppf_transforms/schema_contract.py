"""A frame that has exactly the promised columns."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class SchemaContractOptions:
    """Options of `schema_contract`."""

    schema: str = option('The columns and their types, as DDL: "id INT, name STRING".')
    mode: Literal["strict", "coerce", "evolve"] = option(
        "strict: any difference is an error. coerce: columns are cast, further ones dropped. evolve: further columns pass.",
        default="strict",
    )


class SchemaContractTransform(Transform[SchemaContractOptions]):
    """Holds a frame against a schema."""

    expects: ClassVar = 1
    examples: ClassVar = ('schema = "carrier STRING, dep_delay INT"', 'schema = "carrier STRING", mode = evolve')

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The new frame."""
        raise NotImplementedError
