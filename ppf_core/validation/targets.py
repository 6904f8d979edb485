"""What sinks may write: nothing that another sink makes as a whole, and nothing that the run itself stands on."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ppf_core.config.loader import PipelineFile
from ppf_core.contracts.components import Sink
from ppf_core.contracts.context import Dataset
from ppf_core.errors import Problem
from ppf_core.validation.validated import ValidatedComponent


def target_problems(
    file: PipelineFile, components: Mapping[str, ValidatedComponent], datasets: Mapping[str, Sequence[Dataset]]
) -> Iterator[Problem]:
    """The sinks whose publish would take away what another sink writes, or the pipeline file, or the state of the run."""
    sinks = [component for name, component in components.items() if component.config.kind == "sink" and name in datasets]
    yield from _shared(file, sinks, datasets)
    state = os.path.realpath(file.folder / file.config.runtime.state_dir)
    ground = {"the pipeline file": os.path.realpath(file.path), "the state directory": state}
    for sink in sinks:
        for name in (dataset.name for dataset in datasets[sink.name] if dataset.namespace == "file"):
            lying = [what for what, path in ground.items() if _lies_in(path, os.path.realpath(name))]
            if lying:
                message = f"The sink {sink.name!r} writes {name!r}, which holds {' and '.join(lying)}."
                yield file.problem("unsafe-target", message, sink.plugin.place, at="key", hint="Name a folder below it.")


def overlap(some: Sequence[Dataset], others: Sequence[Dataset]) -> bool:
    """Whether one of the datasets is, contains or lies in one of the others."""
    return any(
        one.namespace == other.namespace and (_lies_in(one.name, other.name) or _lies_in(other.name, one.name))
        for one in some
        for other in others
    )


@dataclass
class _Writers:
    """The first sink that writes a place, and the first that must be alone there: enough to find all who may not be there."""

    first: dict[Dataset, int] = field(default_factory=dict)
    first_exclusive: dict[Dataset, int] = field(default_factory=dict)


def _shared(
    file: PipelineFile, sinks: "Sequence[ValidatedComponent]", datasets: Mapping[str, Sequence[Dataset]]
) -> Iterator[Problem]:
    exclusive = [isinstance(sink.draft, Sink) and sink.draft.exclusive for sink in sinks]
    writers = _Writers()
    for index, sink in enumerate(sinks):
        for dataset in map(_tidy, datasets[sink.name]):
            writers.first.setdefault(dataset, index)
            if exclusive[index]:
                writers.first_exclusive.setdefault(dataset, index)
    pairs = set()
    for index, sink in enumerate(sinks):
        for place in (place for dataset in datasets[sink.name] for place in _containing(_tidy(dataset))):
            others = writers.first_exclusive.get(place), writers.first.get(place) if exclusive[index] else None
            pairs |= {(min(index, other), max(index, other)) for other in others if other is not None and other != index}
    for one, other in sorted(pairs):
        message = (
            f"The sinks {sinks[one].name!r} and {sinks[other].name!r} write the same place; one would replace the other's rows."
        )
        hint = "Give each a target of its own, or union their inputs and write them with one sink."
        yield file.problem("shared-target", message, sinks[other].plugin.place, at="key", hint=hint)


def _containing(dataset: Dataset) -> Iterator[Dataset]:
    """The dataset, and all in which it may lie."""
    yield dataset
    name = dataset.name
    while "/" in name:
        name = name.rpartition("/")[0]
        yield replace(dataset, name=name)


def _tidy(dataset: Dataset) -> Dataset:
    return replace(dataset, name=dataset.name.rstrip("/"))


def _lies_in(inner: str, outer: str) -> bool:
    return f"{inner.rstrip('/')}/".startswith(f"{outer.rstrip('/')}/")
