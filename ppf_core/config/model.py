"""The pipeline file as values: one frozen dataclass a block. Defaults here are the defaults of the grammar."""

from dataclasses import field
from datetime import timedelta
from typing import Any, Literal

from ppf_core.contracts.options import option, options

Persist = Literal["auto", "never", "memory", "disk"]


@options
class RetryConfig:
    """How often a component is tried, and how long it waits between attempts. `jitter` is a fraction of the delay."""

    max_attempts: int = option("In total.", default=3)
    initial_delay: timedelta = option("Before the second attempt.", default=timedelta(seconds=1))
    max_delay: timedelta = option("At most, between two attempts.", default=timedelta(seconds=60))
    multiplier: float = option("Each delay is this many times the one before.", default=2.0)
    jitter: float = option("Random part of the delay, as a fraction of it.", default=0.25)
    retry_on: list[str] = option("Only these.", default_factory=list)
    give_up_on: list[str] = option("Never these.", default_factory=list)
    unsafe: bool = option("Also retry sinks for which writing twice is not writing once.", default=False)


@options
class CircuitBreakerConfig:
    """When a component that keeps failing is no longer started, and when it is tried again."""

    failure_threshold: int = option("Failures in a row that open it.", default=5)
    success_threshold: int = option("Successes that close it again.", default=1)
    reset_timeout: timedelta = option("How long it stays open.", default=timedelta(seconds=60))


@options
class CheckConfig:
    """One data-quality check of a component. samples: bad rows that the report shows, without the values of `mask`.

    where: a condition in SQL; rows that do not meet it are not evaluated.
    """

    check: str = option("The check plugin.")
    options: dict[str, Any] = option("Its options.", default_factory=dict)
    where: str | None = option("Rows that do not meet this condition are not evaluated.", default=None)
    action: Literal["fail", "warn", "drop", "quarantine"] = option("What happens to bad rows, or to the run.", default="fail")
    name: str | None = option("Its name in results; the plugin's name if not set.", default=None)
    warn_if: str | None = option('Such as "> 10" or "> 0.5%".', default=None)
    error_if: str | None = option("The same.", default=None)
    quarantine_to: str | None = option("The sink that takes the bad rows; it has no inputs.", default=None)
    samples: int = option("Bad rows that the report of the run shows, up to 100.", default=0)
    mask: list[str] = option("Columns whose values the report does not show.", default_factory=list)

    @property
    def is_splitting(self) -> bool:
        """Whether its bad rows go elsewhere than the good ones."""
        return self.action in ("drop", "quarantine")


@options
class WatermarkConfig:
    """How late an event may be in a stream."""

    column: str = option("The time of an event.")
    delay: timedelta = option("How late an event may be.")


@options
class ComponentConfig:
    """One node of the pipeline. Exactly one of source, transform and sink names its plugin; inputs is alias → component."""

    source: str | None = option('The source plugin: csv, or "ppf-files:csv".', default=None)
    transform: str | None = option("The transform plugin.", default=None)
    sink: str | None = option("The sink plugin.", default=None)
    inputs: dict[str, str] = option("Whose rows it gets. Visible to SQL under name or alias.", default_factory=dict)
    after: list[str] = option("Ordering without data: they do their own work first.", default_factory=list)
    enabled: bool = option("false removes it, so its plugin need not be installed.", default=True)
    options: dict[str, Any] = option("The plugin's own options.", default_factory=dict)
    quality: list[CheckConfig] = option("Data-quality checks.", default_factory=list)
    retry: RetryConfig | None = option("Without a block: one attempt.", default=None)
    circuit_breaker: CircuitBreakerConfig | None = option("Without a block: none.", default=None)
    persist: Persist = option("Whether its rows are kept for several consumers.", default="auto")
    checkpoint: bool = option("Whether its rows are kept for a resume.", default=False)
    timeout: timedelta | None = option("Cancels its Spark work and fails it.", default=None)
    description: str | None = option("For people; shown by ppf plan.", default=None)
    trigger: str | None = option("Streaming sinks: the time between two batches, or all that is there now.", default=None)
    output_mode: Literal["append", "complete", "update"] | None = option("Streaming sinks; append if not set.", default=None)
    watermark: WatermarkConfig | None = option("Streaming: how late a row may be.", default=None)
    batch: bool = option("In a stream: a static side input.", default=False)
    refresh: Literal["once", "per_batch"] | None = option("Side inputs: per_batch reads them for each batch.", default=None)
    query: str | None = option("Streaming sinks: the name of their query, where it is not that of their input.", default=None)

    @property
    def kind(self) -> Literal["source", "transform", "sink"]:
        """Which of the three it is."""
        return "source" if self.source is not None else "sink" if self.sink is not None else "transform"

    @property
    def plugin(self) -> str:
        """The name of its plugin as it stands in the file; empty when there is none."""
        return self.source or self.transform or self.sink or ""


