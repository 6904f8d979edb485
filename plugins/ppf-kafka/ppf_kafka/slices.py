"""What a batch run reads: from which offset to which, in every partition.

deleted        read by earlier runs │ what this run reads  │ what comes later
─────────┼──────────────────────────┼──────────────────────┼─────────────────▶ offsets of one partition
      earliest                    start                   end        latest
"""

import json
from dataclasses import dataclass
from logging import Logger

from ppf_core import PpfError
from ppf_kafka.cluster import Cluster
from ppf_kafka.offsets import Offsets, Partition, Place, from_json, to_json
from ppf_kafka.options import BatchReadOptions


@dataclass(frozen=True)
class Slice:
    """The first offset of each partition, and the one after the last."""

    start: Offsets
    end: Offsets

    @property
    def text(self) -> str:
        """As a pin is kept."""
        return json.dumps({"start": json.loads(to_json(self.start)), "end": json.loads(to_json(self.end))})

    @classmethod
    def of(cls, text: str) -> "Slice":
        """What `text` wrote."""
        found = json.loads(text)
        return cls(*(from_json(json.dumps(found[name])) for name in ("start", "end")))


def slice_now(cluster: Cluster, options: BatchReadOptions, topics: list[str], cursor: str | None, logger: Logger) -> Slice:
    """What a run that begins now reads. cursor: where the last one ended; partitions that it does not know are new."""
    partitions = cluster.partitions(topics)
    _require_known(options, partitions)
    earliest = cluster.offsets(dict.fromkeys(partitions, "earliest"))
    latest = cluster.offsets(dict.fromkeys(partitions, "latest"))
    begun = from_json(cursor) if cursor is not None else {}
    wanted: dict[Partition, Place] = {
        each: begun.get(each, "earliest") if cursor is not None else options.start.of(each) for each in partitions
    }
    start = _kept(cluster.offsets(wanted), earliest, latest, options, logger)
    end = cluster.offsets({each: options.end.of(each) for each in partitions})
    _require_there(end, latest)
    return Slice(start, _first({each: max(offset, start[each]) for each, offset in end.items()}, start, options))


def _first(end: Offsets, start: Offsets, options: BatchReadOptions) -> Offsets:
    """An end that is not too far away: each partition gives records in proportion to those that it has."""
    sizes, most = {each: offset - start[each] for each, offset in end.items()}, options.max_offsets_per_trigger
    total = sum(sizes.values())
    if most is None or total <= most:
        return end
    shares = {each: size * most // total for each, size in sizes.items()}
    left = most - sum(shares.values())
    for each, size in sizes.items():
        more = min(left, size - shares[each])
        shares[each] += more
        left -= more
    return {each: start[each] + share for each, share in shares.items()}


def require_kept(cluster: Cluster, wanted: Slice) -> None:
    """Raises where records of a slice are gone since it was taken."""
    partitions = [each for each, offset in wanted.start.items() if offset < wanted.end[each]]
    earliest = cluster.offsets(dict.fromkeys(partitions, "earliest"))
    latest = cluster.offsets(dict.fromkeys(partitions, "latest"))
    for each in partitions:
        if wanted.start[each] < earliest[each] or wanted.end[each] > latest[each]:
            raise _lost(each, wanted.start[each], earliest[each], latest[each])


def _kept(start: Offsets, earliest: Offsets, latest: Offsets, options: BatchReadOptions, logger: Logger) -> Offsets:
    """Where reading can really begin."""
    found = dict(start)
    for partition, offset in start.items():
        if earliest[partition] <= offset <= latest[partition]:
            continue
        error = _lost(partition, offset, earliest[partition], latest[partition])
        if options.fail_on_data_loss:
            raise error
        logger.warning("%s It is read from offset %d on.", error.message, earliest[partition])
        found[partition] = earliest[partition]
    return found


def _lost(partition: Partition, offset: int, earliest: int, latest: int) -> PpfError:
    topic, number = partition
    return PpfError(
        f"Records are gone: reading begins at offset {offset} of partition {number} of {topic!r}, "
        f"which has the offsets from {earliest} to {latest}.",
        hint="They were deleted, or the topic was made anew. Set fail_on_data_loss = false to go on with what is there.",
    )


def _require_there(end: Offsets, latest: Offsets) -> None:
    for (topic, number), offset in end.items():
        if offset > latest[topic, number]:
            raise PpfError(
                f"Reading ends at offset {offset} of partition {number} of {topic!r}, which ends at {latest[topic, number]}.",
                hint="Correct ending_offsets.",
            )


def _require_known(options: BatchReadOptions, partitions: list[Partition]) -> None:
    """What the file says of partitions that are not there would be passed over."""
    known, topics = set(partitions), {topic for topic, _ in partitions}
    for name, given in (("starting_offsets", options.start), ("ending_offsets", options.end)):
        wrong = [f"partition {number} of {topic!r}" for topic, number in sorted(given.of_partitions.keys() - known)]
        wrong += [f"the topic {topic!r}" for topic in given.of_topics if topic not in topics]
        if wrong:
            hint = "There is no such partition, or 'topics' leaves it out."
            raise PpfError(f"{name} names {wrong[0]}, which is not read.", hint=hint)
