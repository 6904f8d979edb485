"""Inputs one below the other."""

from functools import reduce
from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, PpfError, Transform, option, options
from ppf_transforms.columns import spelling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame


@options
class UnionOptions:
    """How the columns of the inputs match."""

    by_name: bool = option("Match columns by name; false matches them by position.", default=True)
    allow_missing: bool = option("With by_name: a column that an input does not have is NULL there.", default=False)

    def __post_init__(self) -> None:
        """By position nothing can be missing."""
        if self.allow_missing and not self.by_name:
            raise OptionsError({"allow_missing": "needs by_name = true."})


class UnionTransform(Transform[UnionOptions]):
    """Puts the rows of all inputs into one frame; duplicates stay."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = None
    examples: ClassVar = ("", "allow_missing = true")

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The rows of the first input, then those of the second, and so on."""
        if not inputs:
            raise PpfError("The union has no inputs.", hint="Name the components whose rows it puts together under 'inputs'.")
        for alias, frame in inputs.items():
            self._require_alike(inputs, alias, frame)
        return reduce(self._append, inputs.values())

    def _append(self, above: "DataFrame", below: "DataFrame") -> "DataFrame":
        if not self.options.by_name:
            return above.union(below)
        return above.unionByName(below, allowMissingColumns=self.options.allow_missing)

    def _require_alike(self, inputs: "Mapping[str, DataFrame]", alias: str, frame: "DataFrame") -> None:
        first, model = next(iter(inputs.items()))
        if not self.options.by_name and len(frame.columns) != len(model.columns):
            raise PpfError(
                f"Inputs have different numbers of columns: {first!r} {len(model.columns)}, {alias!r} {len(frame.columns)}.",
                hint="Select the same columns in both.",
            )
        if self.options.by_name and not self.options.allow_missing:
            _require_same_names(first, model, alias, frame)


def _require_same_names(first: str, model: "DataFrame", alias: str, frame: "DataFrame") -> None:
    spelled = spelling(frame)
    wanted, found = ({spelled(name): name for name in side.columns} for side in (model, frame))
    only = [f"only {first!r} has {wanted[name]!r}" for name in wanted if name not in found]
    only += [f"only {alias!r} has {found[name]!r}" for name in found if name not in wanted]
    if only:
        raise PpfError(f"Inputs have different columns: {', '.join(only)}.", hint="Set allow_missing = true to fill in NULL.")
