"""What is known of the rows that are checked: which frame it is, what was counted, and where they can be looked at again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppf_core.contracts.results import QualityResult
from ppf_core.spark.engine import Engine, RowMasks
from ppf_core.spark.rules import Counts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Written:
    """What a sink did with the rows that it got. stage: reads its stage, where that can be read and holds what was given.

    is_once: whether all its jobs, their stages and their tasks ran once. apart: what a sink that splits staged beside it.
    """

    stage: "Callable[[], DataFrame | None]"
    is_once: bool
    apart: "DataFrame | None" = None


@dataclass(frozen=True)
class Subject:
    """The frame that is checked, with its rules. errors: the checks that cannot be evaluated, each with the reason.

    is_deterministic: whether the frame gives the very same rows each time it is read.
    """

    engine: Engine
    frame: "DataFrame"
    is_deterministic: bool
    masks: RowMasks
    errors: Mapping[int, str]

    @property
    def counted(self) -> frozenset[int]:
        """The checks whose numbers are counted."""
        return frozenset((*self.masks.rules.rows, *self.masks.rules.values))


@dataclass(frozen=True)
class Open:
    """Nothing is known yet. observation: where observed numbers arrive; None when nobody counts."""

    observation: Any = None


@dataclass(frozen=True)
class Answered:
    """A hook has evaluated in our place."""

    results: Sequence[QualityResult]


@dataclass(frozen=True)
class Counted:
    """The rows were counted."""

    counts: Counts


@dataclass(frozen=True)
class AsPlanned:
    """The rows can be had by computing the frame once more."""


@dataclass(frozen=True)
class Staged:
    """The very rows lie in the stage of a sink. apart: those that it set apart, where it splits."""

    frame: "DataFrame"
    apart: "DataFrame | None" = None


@dataclass(frozen=True)
class Cached:
    """The very rows are computed once, with their masks."""

    labelled: "DataFrame"
