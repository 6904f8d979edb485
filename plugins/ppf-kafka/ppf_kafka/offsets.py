"""Places in topics: offsets by partition, and what a file may call a place."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from ppf_core import PpfError

Partition: TypeAlias = tuple[str, int]
"""Topic and number."""
Offsets: TypeAlias = dict[Partition, int]
Edge: TypeAlias = Literal["earliest", "latest"]

# As Spark writes them for itself.
_EDGES: Mapping[object, Edge] = {-2: "earliest", -1: "latest", "earliest": "earliest", "latest": "latest"}


@dataclass(frozen=True)
class Moment:
    """The first record that is not older: milliseconds since 1970."""

    milliseconds: int


Place: TypeAlias = int | Edge | Moment
"""An offset, or what brokers can be asked for."""


@dataclass(frozen=True)
class Places:
    """A place in each partition of some topics. of_rest: in those that are not named."""

    of_rest: Edge | Moment
    of_topics: Mapping[str, Edge]
    of_partitions: Mapping[Partition, int | Edge]

    def of(self, partition: Partition) -> Place:
        """The place in one partition."""
        return self.of_partitions.get(partition, self.of_topics.get(partition[0], self.of_rest))

    @property
    def names_earliest(self) -> bool:
        """Whether it is the first record, somewhere."""
        return "earliest" in (self.of_rest, *self.of_topics.values(), *self.of_partitions.values())

    @property
    def is_one(self) -> bool:
        """Whether it is the same for all partitions."""
        return not self.of_topics and not self.of_partitions


def places(value: Any, moment: str | None, of_rest: Edge) -> Places:
    """What the options of a start or an end mean. ValueError says what is wrong with them."""
    if moment is not None:
        return Places(moment_of(moment), {}, {})
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _parsed(value)
    if not isinstance(value, Mapping):
        return Places(_edge(value), {}, {})
    topics, partitions = dict[str, Edge](), dict[Partition, int | Edge]()
    for topic, inner in value.items():
        if not isinstance(inner, Mapping):
            topics[str(topic)] = _edge(inner)
            continue
        for number, place in inner.items():
            partition = _partition(str(topic), number, place)
            partitions[str(topic), partition] = _place(place)
    return Places(of_rest, topics, partitions)


def require_known(name: str, given: Places, partitions: Collection[Partition]) -> None:
    """Raises for what the option `name` says of partitions that are not there: it would be passed over."""
    topics = {topic for topic, _ in partitions}
    wrong = [f"partition {number} of {topic!r}" for topic, number in sorted(given.of_partitions.keys() - set(partitions))]
    wrong += [f"the topic {topic!r}" for topic in given.of_topics if topic not in topics]
    if wrong:
        hint = "There is no such partition, or 'topics' leaves it out."
        raise PpfError(f"{name} names {wrong[0]}, which is not read.", hint=hint)


def moment_of(text: str) -> Moment:
    """A time with a zone, or milliseconds since 1970."""
    if text.isdecimal():
        return Moment(int(text))
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'is {text!r}, but must be a time such as "2025-11-30T18:00:00Z".') from None
    if time.tzinfo is None:
        raise ValueError(f'is {text!r}, which has no time zone. Add one, such as "{text}Z".')
    return Moment(round(time.timestamp() * 1000))


def to_json(offsets: Mapping[Partition, int | str]) -> str:
    """As Spark writes offsets."""
    by_topic: dict[str, dict[str, int | str]] = {}
    for (topic, number), offset in sorted(offsets.items()):
        by_topic.setdefault(topic, {})[str(number)] = offset
    return json.dumps(by_topic, separators=(",", ":"))


def from_json(text: str) -> Offsets:
    """What `to_json` wrote."""
    return {(topic, int(number)): offset for topic, inner in json.loads(text).items() for number, offset in inner.items()}


def for_spark(place: Place) -> int:
    """An offset, or the number that stands for an edge."""
    if isinstance(place, Moment):
        raise TypeError("Spark has no number for a moment.")
    return place if isinstance(place, int) else {"earliest": -2, "latest": -1}[place]


def partitions_json(partitions: Mapping[Partition, object]) -> str:
    """As Spark wants to be told partitions: `{"orders":[0,1]}`."""
    by_topic: dict[str, list[int]] = {}
    for topic, number in sorted(partitions):
        by_topic.setdefault(topic, []).append(number)
    return json.dumps(by_topic, separators=(",", ":"))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}.") from None


def _edge(value: Any) -> Edge:
    if not isinstance(value, str) or value not in _EDGES:
        wanted = "earliest, latest, or offsets such as { orders { 0 = 23, 1 = latest } }"
        raise ValueError(f"is {value!r}, but must be {wanted}.")
    return _EDGES[value]


def _partition(topic: str, number: Any, place: Any) -> int:
    if isinstance(place, Mapping):
        # Without quotes HOCON makes blocks of a name with dots.
        said = f"has a block at {number!r} of {topic!r}, where an offset is wanted."
        raise ValueError(f'{said} A topic with dots stands between quotes: {{ "{topic}.{number}" {{ 0 = 23 }} }}.')
    found = _number(number)
    if found < 0:
        raise ValueError(f"has the partition {found} of {topic!r}; the first one is 0.")
    return found


def _place(value: Any) -> int | Edge:
    if isinstance(value, str | int) and value in _EDGES:
        return _EDGES[value]
    number = _number(value)
    if number < 0:
        raise ValueError(f"has the offset {number}; the first one is 0.")
    return number


def _number(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ValueError(f"has {value!r} where a number, earliest or latest is wanted.") from None
