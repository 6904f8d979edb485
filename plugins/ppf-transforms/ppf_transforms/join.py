"""Two inputs side by side."""

from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

How = Literal["inner", "left", "right", "full", "semi", "anti", "cross"]


@options
class JoinOptions:
    """Options of `join`."""

    left: str = option("The input on the left, by its name.")
    right: str = option("The input on the right, by its name.")
    on: str | list[str] = option("Columns that both have, or a SQL condition; nothing for a cross join.", default_factory=list)
    how: How = option("The kind of join.", default="inner")


class JoinTransform(Transform[JoinOptions]):
    """Joins two inputs."""

    expects: ClassVar = 2
    examples: ClassVar = ("left = flights, right = planes, on = [tailnum], how = left",)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The new frame."""
        raise NotImplementedError
