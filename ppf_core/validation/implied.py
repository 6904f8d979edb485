"""Checks that come with a source: to the plan and to the run they are row checks of its component like those in the file."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ppf_core.config.binding import Bound
from ppf_core.config.model import CheckConfig, ComponentConfig
from ppf_core.contracts.checks import Columns, ImpliedCheck, RowCheck
from ppf_core.contracts.components import Source, StreamingSource
from ppf_core.validation.selection import BoundPlugin
from ppf_core.validation.validated import ValidatedComponent

if TYPE_CHECKING:
    from pyspark.sql import Column


class Unmarked(RowCheck[ImpliedCheck]):
    """Good rows are those that the reader of a source has not marked."""

    supports = frozenset({"classic", "connect"})

    def passes(self, columns: Columns) -> "Column":
        """True where nothing is said of the row."""
        return columns[self.options.marker].isNull()

    @property
    def helpers(self) -> tuple[str, ...]:
        """The columns that nobody downstream sees."""
        return (self.options.marker, *self.options.helpers)


@dataclass(frozen=True)
class WithImplied:
    """The configuration of a component and its checks, those that come with its source at the end."""

    config: ComponentConfig
    checks: tuple[BoundPlugin, ...]

    @classmethod
    def of(cls, config: ComponentConfig, plugin: BoundPlugin, checks: tuple[BoundPlugin, ...]) -> "WithImplied":
        """checks: those in the file."""
        source = plugin.sketch
        if not isinstance(source, Source | StreamingSource) or len(checks) != len(config.quality):
            return cls(config, checks)
        implied = tuple(source.implied_checks)
        quality = [*config.quality, *(CheckConfig(check=each.name, action=each.action) for each in implied)]
        return cls(replace(config, quality=quality), (*checks, *(_bound(plugin, each) for each in implied)))


def without_implied(component: ValidatedComponent) -> ValidatedComponent:
    """The component with the checks in the file alone: another source stands in its place."""
    kept = [(config, bound) for config, bound in _pairs(component) if not issubclass(bound.cls, Unmarked)]
    config = replace(component.config, quality=[config for config, _ in kept])
    return replace(component, config=config, checks=tuple(bound for _, bound in kept))


def _pairs(component: ValidatedComponent) -> Collection[tuple[CheckConfig, BoundPlugin]]:
    return list(zip(component.config.quality, component.checks, strict=True))


def _bound(plugin: BoundPlugin, check: ImpliedCheck) -> BoundPlugin:
    return replace(plugin, cls=Unmarked, values={}, bound=Bound(check))
