"""Exactly once, shown: a stream from a topic into files and a Delta table, killed at each line of its journal, and later."""

import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet
from connectors import connector_settings
from delta_reader import ids
from kafka_broker import KafkaBroker, Topics
from points import EVERY_POINT
from struck_stream import ROWS, StruckStream
from victim import POINTS

KILLS = 300 if EVERY_POINT else 15
SEED = int(os.environ.get("PPF_SEED", "1"))
PIPELINE = """
name = struck
mode = streaming
spark.conf { "spark.sql.shuffle.partitions" = 1 }
components {
  numbers {
    source = kafka
    options {
      bootstrap_servers = "%s", topics = %s, value_schema = "id INT", columns = [partition]
      starting_offsets = earliest, max_offsets_per_trigger = 10
    }
    quality = [ { check = expression, options { sql = "_corrupt_value IS NULL" }, action = drop } ]
  }
  out { sink = parquet, inputs = [numbers], trigger = available_now, options { path = "out/numbers", mode = append } }
  table { sink = delta, inputs = [numbers], trigger = available_now, options { path = "out/table", mode = append } }
  copies {
    sink = kafka, inputs = [numbers], trigger = available_now
    options { bootstrap_servers = "%s", topic = %s, key = id, value = [id] }
  }
}
"""


@dataclass
class StruckTopic(StruckStream):
    """A topic with two partitions, which feeds files and a table."""

    topics: Topics | None = None
    topic: str = ""

    def feed(self, count: int = 1) -> None:
        """More records: in each lot one is poison."""
        assert self.topics is not None
        for _ in range(count):
            values = [f'{{"id": {self.files * ROWS + each}}}' for each in range(ROWS)]
            self.topics.send(self.topic, [*values, "poison"], partition=self.files % 2)
            self.files += 1

    def rows(self, sink: str) -> list[tuple[Any, ...]]:
        """What is in the folder or the table, as somebody without Spark reads it."""
        if sink == "table":
            return [(each,) for each in ids(self.folder / "out" / sink)]
        found: list[tuple[Any, ...]] = []
        for path in sorted((self.folder / "out" / sink).glob("[!._]*")):
            found += [(each,) for each in pyarrow.parquet.read_table(path, columns=["id"])["id"].to_pylist()]
        return found

    def require_every_record_once(self) -> None:
        """Nothing is lost, and nobody ever saw a record twice."""
        assert self.seen == []
        assert self.ids("numbers") == self.ids("table") == list(range(self.files * ROWS))


def test_a_stream_from_a_topic_that_is_killed_loses_nothing_and_writes_nothing_twice(
    kafka: KafkaBroker, topics: Topics, tmp_path: Path
) -> None:
    topic, copies = topics.create(2), topics.create(2)
    (tmp_path / "struck.conf").write_text(PIPELINE % (kafka.address, topic, kafka.address, copies))
    stream = StruckTopic(tmp_path, ("numbers", "table"), topics=topics, topic=topic, settings=connector_settings())
    chance = random.Random(SEED)  # noqa: S311 -- it repeats
    points: Sequence[str] = [each for each in POINTS if each != "before the journal"]
    kills = 0
    while kills < KILLS:
        stream.feed(2)
        point, when = (points[kills], 1.0 + kills % 2) if kills < len(points) else ("after", chance.uniform(0, 3))
        kills += stream.run(point, when) < 0
    stream.run()
    stream.require_every_record_once()
    # Its copies are there at least once, and each of them once for those who drop what has an id that they know.
    known = {
        dict(each.headers() or [])["ppf-record-id"]: json.loads(each.value() or b"")["id"] for each in topics.records(copies)
    }
    assert sorted(known.values()) == list(range(stream.files * ROWS))
