"""A Python function over the inputs."""

from typing import TYPE_CHECKING, Any, ClassVar

from ppf_core import Context, Transform, option, options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class PythonOptions:
    """The function, and what it is called with."""

    function: str = option('The function to call, as "module:function".')
    args: dict[str, Any] = option("Further arguments, by name.", default_factory=dict)
    folder: str = option("The folder to import from; the pipeline file's own unless given.", default=".", path=True)


class PythonTransform(Transform[PythonOptions]):
    """Calls a function of yours: `function(context, inputs, **args)` returns a frame."""

    examples: ClassVar = ('function = "delays:late_flights", args { minutes = 15 }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """What the function returns."""
        raise NotImplementedError
