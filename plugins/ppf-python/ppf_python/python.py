"""A Python function over the inputs."""

import importlib
import inspect
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ppf_core import Context, OptionsError, PpfError, Transform, local_path, option, options, suggestion
from ppf_python.folder import ModuleFolder

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
        with self._folder.importable(), _located(self._folder.path):
            function = self._function()
            self._require_arguments(function, context, inputs)
            with _pickled_by_value(self._folder.loaded()), _no_exit(f"The function {self.options.function!r}"):
                return self._frame(function(context, inputs, **self.options.args))

    @cached_property
    def _folder(self) -> ModuleFolder:
        return ModuleFolder(local_path(self.options.folder))

    def _function(self) -> Callable[..., Any]:
        module_name, _, name = self.options.function.partition(":")
        module = self._module(module_name)
        function = getattr(module, name, None)
        if callable(function):
            return function  # type: ignore[no-any-return] # callable() tells nothing of the result
        known = [known for known, value in vars(module).items() if inspect.isfunction(value)]
        where = getattr(module, "__file__", None) or "no file"
        raise PpfError(f"The module {module_name!r} ({where}) has no function {name!r}. {suggestion(name, known)}")

    def _module(self, name: str) -> ModuleType:
        try:
            with _no_exit(f"The module {name!r}"):
                return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            raise PpfError(
                f"There is no module {error.name!r} in {str(self._folder.path)!r}, and none is installed. "
                f"{suggestion(error.name, self._folder.names)}"
            ) from error

    def _require_arguments(self, function: Callable[..., Any], context: Context, inputs: "Mapping[str, DataFrame]") -> None:
        signature = inspect.signature(function)
        try:
            signature.bind(context, inputs, **self.options.args)
        except TypeError as error:
            raise PpfError(
                f"{self.options.function!r} cannot be called as function(context, inputs, **args): {error}.",
                hint=f"It is defined as {self.options.function.partition(':')[2]}{signature}.",
            ) from error

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


@contextmanager
def _no_exit(who: str) -> Iterator[None]:
    """A function that wants to end the program fails its component only."""
    try:
        yield
    except SystemExit as error:
        raise PpfError(f"{who} ended with SystemExit({error.code!r}).", hint="Raise another exception to fail.") from error


@contextmanager
def _located(folder: Path) -> Iterator[None]:
    """Notes on an error where in the folder it was raised: the kernel shows no traceback."""
    try:
        yield
    except PpfError:
        raise
    except Exception as error:
        frames = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).is_relative_to(folder)]
        for frame in frames[-1:]:
            error.add_note(f"{frame.filename}:{frame.lineno}, in {frame.name}")
        raise


@contextmanager
def _pickled_by_value(modules: Iterable[ModuleType]) -> Iterator[None]:
    """Inside, UDFs of these modules carry their code along: executors do not have the folder."""
    from pyspark import cloudpickle

    registry: Any = cloudpickle
    added = [module for module in modules if module.__name__ not in registry.list_registry_pickle_by_value()]
    for module in added:
        registry.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in added:
            registry.unregister_pickle_by_value(module)
