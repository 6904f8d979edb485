"""A pipeline file whose plugins and options are known: what validation gives, and planning and running start from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ppf_core.config.faults import parse_path
from ppf_core.config.loader import PipelineFile
from ppf_core.config.model import ComponentConfig
from ppf_core.contracts.components import PipelineComponent, Schema
from ppf_core.contracts.context import Dataset
from ppf_core.errors import ConfigError, PluginError, Problem
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.validation.dataflow import Dataflow
from ppf_core.validation.graph import Graph
from ppf_core.validation.selection import BoundPlugin

if TYPE_CHECKING:
    from ppf_core.validation.queries import Query


@dataclass(frozen=True)
class ValidatedComponent:
    """A component whose plugin and options are known. `frames` are the components that options name."""

    name: str
    config: ComponentConfig
    plugin: BoundPlugin
    checks: tuple[BoundPlugin, ...]
    frames: tuple[str, ...]

    @cached_property
    def draft(self) -> PipelineComponent[Any] | None:
        """An instance for questions that need no outside world; None while its options wait for a secret."""
        draft = self.plugin.draft
        return draft if isinstance(draft, PipelineComponent) else None

    @cached_property
    def datasets(self) -> tuple[Dataset, ...]:
        """The outside things it reads or writes, as far as known before secrets are resolved."""
        return tuple(self.draft.datasets()) if self.draft is not None else ()

    @cached_property
    def schemas(self) -> tuple[Schema | Mapping[str, Schema] | None, Schema | None]:
        """What it wants of its inputs and what it gives, as far as known before secrets are resolved; None: anything."""
        return (self.draft.input_schema, self.draft.output_schema) if self.draft is not None else (None, None)


@dataclass(frozen=True)
class Replayed:
    """The component whose quarantined rows run again in its place, and those that feed nothing meanwhile."""

    component: str
    empty: frozenset[str]


@dataclass(frozen=True)
class ValidatedPipeline:
    """A pipeline file and all that is wrong with it. With no problems it can be planned and run.

    `backends` are the secrets backends that the file uses, also those that need no entry in its `secrets` block. replayed: for
    the pipeline of a replay. queries: of a stream. known_secrets: values that are secret although no backend keeps them.
    """

    file: PipelineFile
    registry: PluginRegistry
    components: Mapping[str, ValidatedComponent]
    hooks: Mapping[str, BoundPlugin]
    backends: Mapping[str, BoundPlugin]
    graph: Graph
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    replayed: Replayed | None = None
    queries: "tuple[Query, ...]" = ()
    known_secrets: Collection[str] = field(default=(), repr=False)

    @cached_property
    def dataflow(self) -> Dataflow:
        """Who has whose rows."""
        return Dataflow.of(self.components)

    def located(self, problem: Problem) -> Problem:
        """A problem that is only known by its path, at its place in the file."""
        path = parse_path(problem.path or "")
        return self.file.problem(problem.code, problem.message, path, at="key", hint=problem.hint) if path else problem

    @property
    def is_stream(self) -> bool:
        """Whether it runs until it is stopped, or all queries end by themselves; a replay of a stream's rows does not."""
        return self.file.config.mode == "streaming" and self.replayed is None

    @property
    def exit_code(self) -> int:
        """0 when sound, 3 when plugins alone are the trouble, else 2."""
        if not self.problems:
            return 0
        only_plugins = all(problem.code.startswith("plugin-") for problem in self.problems)
        return PluginError.exit_code if only_plugins else ConfigError.exit_code

    def require_sound(self) -> None:
        """Raises ConfigError or PluginError with all problems, if there are any."""
        if self.exit_code == PluginError.exit_code:
            raise PluginError("The pipeline needs plugins that cannot be used.", problems=self.problems)
        if self.problems:
            raise ConfigError.of(self.problems)
