"""The rules of a pipeline file that its types do not say and that need nothing but the file."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from ppf_core.config.durations import parse_duration
from ppf_core.config.faults import Fault
from ppf_core.config.model import CheckConfig, CircuitBreakerConfig, ComponentConfig, PipelineConfig, RetryConfig
from ppf_core.contracts.thresholds import FORM, Threshold
from ppf_core.errors import near_miss
from ppf_core.hocon.places import Path, dotted, shown
from ppf_core.secrets.references import SCHEME

KINDS = ("source", "transform", "sink")
_PIPELINE_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,128}")
COMPONENT_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
MOST_SAMPLES = 100  # bad rows of one check that a report can show
_STREAMING_KEYS = ("trigger", "output_mode", "watermark", "batch", "refresh", "query")


def rule_faults(config: PipelineConfig, raw: Mapping[str, Any], broken: Collection[Path]) -> Iterator[Fault]:
    """What is wrong with a file whose values have the right types.

    raw: the values as they stand in the file. broken: paths whose value could not be had, which is reported already.
    """
    yield from _name(config, raw)
    yield from _runtime(config)
    yield from _secrets(config)
    yield from _retry(config.defaults.retry, ("defaults", "retry"))
    yield from _breaker(config.defaults.circuit_breaker, ("defaults", "circuit_breaker"))
    yield from _requirements(config.plugins.require)
    yield from _nothing_to_run(config, broken)
    blocks = raw.get("components") or {}
    for name, component in config.components.items():
        if not isinstance(blocks[name], Mapping):
            continue
        yield from _component(name, component, blocks[name], broken)
        if raw.get("mode") in (None, "batch"):
            yield from _streaming_keys(name, blocks[name])
        elif config.mode == "streaming":
            yield from _sink_keys(name, component, blocks[name])


def _name(config: PipelineConfig, raw: Mapping[str, Any]) -> Iterator[Fault]:
    if isinstance(raw.get("name"), str | int | float) and not _PIPELINE_NAME.fullmatch(config.name):
        hint = "Use 1 to 128 letters, digits, '.', '_' and '-', but not '.' or '..' alone."
        yield Fault(("name",), "bad-value", f"{config.name!r} cannot be the name of a pipeline.", hint)


def _runtime(config: PipelineConfig) -> Iterator[Fault]:
    if config.runtime.parallelism < 1:
        yield _unfit(("runtime", "parallelism"), config.runtime.parallelism, "1 or more")
    yield from _positive(("runtime", "timeout"), config.runtime.timeout)
    health = config.runtime.health
    if health is not None and not 0 <= health.port <= 65535:
        yield _unfit(("runtime", "health", "port"), health.port, "a port from 0 to 65535")
    if health is not None and config.mode == "batch":
        message = "Key 'runtime.health' belongs to streams, but the mode of this pipeline is batch."
        yield Fault(("runtime", "health"), "wrong-mode", message, "Set mode = streaming, or remove the key.", "key")
    for key in ("state_dir", "data_dir"):
        if getattr(config.runtime, key) == "":
            yield _unfit(("runtime", key), "", "the path of a folder")
    if config.spark.master is not None and config.spark.remote is not None:
        message = "Keys 'spark.master' and 'spark.remote' are both set, but a session is one or the other."
        yield Fault(("spark", "remote"), "bad-value", message, "Remove one of them.", "key")


def _secrets(config: PipelineConfig) -> Iterator[Fault]:
    """A reference to a secret where nothing looks it up would be taken as it stands: as the name of a master, say."""
    spark, runtime = config.spark, config.runtime
    texts: dict[Path, str | None] = {
        ("version",): config.version,
        ("environment",): config.environment,
        **{("tags", key): text for key, text in config.tags.items()},
        ("spark", "app_name"): spark.app_name,
        ("spark", "master"): spark.master,
        ("spark", "remote"): spark.remote,
        **{("spark", "packages", index): text for index, text in enumerate(spark.packages)},
        ("runtime", "state_dir"): runtime.state_dir,
        ("runtime", "data_dir"): runtime.data_dir,
    }
    for path, text in texts.items():
        if text is not None and SCHEME in text:
            message = f"Key {dotted(path)!r} is {shown(text)}, but secrets are only looked up in spark.conf and plugin options."
            yield Fault(path, "bad-value", message, "Write the value itself, or take it from the environment: ${?NAME}.")


def _nothing_to_run(config: PipelineConfig, broken: Collection[Path]) -> Iterator[Fault]:
    if not config.components and ("components",) not in broken:
        hint = "Add components { name { source = …, options { … } } }."
        yield Fault(("components",), "missing-key", "The pipeline has no components.", hint, "key")
    elif config.components and not any(component.enabled for component in config.components.values()):
        message = "The pipeline has nothing to run: every component is disabled."
        yield Fault(("components",), "missing-key", message, "Set enabled = true on one of them.", "key")


def _requirements(entries: list[str]) -> Iterator[Fault]:
    if entries:
        from packaging.requirements import InvalidRequirement, Requirement
    for index, entry in enumerate(entries):
        try:
            Requirement(entry)
        except InvalidRequirement:
            hint = 'Write a distribution and its versions, such as "ppf-kafka>=1.2".'
            yield Fault(("plugins", "require", index), "bad-value", f"{entry!r} is no requirement of a distribution.", hint)


# ---- components


def _component(name: str, component: ComponentConfig, block: Mapping[str, Any], broken: Collection[Path]) -> Iterator[Fault]:
    path: Path = ("components", name)
    yield from _kind(name, block, path, broken)
    for alias, given in component.inputs.items():
        if "." in given:
            message = f"The input {given!r} names one of several outputs, which is reserved for later."
            yield Fault((*path, "inputs", alias), "bad-value", message, f"Write {given.split('.')[0]!r}.")
    for index, check in enumerate(component.quality):
        yield from _check(check, (*path, "quality", index))
    yield from _positive((*path, "timeout"), component.timeout)
    yield from _trigger(component.trigger, (*path, "trigger"))
    yield from _retry(component.retry, (*path, "retry"))
    yield from _breaker(component.circuit_breaker, (*path, "circuit_breaker"))


def _kind(name: str, block: Mapping[str, Any], path: Path, broken: Collection[Path]) -> Iterator[Fault]:
    kinds = [key for key in block if key in KINDS and block[key] is not None]
    if not kinds and not any((*path, kind) in broken for kind in KINDS):
        hint = "Add exactly one of them with the name of a plugin, such as source = csv."
        yield Fault(path, "missing-key", f"Component {name!r} has no source, transform or sink.", hint, "key")
    for kind in kinds[1:]:
        message = f"Component {name!r} is a {kinds[0]} and a {kind}, but a component is exactly one of source, transform, sink."
        yield Fault((*path, kind), "bad-value", message, "Make two components of it.", "key")
    for kind in kinds:
        if block[kind] == "":
            yield _unfit((*path, kind), "", "the name of a plugin")


def _streaming_keys(name: str, block: Mapping[str, Any]) -> Iterator[Fault]:
    for key in _STREAMING_KEYS:
        if block.get(key) is not None:
            message = f"Key {key!r} of {name!r} belongs to streams, but the mode of this pipeline is batch."
            yield Fault(("components", name, key), "wrong-mode", message, "Set mode = streaming, or remove the key.", "key")


def _sink_keys(name: str, component: ComponentConfig, block: Mapping[str, Any]) -> Iterator[Fault]:
    for key in ("trigger", "output_mode"):
        if block.get(key) is not None and component.plugin and component.kind != "sink":
            message = f"Key {key!r} belongs to sinks, but {name!r} is a {component.kind}."
            yield Fault(("components", name, key), "bad-value", message, "Set it on the sinks that read this component.", "key")


def _trigger(text: str | None, path: Path) -> Iterator[Fault]:
    if text is None or text == "available_now":
        return
    try:
        yield from _positive(path, parse_duration(text))
    except ValueError as error:
        close = near_miss(text, ["available_now"])
        hint = f"Did you mean {close!r}?" if close else f"Write available_now or a duration. {error}"
        yield Fault(path, "bad-value", f"Key {dotted(path)!r} is {text!r}, but must be available_now or a duration.", hint)


def _check(check: CheckConfig, path: Path) -> Iterator[Fault]:
    for key, text in (("warn_if", check.warn_if), ("error_if", check.error_if)):
        if text is not None and not _is_threshold(text):
            message = f"Key {dotted((*path, key))!r} is {text!r}, which is no threshold."
            yield Fault((*path, key), "bad-value", message, FORM)
    if check.where is not None and not check.where.strip():
        yield _unfit((*path, "where"), check.where, "a condition, such as \"country = 'CH'\"")
    if not 0 <= check.samples <= MOST_SAMPLES:
        yield _unfit((*path, "samples"), check.samples, f"a number of rows from 0 to {MOST_SAMPLES}")
    if check.quarantine_to is not None and check.action != "quarantine":
        message = f"Key 'quarantine_to' is set, but the action is {check.action}, which keeps no bad rows."
        yield Fault((*path, "quarantine_to"), "bad-value", message, "Set action = quarantine, or remove the key.", "key")


def _is_threshold(text: str) -> bool:
    try:
        Threshold.parse(text)
    except ValueError:
        return False
    return True


def _retry(retry: RetryConfig | None, path: Path) -> Iterator[Fault]:
    if retry is None:
        return
    if retry.max_attempts < 1:
        yield _unfit((*path, "max_attempts"), retry.max_attempts, "1 or more")
    if retry.multiplier < 1:
        yield _unfit((*path, "multiplier"), retry.multiplier, "1 or more")
    if not 0 <= retry.jitter <= 1:
        yield _unfit((*path, "jitter"), retry.jitter, "a fraction from 0 to 1")


def _breaker(breaker: CircuitBreakerConfig | None, path: Path) -> Iterator[Fault]:
    if breaker is None:
        return
    for key in ("failure_threshold", "success_threshold"):
        if getattr(breaker, key) < 1:
            yield _unfit((*path, key), getattr(breaker, key), "1 or more")


def _positive(path: Path, duration: timedelta | None) -> Iterator[Fault]:
    if duration is not None and not duration:
        yield _unfit(path, 0, "a duration above 0")


def _unfit(path: Path, value: object, wanted: str) -> Fault:
    return Fault(path, "bad-value", f"Key {dotted(path)!r} is {value!r}, but must be {wanted}.")
