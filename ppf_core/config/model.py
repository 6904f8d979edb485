"""The pipeline file as values: one frozen dataclass a block. Defaults here are the defaults of the grammar."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

Persist = Literal["auto", "never", "memory", "disk"]


@dataclass(frozen=True, kw_only=True)
class RetryConfig:
    """How often a component is tried, and how long it waits between attempts. `jitter` is a fraction of the delay."""

    max_attempts: int = 3
    initial_delay: timedelta = timedelta(seconds=1)
    max_delay: timedelta = timedelta(seconds=60)
    multiplier: float = 2.0
    jitter: float = 0.25
    retry_on: list[str] = field(default_factory=list)
    give_up_on: list[str] = field(default_factory=list)
    unsafe: bool = False


@dataclass(frozen=True, kw_only=True)
class CircuitBreakerConfig:
    """When a component that keeps failing is no longer started, and when it is tried again."""

    failure_threshold: int = 5
    success_threshold: int = 1
    reset_timeout: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class CheckConfig:
    """One data-quality check of a component. samples: bad rows that the report shows, without the values of `mask`.

    where: a condition in SQL; rows that do not meet it are not evaluated.
    """

    check: str
    options: dict[str, Any] = field(default_factory=dict)
    where: str | None = None
    action: Literal["fail", "warn", "drop", "quarantine"] = "fail"
    name: str | None = None
    warn_if: str | None = None
    error_if: str | None = None
    quarantine_to: str | None = None
    samples: int = 0
    mask: list[str] = field(default_factory=list)

    @property
    def is_splitting(self) -> bool:
        """Whether its bad rows go elsewhere than the good ones."""
        return self.action in ("drop", "quarantine")


@dataclass(frozen=True, kw_only=True)
class WatermarkConfig:
    """How late an event may be in a stream."""

    column: str
    delay: timedelta


@dataclass(frozen=True, kw_only=True)
class ComponentConfig:
    """One node of the pipeline. Exactly one of source, transform and sink names its plugin; inputs is alias → component."""

    source: str | None = None
    transform: str | None = None
    sink: str | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    after: list[str] = field(default_factory=list)
    enabled: bool = True
    options: dict[str, Any] = field(default_factory=dict)
    quality: list[CheckConfig] = field(default_factory=list)
    retry: RetryConfig | None = None
    circuit_breaker: CircuitBreakerConfig | None = None
    persist: Persist = "auto"
    checkpoint: bool = False
    timeout: timedelta | None = None
    description: str | None = None
    trigger: str | None = None
    output_mode: Literal["append", "complete", "update"] | None = None
    watermark: WatermarkConfig | None = None
    batch: bool = False
    refresh: Literal["once", "per_batch"] | None = None
    query: str | None = None

    @property
    def kind(self) -> Literal["source", "transform", "sink"]:
        """Which of the three it is."""
        return "source" if self.source is not None else "sink" if self.sink is not None else "transform"

    @property
    def plugin(self) -> str:
        """The name of its plugin as it stands in the file; empty when there is none."""
        return self.source or self.transform or self.sink or ""


@dataclass(frozen=True, kw_only=True)
class SparkConfig:
    """The Spark session that the file asks for. `conf` has plain dotted keys and values as Spark's own text."""

    app_name: str | None = None
    master: str | None = None
    remote: str | None = None
    packages: list[str] = field(default_factory=list)
    conf: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HealthConfig:
    """Where a stream tells over HTTP whether it lives. port: 0 takes any that is free."""

    port: int
    host: str = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class RuntimeConfig:
    """How the run behaves, and where its state lies. Relative folders are relative to the pipeline file."""

    parallelism: int = 4
    on_failure: Literal["stop", "continue"] = "stop"
    state_dir: str = ".ppf"
    data_dir: str | None = None
    timeout: timedelta | None = None
    shared_files: bool = False
    health: HealthConfig | None = None


@dataclass(frozen=True, kw_only=True)
class DefaultsConfig:
    """For components that set none of their own."""

    retry: RetryConfig | None = None
    circuit_breaker: CircuitBreakerConfig | None = None


@dataclass(frozen=True, kw_only=True)
class PluginsConfig:
    """Which distributions must be there, and which one wins a name that two offer: `{"sources.csv": "ppf-files"}`."""

    require: list[str] = field(default_factory=list)
    prefer: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class InstanceConfig:
    """One entry of `hooks` or `secrets`: the plugin it names and that plugin's options."""

    plugin: str
    required: bool = False
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PipelineConfig:
    """A whole pipeline file."""

    name: str
    version: str | None = None
    environment: str = "dev"
    mode: Literal["batch", "streaming"] = "batch"
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    spark: SparkConfig = field(default_factory=SparkConfig)
    components: dict[str, ComponentConfig] = field(default_factory=dict)
    defaults: DefaultsConfig = field(default_factory=DefaultsConfig)
    hooks: dict[str, InstanceConfig] = field(default_factory=dict)
    secrets: dict[str, InstanceConfig] = field(default_factory=dict)
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)
    plugins: PluginsConfig = field(default_factory=PluginsConfig)
    vars: dict[str, Any] = field(default_factory=dict)
