"""Everything that can be said of a pipeline file without Spark, network or side effects: all its mistakes at once."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path as FilePath
from typing import Any

from ppf_core.config.loader import ConfigLoader, PipelineFile, file_of_values
from ppf_core.config.model import ComponentConfig, InstanceConfig
from ppf_core.contracts.checks import RowCheck
from ppf_core.errors import ConfigError, Problem, in_order
from ppf_core.hocon.places import Path, dotted, shown
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.secrets.redaction import Redactor, redacted
from ppf_core.secrets.references import FORM, find_secrets, is_malformed, parse_secret
from ppf_core.spark.connect import connect_refusals
from ppf_core.storage.state_files import state_files
from ppf_core.validation.environment_values import with_values
from ppf_core.validation.error_names import misnamed_errors
from ppf_core.validation.graph import Graph
from ppf_core.validation.implied import WithImplied
from ppf_core.validation.plain_secrets import known_secrets, plain_secrets
from ppf_core.validation.queries import Streams, streams_of
from ppf_core.validation.schema import schema_problems
from ppf_core.validation.selection import BoundPlugin, Selection
from ppf_core.validation.targets import target_problems
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline
from ppf_core.validation.wiring import Wiring


def validate_pipeline(
    path: str | PathLike[str],
    overrides: Mapping[str, object] | None = None,
    *,
    registry: PluginRegistry | None = None,
) -> ValidatedPipeline:
    """Reads and checks a pipeline file; its mistakes are in `problems`. Raises ConfigError when the file cannot be parsed.

    overrides: HOCON path → HOCON text, as `--set` takes it, or a value of JSON. Imports the plugins that the file names, and
    nothing else.
    """
    return check_file(ConfigLoader(path, overrides or {}).load(), registry or PluginRegistry.discover())


def check_file(file: PipelineFile, registry: PluginRegistry) -> ValidatedPipeline:
    """The same for a file that was read."""
    selection = Selection(file, registry)
    enabled = {name: config for name, config in file.config.components.items() if config.enabled}
    plugins = _bound(enabled, selection.component)
    checks = {name: _checks(selection, name, config) for name, config in enabled.items() if config.quality}
    hooks = _bound(file.config.hooks, lambda name, config: selection.instance("hooks", name, config))
    backends = _backends(selection, [*plugins.values(), *hooks.values(), *(c for each in checks.values() for c in each)])

    wiring = Wiring(file, plugins, checks)
    graph = wiring.graph()
    components = {
        name: _component(name, WithImplied.of(enabled[name], plugin, checks.get(name, ())), plugin, wiring)
        for name, plugin in plugins.items()
    }
    asked = [] if graph.is_cyclic else list(_ask(file, components, graph, wiring))
    asked += _connect(file, components)
    streams = Streams()
    if file.config.mode == "streaming" and not graph.is_cyclic and len(components) == len(enabled):
        streams = streams_of(file, components)
    asked += streams.problems
    found = [*registry.problems, *_required(file, registry), *selection.problems, *wiring.problems, *asked]
    found += misnamed_errors(file)
    problems = [*file.problems, *(problem for problem in found if not file.is_consequence(problem))]
    used = [*plugins.values(), *(each for some in checks.values() for each in some), *hooks.values(), *backends.values()]
    warnings = [*file.warnings, *selection.warnings, *plain_secrets(file, used)]
    secrets = known_secrets(file, used)
    told = _without(secrets, in_order(problems)), _without(secrets, in_order(warnings))
    known = (file, registry, components, hooks, backends, graph)
    return ValidatedPipeline(*known, *told, queries=streams.queries, known_secrets=secrets)


def _component(name: str, checked: WithImplied, plugin: BoundPlugin, wiring: Wiring) -> ValidatedComponent:
    return ValidatedComponent(name, checked.config, plugin, checked.checks, wiring.frame_names(name))


def _without(secrets: Collection[str], problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems without what is secret: plugins may have said it."""
    redactor = Redactor(secrets)
    return tuple(redacted(problem, redactor) for problem in problems)


def check_writes(values: Mapping[str, Any], path: FilePath, home: FilePath, names: Collection[str]) -> ValidatedPipeline:
    """The sinks of an earlier run, as its file said: what another process needs to finish their writes.

    values: those of the file, which `path` keeps. Raises ConfigError or PluginError when they cannot be made here.
    """
    file = file_of_values(path, with_values(dict(values)), home)
    selection = Selection(file, PluginRegistry.discover())
    configs = {name: config for name, config in file.config.components.items() if name in names}
    plugins = _bound(configs, selection.component)
    backends = _backends(selection, list(plugins.values()))
    components = {name: ValidatedComponent(name, configs[name], plugin, (), ()) for name, plugin in plugins.items()}
    graph = Graph(dict.fromkeys(components, ()))
    validated = ValidatedPipeline(file, selection.registry, components, {}, backends, graph, in_order(selection.problems), ())
    validated.require_sound()
    return validated


def written_values(path: FilePath) -> dict[str, Any]:
    """The values of a file, as a run has written them beside its record."""
    try:
        kept: dict[str, Any] = json.loads(state_files().read(path))
    except (OSError, ValueError) as error:
        hint = "Restore it from a backup, or remove by hand what the run has left."
        raise ConfigError(
            f"The file {path} cannot be read, without which nobody can finish the run: {error}", hint=hint
        ) from error
    return kept


def _bound(configs: Mapping[str, Any], bind: Any) -> dict[str, BoundPlugin]:
    return {name: bound for name, config in configs.items() if (bound := bind(name, config)) is not None}


