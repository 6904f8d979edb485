"""A frame that has the promised columns."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, FrameCheck, OptionsError, SchemaContract, Verdict, option, options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class SchemaOptions:
    """What is promised."""

    schema: str = option('The columns and their types, as DDL: "id INT, name STRING".')
    strict: bool = option("Whether further columns, or further fields of structs, are bad.", default=True)

    def __post_init__(self) -> None:
        """The schema is DDL."""
        try:
            SchemaContract.of(self.schema)
        except ValueError as error:
            raise OptionsError({"schema": str(error)}) from error


class SchemaCheck(FrameCheck[SchemaOptions]):
    """A frame has the promised columns with their types, with a message for each field that is not as promised.

    The order of columns, their case and whether they may be NULL are not compared. An empty frame is judged as any other.
    Needs no Spark action.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ('schema = "carrier STRING, dep_delay INT"', 'schema = "id BIGINT", strict = false')

    def judge(self, context: Context, frame: "DataFrame") -> Verdict:
        """All differences; their number is the `value`."""
        wanted, found = SchemaContract.of(self.options.schema), SchemaContract.of(frame.schema)
        differences = [str(difference) for difference in wanted.differences(found)]
        if self.options.strict:
            further = [difference for difference in found.differences(wanted) if difference.found is None]
            # Seen from the frame, a field that only it has is the one that is wanted.
            differences += [f"Field {each.field!r} is {each.wanted}; the schema does not have it." for each in further]
        return Verdict(not differences, value=float(len(differences)), message="\n".join(differences))
