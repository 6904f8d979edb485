"""Exactly once, shown: a stream that is killed at each line of its journal, and at any moment."""

import os
import random
from pathlib import Path

from points import EVERY_POINT
from struck_stream import STATEFUL, TOGETHER, StruckStream
from victim import POINTS

KILLS = 500 if EVERY_POINT else 25  # twice at each point, and at any moment
SEED = int(os.environ.get("PPF_SEED", "1"))


def test_a_stream_that_is_killed_loses_nothing_and_writes_nothing_twice(tmp_path: Path) -> None:
    stream, chance = StruckStream.new(tmp_path, TOGETHER), random.Random(SEED)  # noqa: S311 -- it repeats
    points = [(point, number) for point in POINTS for number in (1, 2)]
    kills = 0
    while kills < KILLS:
        stream.feed(2)
        point, when = points[kills] if kills < len(points) else ("after", chance.uniform(0, 3))
        is_killed = stream.run(point, when) < 0
        kills += is_killed
        if not is_killed:
            assert point == "after", f"Nobody came {point!r} {when} times."
            stream.require_all()
    stream.run()
    stream.require_all()


def test_what_a_stream_remembers_survives_its_death(tmp_path: Path) -> None:
    stream = StruckStream.new(tmp_path, STATEFUL)
    for point in ("after the journal", "before a publish", "after a batch") * (10 if EVERY_POINT else 1):
        stream.feed(2)
        stream.run(point, 2)
    stream.run()
    stream.require_all()
