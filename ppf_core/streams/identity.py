"""What a query is, as far as its checkpoint cares: which sources it reads, what it remembers, and what it feeds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppf_core.contracts.components import StreamingSource
from ppf_core.state.fingerprints import Fingerprint
from ppf_core.validation.queries import Query
from ppf_core.validation.validated import ValidatedPipeline


@dataclass(frozen=True)
class Identity:
    """Of one query. sources: in the order in which its plan has them, without the options that may change.

    operators: what remembers rows of earlier batches, as Spark's analysed plan has it. components: all that it computes.
    """

    sources: Mapping[str, Mapping[str, Any]]
    operators: Sequence[str]
    output_mode: str
    sinks: Mapping[str, str]
    components: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Difference:
    """What changed in a query since its checkpoint was made. refused: what Spark cannot follow. followed: what it can."""

    refused: tuple[str, ...]
    followed: tuple[str, ...]


def identity_of(
    query: Query, validated: ValidatedPipeline, found: Mapping[str, Fingerprint], operators: Sequence[str]
) -> Identity:
    """The identity of a query of a file. operators: of its streaming frame."""
    names = [name for name in validated.components if name in query.above | query.below]
    sources = {
        name: {
            "plugin": found[name].own["plugin"],
            "options": {key: value for key, value in found[name].own["options"].items() if key not in cls.changeable},
        }
        for name in validated.graph.order()
        if name in query.above and issubclass(cls := validated.components[name].plugin.cls, StreamingSource)
    }
    sinks = {name: found[name].own["plugin"] for name in query.sinks}
    return Identity(sources, tuple(operators), query.output_mode, sinks, {name: found[name].own for name in names})


def difference(earlier: Identity, now: Identity) -> Difference:
    """Earlier and now, of one query."""
    refused = tuple(_refused(earlier, now))
    followed = (
        f"{name!r}: {text}"
        for name, own in now.components.items()
        for text in Fingerprint(own, "").differences(earlier.components.get(name, {}))
        if name in earlier.components and not text.startswith("version")
    )
    gone = (f"{name!r} is no part of it any more" for name in earlier.components if name not in now.components)
    new = (f"{name!r} is new" for name in now.components if name not in earlier.components)
    return Difference(refused, (*followed, *gone, *new) if not refused else ())


def _refused(earlier: Identity, now: Identity) -> Iterator[str]:
    if list(earlier.sources) != list(now.sources):
        yield f"its sources are {_listed(now.sources)}, and were {_listed(earlier.sources)}, in this order"
    else:
        for name, source in now.sources.items():
            for text in Fingerprint(source, "").differences(earlier.sources[name]):
                yield f"the source {name!r} reads something else: {text}"
    if list(earlier.operators) != list(now.operators):
        yield f"what it remembers between batches is {_listed(now.operators)}, and was {_listed(earlier.operators)}"
    if earlier.output_mode != now.output_mode:
        yield f"its output mode is {now.output_mode}, and was {earlier.output_mode}"
    if dict(earlier.sinks) != dict(now.sinks):
        yield f"its sinks are {_sinks(now)}, and were {_sinks(earlier)}"


def _listed(names: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join(names) or "nothing"


def _sinks(identity: Identity) -> str:
    return ", ".join(f"{name} ({plugin})" for name, plugin in sorted(identity.sinks.items()))
