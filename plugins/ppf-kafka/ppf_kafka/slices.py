"""What a batch run reads: from which offset to which, in every partition.

deleted        read by earlier runs │ what this run reads  │ what comes later
─────────┼──────────────────────────┼──────────────────────┼─────────────────▶ offsets of one partition
      earliest                    start                   end        latest

Records come while we ask, so each edge is asked for once, and all else is compared with that answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from logging import Logger

from ppf_core import PpfError
from ppf_kafka.cluster import Cluster, Topic, ids_of, partitions_of
from ppf_kafka.offsets import Edge, Moment, Offsets, Partition, Place, from_json, require_known, to_json
from ppf_kafka.options import BatchReadOptions
from ppf_kafka.topic_ids import made_anew


@dataclass(frozen=True)
class Cursor:
    """Where earlier runs ended, also in topics that the last one left out. ids: of these topics, where they have any."""

    offsets: Offsets
    ids: Mapping[str, str]

    def without(self, topics: set[str]) -> "Cursor":
        """All but some topics."""
        offsets = {each: offset for each, offset in self.offsets.items() if each[0] not in topics}
        return Cursor(offsets, {topic: name for topic, name in self.ids.items() if topic not in topics})


@dataclass(frozen=True)
class Slice:
    """The first offset of each partition, and the one after the last.

    ids: of the topics. others: where earlier runs ended in topics that this one leaves out.
    """

    start: Offsets
    end: Offsets
    ids: Mapping[str, str]
    others: Cursor

    @property
    def cursor(self) -> Cursor:
        """Where the next run begins."""
        return Cursor({**self.others.offsets, **self.end}, {**self.others.ids, **self.ids})

    @property
    def text(self) -> str:
        """As a pin is kept."""
        offsets = {"start": self.start, "end": self.end, "others": self.others.offsets}
        told = {name: json.loads(to_json(each)) for name, each in offsets.items()}
        return json.dumps({**told, "ids": self.ids, "other_ids": self.others.ids})

    @classmethod
    def of(cls, text: str) -> "Slice":
        """What `text` wrote."""
        found = json.loads(text)
        start, end, others = (from_json(json.dumps(found[name])) for name in ("start", "end", "others"))
        return cls(start, end, found["ids"], Cursor(others, found["other_ids"]))


def slice_now(cluster: Cluster, options: BatchReadOptions, topics: list[str], cursor: Cursor | None, logger: Logger) -> Slice:
    """What a run that begins now reads. Partitions that the cursor does not know are new."""
    there = cluster.there(topics)
    partitions = partitions_of(there)
    require_known("starting_offsets", options.start, partitions)
    require_known("ending_offsets", options.end, partitions)
    begun = _still_meant(cluster, options, cursor, there, logger) if cursor is not None else Cursor({}, {})
    # In this order: what comes meanwhile is after the end, and no end is before its beginning.
    earliest = cluster.edges(partitions, "earliest")
    edges: dict[Edge, Offsets] = {"earliest": earliest, "latest": cluster.edges(partitions, "latest")}
    wanted: dict[Partition, Place] = {
        each: begun.offsets.get(each, "earliest") if cursor is not None else options.start.of(each) for each in partitions
    }
    start = _kept(_offsets(cluster, wanted, edges), edges, options, logger)
    end = _offsets(cluster, {each: options.end.of(each) for each in partitions}, edges)
    _require_there(end, edges["latest"])
    end = _first({each: max(offset, start[each]) for each, offset in end.items()}, start, options)
    return Slice(start, end, ids_of(there), begun.without(set(there)))


def require_kept(cluster: Cluster, options: BatchReadOptions, wanted: Slice) -> None:
    """Raises where records of a slice are gone since it was taken."""
    ids = ids_of(cluster.there(sorted({topic for topic, _ in wanted.start})))
    for _, message in made_anew(wanted.ids, ids, "at the beginning of this run"):
        raise PpfError(
            message, hint="This run cannot be finished: begin a new one, or go back to the brokers that it began with."
        )
    if not options.fail_on_data_loss:
        return
    partitions = [each for each, offset in wanted.start.items() if offset < wanted.end[each]]
    earliest, latest = cluster.edges(partitions, "earliest"), cluster.edges(partitions, "latest")
    for each in partitions:
        if wanted.start[each] < earliest[each] or wanted.end[each] > latest[each]:
            raise _lost(each, wanted.start[each], earliest[each], latest[each])


def _offsets(cluster: Cluster, places: Mapping[Partition, Place], edges: Mapping[Edge, Offsets]) -> Offsets:
    """The offsets of places. A moment after the last record is the end of its partition."""
    since = cluster.first_since({each: place for each, place in places.items() if isinstance(place, Moment)})
    found = Offsets()
    for each, place in places.items():
        if isinstance(place, Moment):
            latest = edges["latest"][each]
            found[each] = min(since.get(each, latest), latest)
        else:
            found[each] = place if isinstance(place, int) else edges[place][each]
    return found


def _first(end: Offsets, start: Offsets, options: BatchReadOptions) -> Offsets:
    """An end that is not too far away: each partition that has records gives one, and of the rest in proportion."""
    most = options.max_offsets_per_trigger
    sizes = {each: offset - start[each] for each, offset in end.items() if offset > start[each]}
    if most is None or sum(sizes.values()) <= most:
        return end
    rest, of_all = max(most - len(sizes), 0), max(sum(sizes.values()) - len(sizes), 1)
    shares = {each: 1 + (size - 1) * rest // of_all for each, size in sizes.items()}
    left = rest + len(sizes) - sum(shares.values())
    for each, size in sizes.items():
        more = min(left, size - shares[each])
        shares[each] += more
        left -= more
    return {each: start[each] + shares.get(each, 0) for each in end}


def _still_meant(
    cluster: Cluster, options: BatchReadOptions, cursor: Cursor, there: Mapping[str, Topic], logger: Logger
) -> Cursor:
    """A cursor without topics that are no longer those which it was about."""
    ids, known = ids_of(there), {topic for topic, _ in cursor.offsets}
    lost = dict(made_anew(cursor.ids, ids, "in earlier runs"))
    missed = known - there.keys() if options.topic_pattern is not None else ()
    for topic in cluster.fitting(options.topic_pattern or "", missed):
        lost[topic] = f"Records may be gone: the topic {topic!r} is not there any more, of which earlier runs have read."
    for message in lost.values():
        if options.fail_on_data_loss:
            hint = "Set fail_on_data_loss = false for one run to go on with what is there; it forgets the old topic."
            raise PpfError(message, hint=hint)
        logger.warning("%s What is there is read from its beginning.", message)
    return cursor.without(set(lost))


def _kept(start: Offsets, edges: Mapping[Edge, Offsets], options: BatchReadOptions, logger: Logger) -> Offsets:
    """Where reading can really begin."""
    found = dict(start)
    for partition, offset in start.items():
        earliest, latest = edges["earliest"][partition], edges["latest"][partition]
        if earliest <= offset <= latest:
            continue
        error = _lost(partition, offset, earliest, latest)
        if options.fail_on_data_loss:
            raise error
        logger.warning("%s It is read from offset %d on.", error.message, earliest)
        found[partition] = earliest
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
