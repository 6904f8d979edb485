"""The column that an option names, with its type."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppf_core import Columns, Context, OptionsError, PpfError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

FRACTIONS = frozenset({"float", "double"})
WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "int", "bigint"})


@dataclass(frozen=True)
class Found:
    """A column of the checked frame, or a field of a struct. `kind` is the name of its type without parameters."""

    name: str
    column: "Column"
    type: "DataType"

    @property
    def type_name(self) -> str:
        """The type as people write it: `decimal(10,2)`."""
        return self.type.simpleString()

    @property
    def kind(self) -> str:
        """`decimal` for any decimal, `string` for any text."""
        return self.type_name.partition("(")[0].partition("<")[0].partition(" ")[0]

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers of any kind."""
        return self.kind in FRACTIONS | WHOLE_NUMBERS | {"decimal"}


def find(columns: Columns, name: str) -> Found:
    """The column of that name. An unknown one raises KeyError with a near miss, also where a field of a struct is meant."""
    return Found(name, columns[name], columns.type_of(name))


def frame_of(context: Context, name: str, option: str) -> "DataFrame":
    """The frame of the component that an option names."""
    if name not in context.frames:
        raise PpfError(f"{option} is {name!r}, but the run has no frame of that component.")
    return context.frames[name]


def found_in(frame: "DataFrame", names: Iterable[str], option: str, component: str) -> list[Found]:
    """The columns of another component's frame."""
    columns = Columns(frame)
    try:
        return [find(columns, name) for name in names]
    except KeyError as error:
        raise PpfError(f"{option} does not fit {component!r}: {error.args[0]}") from error


def require_comparable(here: Found, there: Found, component: str) -> None:
    """Spark would compare most types with each other, by casts that lose digits or raise."""
    if _family(here) != _family(there):
        raise PpfError(
            f"Column {here.name!r} is {here.type_name}, but {there.name!r} of {component!r} is {there.type_name}: "
            "keys of these types cannot be compared.",
            hint="Cast one of them before.",
        )


def _family(found: Found) -> str:
    """Types of one family are compared without loss."""
    if found.kind in FRACTIONS:
        return "fractions"
    return "numbers" if found.is_number else found.type_name


def name_problems(names: Iterable[str], option: str = "columns") -> dict[str, str]:
    """What is wrong with a list of columns: nothing in it, or one name twice."""
    return dict(_name_problems(list(names), option))


def _name_problems(names: list[str], option: str) -> Iterator[tuple[str, str]]:
    if not names:
        yield option, "must name at least one column."
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"{option}[{index}]", f"is {name!r} again."


def require_names(names: Iterable[str], option: str = "columns") -> None:
    """Raises OptionsError unless the list names columns, each once."""
    problems = name_problems(names, option)
    if problems:
        raise OptionsError(problems)
