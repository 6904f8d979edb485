"""What a run stands on: plugin instances with their secrets, and a Spark session that fits them."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ppf_core.contracts.checks import AggregateCheck, FrameCheck, RowCheck
from ppf_core.contracts.components import PipelineComponent
from ppf_core.contracts.hooks import Hooks
from ppf_core.contracts.plugin import Plugin
from ppf_core.contracts.results import ComponentInfo
from ppf_core.errors import ConfigError, RunError, SecretError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.quarantine_folders import quarantine_sink
from ppf_core.jvm.masters import MasterError
from ppf_core.jvm.requirements import merge_requirements
from ppf_core.planning.roles import Role, has_quarantine, quarantine_of
from ppf_core.plugins.hooks import HookCaller, HookInstance
from ppf_core.quality.checking import Checking
from ppf_core.quality.judging import CheckRun
from ppf_core.resources.executor_files import ship_plugins
from ppf_core.resources.secret_values import SecretsResolver
from ppf_core.secrets.logs import redacted_logs
from ppf_core.secrets.redaction import Redactor
from ppf_core.secrets.references import fill_secrets, find_secrets, is_secret_name
from ppf_core.spark.engines import engines
from ppf_core.spark.row_masks import MASKING
from ppf_core.spark.session import RunSession, SessionRequest
from ppf_core.state.documents import to_document
from ppf_core.validation.selection import BoundPlugin, close_all, create
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

P = TypeVar("P", bound=Plugin[Any])


@dataclass
class RunResources:
    """The instances of one run. Nothing is opened before it is asked for; `close` closes all, the last one first.

    accessed: backend and key of each secret that was looked up, in the order of the first time.
    """

    validated: ValidatedPipeline
    selected: Collection[str]
    accessed: dict[tuple[str, str], None] = field(default_factory=dict)
    _instances: list[Plugin[Any]] = field(default_factory=list)
    _failures: list[str] = field(default_factory=list)
    _logs: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def redactor(self) -> Redactor:
        """Masks what is secret: what the file holds, and from its resolution on what backends gave."""
        return Redactor(self.validated.known_secrets)

    @cached_property
    def resolver(self) -> SecretsResolver:
        """Where secrets come from; what it finds is masked everywhere from then on."""
        return SecretsResolver(self.validated.backends, self.redactor, on_access=self._note_access)

    def _note_access(self, backend: str, key: str) -> None:
        self.accessed[backend, key] = None

    @property
    def state_dir(self) -> "Path":
        """Where records, journals, locks and cursors lie."""
        return self.validated.file.folder / self.validated.file.config.runtime.state_dir

    @property
    def data_dir(self) -> str:
        """Where frames lie, as a URI."""
        given = self.validated.file.config.runtime.data_dir
        if given is not None and urlsplit(given).scheme:
            return given.rstrip("/")
        folder = self.state_dir / "data" if given is None else self.validated.file.folder / given
        return f"file:{folder.absolute()}"

    def require_reachable_frames(self, master: str) -> None:
        """Refuses a folder of this machine for frames that other machines would have to read and write."""
        config = self.validated.file.config
        keys = {name: "checkpoint" for name in self.selected if config.components[name].checkpoint}
        keys |= {name: "quality" for name in self.selected if has_quarantine(self.validated.components[name])}
        keys |= {query.input: config.components[query.input].kind for query in self.validated.queries}
        kept = list(keys)
        if kept and self.data_dir.startswith("file:") and not master.startswith("local") and not config.runtime.shared_files:
            message = f"The frame of {kept[0]!r} would be kept in {self.data_dir}, which {master!r} may not share."
            hint = "Set runtime.data_dir to a place that all of them reach, or runtime.shared_files = true if they share it."
            path = ("components", kept[0], keys[kept[0]])
            raise ConfigError.of([self.validated.file.problem("unshared-frames", message, path, at="key", hint=hint)])

    def resolve_secrets(self) -> None:
        """Looks up every secret that the run needs; SecretError with one located problem for each that fails.

        Until `close` no library logs one of them.
        """
        self._logs.enter_context(redacted_logs(self.redactor.redact))
        uses = {
            text: self.validated.file.problem("secret", "", path)
            for plugin in self.plugins()
            for path, text in plugin.secret_places
        }
        for key, value in self.validated.file.config.spark.conf.items():
            uses.update(
                {text: self.validated.file.problem("secret", "", ("spark", "conf", key)) for text in find_secrets(value)}
            )
        problems = self.resolver.check(uses)
        if problems:
            raise SecretError(f"{len(problems)} of {len(uses)} secrets cannot be had.", problems=problems)

    def components(self, roles: Mapping[str, Role]) -> dict[str, ComponentRun]:
        """The components that have a role, with their instances, in the order of the file."""
        return {name: self._component(each, roles[name]) for name, each in self.validated.components.items() if name in roles}

    def folders(self, components: Mapping[str, ComponentRun], run_id: str) -> dict[str, ComponentRun]:
        """Where the bad rows of these components go that no sink takes."""
        kept = [name for name in components if has_quarantine(self.validated.components[name])]
        return {quarantine_of(name): quarantine_sink(name, self.data_dir, run_id) for name in kept}

    def hooks(self) -> HookCaller:
        """The hooks of the file, in its order."""
        configs = self.validated.file.config.hooks
        instances = []
        for name, bound in self.validated.hooks.items():
            plugin = self._create(bound, Hooks)
            entry = bound.entry
            instances.append(HookInstance(name, plugin, configs[name].required, entry.distribution, entry.version))
        return HookCaller(instances)

    def session_request(self, log: "Path | None" = None, *, is_quick: bool = False) -> SessionRequest:
        """The session that the file and its plugins ask for; PluginError when two plugins contradict each other."""
        spark = self.validated.file.config.spark
        conf = {key: fill_secrets(value, self.resolver.lookup) for key, value in spark.conf.items()}
        asked = [
            (f"{each.entry.distribution}:{each.entry.name}", each.cls.requirements(each.resolved(self.resolver.lookup).options))
            for each in self.plugins()
        ]
        if any(self.validated.components[name].checks for name in self.selected):
            conf = {**MASKING, **conf}
        merged = merge_requirements(asked, conf=conf, packages=spark.packages, spark_version=engines().installed_version())
        return SessionRequest(
            app_name=spark.app_name or self.validated.file.config.name,
            master=spark.master,
            remote=spark.remote,
            conf=merged.conf,
            required=merged.required,
            log=log,
            is_quick=is_quick,
            hidden=frozenset(key for key, value in spark.conf.items() if self._is_hidden(key, value)),
            mask=self.redactor.redact if self.redactor.knows_any else None,
            tell=self._failures.append,
        )

    def _is_hidden(self, key: str, value: str) -> bool:
        """Whether a setting of Spark is secret: by its name, by a reference, or by the variable that it comes from."""
        return is_secret_name(key) or bool(find_secrets(value)) or ("spark", "conf", key) in self.validated.file.hidden

    def open_session(self, given: "SparkSession | None", log: "Path | None" = None, *, is_quick: bool = False) -> RunSession:
        """A Spark session of the run's own. is_quick: it answers a question, and writes nothing."""
        try:
            session = engines().open(self.session_request(log, is_quick=is_quick), given)
        except MasterError as error:
            raise self._located(error) from error
        used = [self.validated.components[name] for name in self.selected]
        names = [plugin.entry.distribution for each in used for plugin in (each.plugin, *each.checks)]
        try:
            told = ship_plugins(session.spark, session.facts["master"], names, self.state_dir / "executors")
        except BaseException:
            session.close()
            raise
        return replace(session, warnings=(*session.warnings, *told))

    def _located(self, error: MasterError) -> RunError:
        """The same, with the place in the file, if the master or the server stands there."""
        spark = self.validated.file.config.spark
        places = [("spark", error.key)] if getattr(spark, error.key) else [("spark", "conf", name) for name in spark.conf]
        place = next((place for place in places if place[-1] in (error.key, "spark.master")), None)
        if place is None:
            return error
        problem = self.validated.file.problem(error.code, error.message, place, hint=error.hint)
        return RunError(error.message, hint=error.hint, problems=[problem])

    def close(self) -> list[str]:
        """Closes every plugin and every secrets backend, whatever happened; the texts say what was not closed or masked."""
        failures = [*self._failures, *close_all(self._instances), *self.resolver.close()]
        self._failures.clear()
        self._instances.clear()
        self._logs.close()
        return [self.redactor.redact(text) for text in failures]

    def plugins(self) -> Iterable[BoundPlugin]:
        """The plugins that the selected components, their checks and the hooks use."""
        for name in self.selected:
            yield self.validated.components[name].plugin
            yield from self.validated.components[name].checks
        yield from self.validated.hooks.values()
        yield from self.validated.backends.values()

    def _component(self, component: ValidatedComponent, role: Role) -> ComponentRun:
        plugin = self._create(component.plugin, PipelineComponent)
        info = ComponentInfo(
            name=component.name,
            kind=component.config.kind,
            plugin=component.plugin.entry.name,
            distribution=component.plugin.entry.distribution,
            inputs=component.config.inputs,
            datasets=tuple(plugin.datasets()),
            options=self.redactor.redact_all(to_document(plugin.options)),
        )
        checking = Checking(self._checks(component), role.carrier) if role.carrier is not None else None
        breaker = self._breaker(component)
        return ComponentRun(info, plugin, component.config, role, component.frames, breaker, checking=checking)

    def _checks(self, component: ValidatedComponent) -> tuple[CheckRun, ...]:
        pairs = zip(component.config.quality, component.checks, strict=True)
        return tuple(CheckRun(number, config, self._check(bound)) for number, (config, bound) in enumerate(pairs))

    def _check(self, bound: BoundPlugin) -> RowCheck[Any] | AggregateCheck[Any] | FrameCheck[Any]:
        check = self._create(bound, Plugin)
        if not isinstance(check, RowCheck | AggregateCheck | FrameCheck):
            raise TypeError(f"The plugin of {bound.name!r} is {type(check).__name__}, which is no check.")
        return check

    def _breaker(self, component: ValidatedComponent) -> Any:
        file = self.validated.file
        config = component.config.circuit_breaker or file.config.defaults.circuit_breaker
        if config is None:
            return None
        from ppf_core.state.breaker import CircuitBreaker

        return CircuitBreaker(self.state_dir, file.config.name, component.name, config)

    def _create(self, bound: BoundPlugin, base: type[P]) -> P:
        plugin = create(bound, base, self.resolver.lookup)
        self._instances.append(plugin)
        return plugin