@options
class SparkConfig:
    """The Spark session that the file asks for. `conf` has plain dotted keys and values as Spark's own text."""

    app_name: str | None = option("Name of the application; the pipeline's name if not set.", default=None)
    master: str | None = option("Spark master, such as local[*]. Leave it out where spark-submit gives it.", default=None)
    remote: str | None = option("A Spark Connect server, instead of master.", default=None)
    packages: list[str] = option("Maven coordinates.", default_factory=list)
    conf: dict[str, str] = option("Settings.", default_factory=dict)


@options
class HealthConfig:
    """Where a stream tells over HTTP whether it lives. port: 0 takes any that is free."""

    port: int = option("The port; 0 takes any that is free, and the run tells which.")
    host: str = option("The address to listen at; 0.0.0.0 for the probes of Kubernetes.", default="127.0.0.1")


@options
class RuntimeConfig:
    """How the run behaves, and where its state lies. Relative folders are relative to the pipeline file."""

    parallelism: int = option("How many components work at the same time.", default=4)
    on_failure: Literal["stop", "continue"] = option("Whether what does not depend on a failure still runs.", default="stop")
    state_dir: str = option("Records and locks; a local folder.", default=".ppf")
    data_dir: str | None = option("Frames that are kept; <state_dir>/data if not set.", default=None)
    timeout: timedelta | None = option("For the whole run.", default=None)
    shared_files: bool = option("Says that a local data_dir is seen by all executors.", default=False)
    health: HealthConfig | None = option("Streams: where they tell over HTTP whether they live.", default=None)


@options
class DefaultsConfig:
    """For components that set none of their own."""

    retry: RetryConfig | None = option("For components without a block retry.", default=None)
    circuit_breaker: CircuitBreakerConfig | None = option("For components without a block circuit_breaker.", default=None)


@options
class PluginsConfig:
    """Which distributions must be there, and which one wins a name that two offer: `{"sources.csv": "ppf-files"}`."""

    require: list[str] = option('Distributions with versions: "ppf-files>=0.1,<1".', default_factory=list)
    prefer: dict[str, str] = option('{ "sources.csv" = "ppf-files" }, see choosing.', default_factory=dict)


@options
class InstanceConfig:
    """One entry of `hooks` or `secrets`: the plugin it names and that plugin's options."""

    plugin: str = option("The plugin, so that two instances of one are possible.")
    required: bool = option("Hooks: a failure of it fails the run.", default=False)
    options: dict[str, Any] = field(default_factory=dict)


@options
class PipelineConfig:
    """A whole pipeline file."""

    name: str = option("The pipeline's name: [A-Za-z0-9._-], 1 to 128 characters.")
    version: str | None = option("Your version of it; it goes into the record of each run.", default=None)
    environment: str = option("Free text, such as ${?PPF_ENV}; it goes into the record.", default="dev")
    mode: Literal["batch", "streaming"] = option("How it runs.", default="batch")
    description: str | None = option("For people.", default=None)
    tags: dict[str, str] = option("For people and hooks.", default_factory=dict)
    spark: SparkConfig = option("The Spark session.", default_factory=SparkConfig)
    components: dict[str, ComponentConfig] = option("The graph.", default_factory=dict)
    defaults: DefaultsConfig = option("For components that set none of their own.", default_factory=DefaultsConfig)
    hooks: dict[str, InstanceConfig] = option("Hook plugins, in the order in which they are called.", default_factory=dict)
    secrets: dict[str, InstanceConfig] = option("Options of secrets backends. env needs no entry.", default_factory=dict)
    runtime: RuntimeConfig = option("How the run behaves.", default_factory=RuntimeConfig)
    plugins: PluginsConfig = option("Which distributions must be there, and which one wins.", default_factory=PluginsConfig)
    vars: dict[str, Any] = option("The home of values for substitutions: vars { bucket = landing }.", default_factory=dict)
