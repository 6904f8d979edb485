"""The rules of a pipeline file that its types do not say."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ppf_core.config.durations import parse_duration
from ppf_core.config.faults import Fault
from ppf_core.config.model import CheckConfig, CircuitBreakerConfig, ComponentConfig, PipelineConfig, RetryConfig
from ppf_core.config.places import Path

_PIPELINE_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
_THRESHOLD = re.compile(r"\s*(?:>=|<=|==|>|<)\s*(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<percent>%?)\s*")
_STREAMING_KEYS = ("trigger", "output_mode", "watermark", "batch")


def is_pipeline_name(name: str) -> bool:
    """Whether a text can name a pipeline or a run."""
    return _PIPELINE_NAME.fullmatch(name) is not None and name not in (".", "..")


def config_mistakes(config: PipelineConfig, raw: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the file as a whole."""
    if not is_pipeline_name(config.name):
        hint = "Use 1 to 128 letters, digits, '.', '_' or '-', but not '.' or '..'."
        yield Fault(("name",), "bad-value", f"{config.name!r} cannot be the name of a pipeline.", hint)
    if config.runtime.parallelism < 1:
        message = f"Key 'runtime.parallelism' is {config.runtime.parallelism}, but must be 1 or more."
        yield Fault(("runtime", "parallelism"), "bad-value", message)
    if config.spark.master and config.spark.remote:
        message = "Keys 'spark.master' and 'spark.remote' are both set."
        yield Fault(("spark", "remote"), "bad-value", message, "A session is either classic or Spark Connect: keep one.")
    if config.mode == "batch":
        yield from _streaming_keys(raw)
    yield from _retry(config.defaults.retry, ("defaults", "retry"))
    yield from _breaker(config.defaults.circuit_breaker, ("defaults", "circuit_breaker"))


def component_mistakes(name: str, config: ComponentConfig, block: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with one component by itself."""
    path: Path = ("components", name)
    kinds = [kind for kind in ("source", "transform", "sink") if block.get(kind) is not None]
    if not kinds and not _has_mistyped_kind(block):
        hint = "Add one of them with the name of a plugin, such as source = csv."
        yield Fault(path, "missing-key", f"Component {name!r} has no source, transform or sink.", hint, "key")
    for kind in kinds[1:]:
        message = f"Component {name!r} has a {kind} besides its {kinds[0]}, but a component is exactly one of them."
        yield Fault((*path, kind), "bad-value", message, "Make two components of it.", "key")
    for alias, component in config.inputs.items():
        if "." in component:
            hint = "Name the component alone."
            message = f"The input {component!r} names an output; transforms with several outputs are not supported yet."
            yield Fault((*path, "inputs", alias), "bad-value", message, hint)
    for index, check in enumerate(config.quality):
        yield from _thresholds(check, (*path, "quality", index))
    if config.trigger is not None and config.trigger != "available_now":
        try:
            parse_duration(config.trigger)
        except ValueError as error:
            yield Fault((*path, "trigger"), "bad-value", f"Key 'trigger': {error}", "Or write available_now.")
    yield from _retry(config.retry, (*path, "retry"))
    yield from _breaker(config.circuit_breaker, (*path, "circuit_breaker"))


def _has_mistyped_kind(block: Mapping[str, Any]) -> bool:
    """Whether an unknown key, which is reported anyway, probably means the missing one."""
    from ppf_core.errors import near_miss

    return any(near_miss(key, ("source", "transform", "sink")) for key in block if key not in ComponentConfig.__annotations__)


def _streaming_keys(raw: Mapping[str, Any]) -> Iterator[Fault]:
    components = raw.get("components")
    for name, block in components.items() if isinstance(components, Mapping) else ():
        for key in _STREAMING_KEYS if isinstance(block, Mapping) else ():
            if block.get(key) not in (None, False):
                message = f"Key {key!r} of {name!r} belongs to streams, but the file has mode = batch."
                yield Fault(("components", name, key), "wrong-mode", message, "Set mode = streaming, or remove it.", "key")


def _thresholds(check: CheckConfig, path: Path) -> Iterator[Fault]:
    for key, text in (("warn_if", check.warn_if), ("error_if", check.error_if)):
        if text is None:
            continue
        found = _THRESHOLD.fullmatch(text)
        if found is None or (found["percent"] and float(found["number"]) > 100):
            hint = 'Write a comparison with a count or a percentage up to 100 %, such as "> 10" or "> 0.5%".'
            yield Fault((*path, key), "bad-value", f"{text!r} is no threshold.", hint)


def _retry(retry: RetryConfig | None, path: Path) -> Iterator[Fault]:
    if retry is None:
        return
    if retry.max_attempts < 1:
        yield _low(path, "max_attempts", retry.max_attempts, "1 or more")
    if retry.multiplier < 1:
        yield _low(path, "multiplier", retry.multiplier, "1 or more")
    if not 0 <= retry.jitter <= 1:
        yield _low(path, "jitter", retry.jitter, "a fraction from 0 to 1")


def _breaker(breaker: CircuitBreakerConfig | None, path: Path) -> Iterator[Fault]:
    if breaker is None:
        return
    for key in ("failure_threshold", "success_threshold"):
        if getattr(breaker, key) < 1:
            yield _low(path, key, getattr(breaker, key), "1 or more")


def _low(path: Path, key: str, value: float, wanted: str) -> Fault:
    return Fault((*path, key), "bad-value", f"Key {key!r} is {value}, but must be {wanted}.")
