"""What each component of a file means, in a form that a later run can compare. Comments and retries are no part of it.

A fingerprint is a mapping that JSON can hold. `digest` stands for a component and all that feeds it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ppf_core.secrets.redaction import mask_by_name
from ppf_core.state.documents import to_document
from ppf_core.state.recorded_plan import known_options
from ppf_core.validation.validated import ValidatedComponent, ValidatedPipeline

# How much of a long value is shown, and how much of that before the first difference.
_LONGEST, _BEFORE = 60, 20


@dataclass(frozen=True)
class Fingerprint:
    """One component. own: its plugin, version, options, inputs and checks, secrets by reference."""

    own: Mapping[str, Any]
    digest: str

    def differences(self, earlier: Mapping[str, Any]) -> tuple[str, ...]:
        """Which parts are not what they were, and what they were: `version: 1.0 -> 1.1`."""
        return tuple(_differences(earlier, self.own, ""))


def fingerprints(validated: ValidatedPipeline) -> dict[str, Fingerprint]:
    """The fingerprints of all components."""
    found: dict[str, Fingerprint] = {}
    for name in validated.graph.order():
        own = _own(validated.components[name])
        feeding = sorted(set(validated.dataflow.reads[name]))
        text = json.dumps([own, {each: found[each].digest for each in feeding}], sort_keys=True, ensure_ascii=False)
        found[name] = Fingerprint(own, hashlib.sha256(text.encode()).hexdigest())
    return found


def _own(component: ValidatedComponent) -> dict[str, Any]:
    entry, config = component.plugin.entry, component.config
    return {
        "plugin": f"{entry.distribution}:{entry.name}",
        "version": entry.version,
        "options": known_options(component.plugin),
        "inputs": dict(config.inputs),
        "frames": sorted(component.frames),
        "quality": to_document(config.quality),
    }


def _differences(earlier: Any, now: Any, path: str) -> Iterator[str]:
    if isinstance(earlier, Mapping) and isinstance(now, Mapping):
        for key in [*now, *(key for key in earlier if key not in now)]:
            yield from _differences(earlier.get(key), now.get(key), f"{path}.{key}" if path else key)
    elif _are_blocks(earlier) and _are_blocks(now) and len(earlier) == len(now):
        for number, (one, other) in enumerate(zip(earlier, now, strict=True)):
            yield from _differences(one, other, f"{path}[{number}]")
    elif earlier != now:
        key = path.rpartition(".")[2]
        yield f"{path}: {_change(mask_by_name(earlier, key), mask_by_name(now, key))}"


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _change(earlier: Any, now: Any) -> str:
    """Both values; of long ones what is around the first difference."""
    one, other = _shown(earlier), _shown(now)
    if one == other:  # they differ in white space, or in their type
        one, other = json.dumps(earlier, ensure_ascii=False), json.dumps(now, ensure_ascii=False)
    equal = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, equal - _BEFORE) if max(len(one), len(other)) > _LONGEST else 0
    return f"{_cut(one, start)} -> {_cut(other, start)}"


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    return " ".join((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).split())


def _cut(text: str, start: int) -> str:
    left, right = "…" if start else "", "…" if len(text) > start + _LONGEST else ""
    return f"{left}{text[start : start + _LONGEST]}{right}"
