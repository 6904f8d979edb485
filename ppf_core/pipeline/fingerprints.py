"""What each component of a file means, in a form that a later run can compare. Comments and retries are no part of it.

A fingerprint is a mapping that JSON can hold. `digest` stands for a component and all that feeds it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ppf_core.pipeline.checked import CheckedComponent, CheckedPipeline
from ppf_core.pipeline.documents import to_document
from ppf_core.pipeline.recorded_plan import known_options


@dataclass(frozen=True)
class Fingerprint:
    """One component. own: its plugin, version, options, inputs and checks, secrets by reference."""

    own: Mapping[str, Any]
    digest: str

    def differences(self, earlier: Mapping[str, Any]) -> tuple[str, ...]:
        """Which parts are not what they were: `options.query`, `version`."""
        return tuple(_differences(earlier, self.own, ""))


def fingerprints(checked: CheckedPipeline) -> dict[str, Fingerprint]:
    """The fingerprints of all components."""
    found: dict[str, Fingerprint] = {}
    for name in checked.graph.order():
        own = _own(checked.components[name])
        feeding = sorted(set(checked.dataflow.reads[name]))
        text = json.dumps([own, {each: found[each].digest for each in feeding}], sort_keys=True, ensure_ascii=False)
        found[name] = Fingerprint(own, hashlib.sha256(text.encode()).hexdigest())
    return found


def _own(component: CheckedComponent) -> dict[str, Any]:
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
    elif earlier != now:
        yield path