def _checks(selection: Selection, name: str, config: ComponentConfig) -> tuple[BoundPlugin, ...]:
    found = []
    for index, check in enumerate(config.quality):
        bound = selection.check(name, index, check.check, check.options)
        if bound is None:
            continue
        found.append(bound)
        if check.is_splitting and not issubclass(bound.cls, RowCheck):
            message = f"The check {check.check!r} cannot {check.action} rows: it judges the frame as a whole."
            place: Path = ("components", name, "quality", index, "action")
            hint = "Use action = fail or warn."
            selection.problems.append(selection.file.problem("bad-action", message, place, hint=hint))
    return tuple(found)


def _backends(selection: Selection, users: list[BoundPlugin]) -> dict[str, BoundPlugin]:
    """The secrets backends that are declared or used; `secret://env/…` needs no entry in the file."""
    config = selection.file.config
    backends = _bound(config.secrets, lambda name, each: selection.instance("secrets", name, each))
    uses = [(path, text) for plugin in (*users, *backends.values()) for path, text in plugin.secret_places]
    for key, value in config.spark.conf.items():
        place: Path = ("spark", "conf", key)
        if is_malformed(value):
            message = f"Key {dotted(place)!r} is {shown(value)}, which is no reference to a secret."
            selection.problems.append(selection.file.problem("bad-value", message, place, hint=FORM))
        uses += [(place, text) for text in find_secrets(value)]
    for path, text in uses:
        name = parse_secret(text).backend
        if name not in config.secrets and name not in backends:
            known = len(selection.problems)
            bound = selection.instance("secrets", name, InstanceConfig(plugin=name), named=path)
            if bound is not None:
                backends[name] = bound
                told = selection.problems[known:]
                selection.problems[known:] = [_undeclared(selection.file, name, path, each) for each in told]
    selection.problems += _cycles(selection.file, backends)
    return backends


def _undeclared(file: PipelineFile, name: str, path: Path, problem: Problem) -> Problem:
    """What a backend lacks that has no entry in the file, told where it is used."""
    message = f"The secrets backend {name!r} needs an entry in the block 'secrets': {problem.message}"
    return file.problem(problem.code, message, path, hint=f"Write secrets {{ {name} {{ … }} }}. {problem.hint or ''}".strip())


def _cycles(file: PipelineFile, backends: Mapping[str, BoundPlugin]) -> Iterator[Problem]:
    """Backends that need each other's secrets: none of them could be opened first."""
    needs = {name: tuple(parse_secret(text).backend for _, text in bound.secret_places) for name, bound in backends.items()}
    graph = Graph({name: tuple(each for each in dict.fromkeys(needed) if each in backends) for name, needed in needs.items()})
    for cycle in graph.cycles():
        place = next(path for path, text in backends[cycle[0]].secret_places if parse_secret(text).backend == cycle[1])
        message = f"The secrets backends need each other's secrets: {' → '.join(cycle)}."
        yield file.problem("secret-cycle", message, place, hint="Take one of these secrets from 'env' or 'file'.")


def _required(file: PipelineFile, registry: PluginRegistry) -> Iterator[Problem]:
    for index, message in registry.unmet(file.config.plugins.require):
        yield file.problem("plugin-required", message, ("plugins", "require", index))


def _connect(file: PipelineFile, components: Mapping[str, ValidatedComponent]) -> Iterator[Problem]:
    """What a Spark Connect session cannot do: settings and jars of the server, and plugins that need a classic session."""
    spark = file.config.spark
    if spark.remote is None:
        return
    hint = "Use a classic session: spark.master instead of spark.remote."
    for text in connect_refusals(spark.conf, spark.packages):
        yield file.problem("no-connect", text, ("spark", "remote"), hint=hint)
    if file.config.mode == "streaming":
        message = "A stream needs a classic session: Spark Connect hands a batch to a process of the server."
        yield file.problem("no-connect", message, ("mode",), hint=hint)
    for name, component in components.items():
        if "connect" not in component.plugin.cls.supports:
            message = f"The plugin {component.config.plugin!r} of {name!r} does not support Spark Connect."
            yield file.problem("no-connect", message, ("components", name, component.config.kind), hint=hint)
        for index, (check, bound) in enumerate(zip(component.config.quality, component.checks, strict=False)):
            place: Path = ("components", name, "quality", index)
            if "connect" not in bound.cls.supports:
                message = f"The check {check.check!r} of {name!r} does not support Spark Connect."
                yield file.problem("no-connect", message, (*place, "check"), hint=hint)
            if check.action == "quarantine" and check.quarantine_to is None:
                message = f"Bad rows of {name!r} would go to a folder of the run, which the client does not reach."
                yield file.problem("no-connect", message, (*place, "action"), hint="Name a sink with quarantine_to.")


def _ask(file: PipelineFile, components: Mapping[str, ValidatedComponent], graph: Graph, wiring: Wiring) -> Iterator[Problem]:
    """What the plugins themselves say of their data; a plugin that fails to answer is a mistake of the plugin."""
    answered = {}
    for name, component in components.items():
        try:
            answered[name] = component.datasets, component.schemas
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code
            yield file.problem(
                "plugin-broken",
                f"The plugin {component.config.plugin!r} of {name!r} cannot say what it reads or writes: {error!r}.",
                component.plugin.place,
                hint=f"Report this to the authors of {component.plugin.entry.distribution}.",
            )
    datasets = {name: answer for name, (answer, _schemas) in answered.items()}
    yield from wiring.read_after_write(graph, datasets)
    yield from target_problems(file, components, datasets)
    yield from schema_problems(file, {name: components[name] for name in answered})
