"""A frame that has the promised columns."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, OptionsError, PpfError, SchemaContract, Transform, near_miss, option, options
from ppf_transforms.columns import applied, literal, spelling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


@options
class SchemaContractOptions:
    """What is promised, and what is done about a difference."""

    schema: str = option('The columns and their types, as DDL: "id INT, name STRING".')
    mode: Literal["strict", "coerce", "evolve"] = option(
        "strict: any difference is an error. coerce: columns are cast to their type, further ones dropped. "
        "evolve: further columns pass.",
        default="strict",
    )

    def __post_init__(self) -> None:
        """The schema is DDL."""
        try:
            SchemaContract.of(self.schema)
        except ValueError as error:
            raise OptionsError({"schema": str(error)}) from error


class SchemaContractTransform(Transform[SchemaContractOptions]):
    """Holds a frame against a schema, and gives it the order and the spelling of the schema.

    Whether a column may be NULL is not compared: Spark takes every column of a file for one that may.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ('schema = "carrier STRING, dep_delay INT"', 'schema = "carrier STRING", mode = evolve')

    @property
    def output_schema(self) -> str:
        """The promised columns; with `evolve` there may be more."""
        return self.options.schema

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The promised columns, then the further ones where they may pass."""
        (frame,) = inputs.values()
        wanted = SchemaContract.struct(self.options.schema, context.spark)
        names = _matching(frame, wanted)
        further = [name for name in frame.columns if name not in names.values()]
        differences = self._differences(frame, wanted, names, further)
        if differences:
            raise PpfError("The input is not as the schema says.\n" + "\n".join(differences))
        texts = {f"schema, column {field.name}": field.dataType.simpleString() for field in wanted}
        casts = [literal(frame, names[field.name]).cast(field.dataType).alias(field.name) for field in wanted]
        passing = [literal(frame, name) for name in further] if self.options.mode == "evolve" else []
        columns = dict(zip(texts, casts, strict=True))
        return applied(frame, texts, columns, lambda chosen: frame.select(*chosen.values(), *passing))

    def _differences(
        self, frame: "DataFrame", wanted: "StructType", names: "Mapping[str, str]", further: list[str]
    ) -> list[str]:
        found = dict(frame.dtypes)
        differences = []
        for field in wanted:
            type_name = field.dataType.simpleString()
            if field.name not in names:
                differences.append(f"Field {field.name!r} is missing; wanted {type_name}.{_hint(field.name, further)}")
            elif found[names[field.name]] != type_name and self.options.mode != "coerce":
                differences.append(f"Field {field.name!r} is {found[names[field.name]]}; wanted {type_name}.")
        if self.options.mode == "strict":
            differences += [f"Field {name!r} is {found[name]}; the schema does not have it." for name in further]
        return differences


def _matching(frame: "DataFrame", wanted: "StructType") -> dict[str, str]:
    """The column of the frame for each promised one that it has, compared as Spark compares names."""
    spelled = spelling(frame)
    found = {spelled(name): name for name in frame.columns}
    return {name: found[spelled(name)] for name in wanted.names if spelled(name) in found}


def _hint(name: str, further: list[str]) -> str:
    close = near_miss(name, further)
    return f" The input has {close!r}." if close else ""
