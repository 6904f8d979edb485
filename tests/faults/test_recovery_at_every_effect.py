"""A run that decided to publish, struck at every effect of what finishes it: each time, recovering again completes it."""

import copy
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from books import Books, Findings
from forking import BROKEN, FAILED, REFUSED
from injection import FAULTS, Effect, Effects
from points import EVERY_POINT, spread
from pyspark.sql import SparkSession
from scene import Scene
from striking import effects_of, struck


def begins_to_publish(effect: Effect) -> bool:
    """The first effect of a publish: up to here the run has only decided it."""
    return effect.kind == "replace" and effect.path.endswith("/.publishing")


@dataclass(frozen=True)
class Committed:
    """A scene whose second batch was killed when it had decided to publish; `restore` makes it so again."""

    scene: Scene
    kept: Path
    books: Books

    @classmethod
    def new(cls, scene: Scene, spark: SparkSession) -> "Committed":
        assert scene.attempt("run", 1, spark) == 0
        books = Books(scene.folder)
        books.settle(1, is_shown=True)
        killed = Effects([str(scene.folder)], begins_to_publish)
        assert struck(lambda: scene.attempt("run", 2, spark), killed) == -signal.SIGKILL
        kept = scene.folder.with_name("kept")
        shutil.copytree(scene.folder, kept)
        return cls(scene, kept, books)

    def restore(self) -> Books:
        shutil.rmtree(self.scene.folder)
        shutil.copytree(self.kept, self.scene.folder)
        return copy.deepcopy(self.books)


@pytest.mark.parametrize("fault", FAULTS)
def test_recovery_that_is_struck_anywhere_is_completed_by_the_next_one(
    fault: str, quiet_spark: SparkSession, scene: Scene
) -> None:
    committed = Committed.new(scene, quiet_spark)

    def recover() -> int:
        return scene.attempt("recover", 2, quiet_spark)

    effects = effects_of(recover, str(scene.folder))
    count = len(effects)
    assert count > 50
    for at in spread(count, seconds=3):
        books = committed.restore()
        ended = struck(recover, Effects([str(scene.folder)], at, FAULTS[fault]))
        assert ended in (-signal.SIGKILL, 0, REFUSED, FAILED), f"at {at} of {count}: {ended}"
        books.look(2)
        assert recover() == 0
        books.settle(2, is_shown=True)
        assert books.findings == Findings(), f"at {at} of {count}: {effects[at]}"
    if EVERY_POINT:
        committed.restore()
        assert struck(recover, Effects([str(scene.folder)], count)) == BROKEN, "there are more effects than were struck"
