"""A Python function over the inputs."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ppf_core import Context, ModuleFolder, OptionsError, PpfError, Transform, local_path, option, options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@options
class PythonOptions:
    """The function, and what it is called with."""

    function: str = option('The function to call, as "module:function".')
    args: dict[str, Any] = option("Further arguments, by name.", default_factory=dict)
    folder: str = option("The folder to import from: the pipeline file's own unless given.", default=".", path=True)

    def __post_init__(self) -> None:
        """What the text names is looked up when the pipeline runs: checking a file never imports code."""
        if not _FUNCTION.fullmatch(self.function):
            raise OptionsError({"function": f'is {self.function!r}, which is not of the form "module:function".'})


class PythonTransform(Transform[PythonOptions]):
    """Calls a function of yours: `function(context, inputs, **args)` returns a frame.

    def late_flights(context, inputs, minutes):
        return inputs["flights"].filter(f"dep_delay > {minutes}")
    """

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ('function = "delays:late_flights", args { minutes = 15 }',)

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """What the function returns."""
        from pyspark import cloudpickle

        with self._folder.importable():
            function = self._folder.load(self.options.function, "function", callable)
            self._require_arguments(function, context, inputs)
            with self._folder.pickled_by_value(cloudpickle), self._no_exit():
                return self._frame(function(context, inputs, **self.options.args))

    @cached_property
    def _folder(self) -> ModuleFolder:
        return ModuleFolder(local_path(self.options.folder))

    def _require_arguments(self, function: Callable[..., Any], context: Context, inputs: "Mapping[str, DataFrame]") -> None:
        signature = inspect.signature(function)
        try:
            signature.bind(context, inputs, **self.options.args)
        except TypeError as error:
            raise PpfError(
                f"{self.options.function!r} cannot be called as function(context, inputs, **args): {error}.",
                hint=f"It is defined as {self.options.function.partition(':')[2]}{signature}.",
            ) from error

    @contextmanager
    def _no_exit(self) -> Iterator[None]:
        """A function that wants to end the program fails its component only."""
        try:
            yield
        except SystemExit as error:
            message = f"The function {self.options.function!r} ended with SystemExit({error.code!r})."
            raise PpfError(message, hint="Raise another exception to fail.") from error

    def _frame(self, result: object) -> "DataFrame":
        if _is_frame(result):
            return cast("DataFrame", result)
        raise PpfError(
            f"The function {self.options.function!r} returned {type(result).__name__}, not a DataFrame.",
            hint="Return the frame that it makes.",
        )


def _is_frame(value: object) -> bool:
    # By name: in Spark 3.5 a frame of Spark Connect is of another class, which only its extra libraries can import.
    classes = type(value).__mro__
    return any(cls.__name__ == "DataFrame" and cls.__module__.startswith("pyspark.sql.") for cls in classes)
