"""A key made of several columns."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Columns, Context, OptionsError, PpfError, Transform, option, options
from ppf_transforms.columns import found, require_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType


@options
class HashKeyOptions:
    """Of what the key is made, and how."""

    columns: list[str] = option("The columns, or fields of structs such as `address.id`, in this order.")
    into: str = option("The column for the key.", default="hash_key")
    algorithm: Literal["sha256", "sha512", "md5", "xxhash64"] = option(
        "The hash: a text of hexadecimal digits; with xxhash64 a BIGINT, which spreads rows but may be the same for two.",
        default="sha256",
    )
    normalise: bool = option("Take texts without white space around them and without their case.", default=False)
    null: bool = option("The key is NULL where all columns are.", default=False)

    def __post_init__(self) -> None:
        """There are columns."""
        if not self.columns:
            raise OptionsError({"columns": "must name at least one column."})


class HashKeyTransform(Transform[HashKeyOptions]):
    """Adds a key made of the values of columns: the same wherever and whenever it is made, also in another time zone.

    Values are told apart: (ab, c) and (a, bc), NULL and an empty text have different keys.
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = ("columns = [carrier, flight, time_hour], into = flight_key", "columns = [email], normalise = true")

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The columns of the input, then the key."""
        from pyspark.sql import functions

        (frame,) = inputs.values()
        columns = Columns(frame)
        texts = [self._text(*found(columns, name, "columns"), name) for name in self.options.columns]
        whole = functions.concat(*[_told_apart(text) for text in texts])
        key = {
            "sha256": lambda: functions.sha2(whole, 256),
            "sha512": lambda: functions.sha2(whole, 512),
            "md5": lambda: functions.md5(whole),
            "xxhash64": lambda: functions.xxhash64(whole),
        }[self.options.algorithm]()
        if self.options.null:
            key = functions.when(functions.coalesce(*texts).isNotNull(), key)
        own = [functions.col(f"`{name.replace('`', '``')}`") for name in frame.columns]
        return require_distinct(frame.select(*own, key.alias(self.options.into)), "Set `into` to another name.")

    def _text(self, column: "Column", type_: "DataType", name: str) -> "Column":
        """The value as a text that no setting of the session changes."""
        from pyspark.sql import functions

        kind = type_.typeName()
        if kind == "timestamp":
            return functions.unix_micros(column).cast("string")
        if kind == "binary":
            return functions.hex(column)
        if kind in ("array", "map", "struct", "variant"):
            raise PpfError(
                f"columns names {name!r}, which is {type_.simpleString()}: no single value.", hint="Name a field of it."
            )
        text = column.cast("string")
        return functions.lower(functions.trim(text)) if self.options.normalise and kind == "string" else text


def _told_apart(text: "Column") -> "Column":
    """A text with its length before it; NULL without one."""
    from pyspark.sql import functions

    return functions.coalesce(functions.concat(functions.length(text), functions.lit(":"), text), functions.lit("-"))
