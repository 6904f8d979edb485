"""Spark Connect as the kernel uses it: a client that sees neither plans nor jobs, so nothing of these can be told."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ppf_core.spark.classic import SessionEngine
from ppf_core.spark.engine import RowMasks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class ConnectEngine(SessionEngine):
    """A session on a server that others use, too."""

    knows_plans = False

    def enter_thread(self, pool: str) -> None:
        """The server has no pools of ours."""

    def name_jobs(self, description: str, tags: Sequence[str]) -> None:
        """Tags alone; the server names its jobs itself."""
        self.session.clearTags()
        for tag in tags:
            self.session.addTag(tag)

    def cancel_jobs(self, tag: str) -> None:
        """Interrupts what carries the tag."""
        with suppress(Exception):  # a server that is gone has no jobs
            self.session.interruptTag(tag)

    def count_tasks(self, tag: str) -> tuple[int, int]:
        """Nobody can tell."""
        return 0, 0

    def ran_once(self, tag: str) -> bool:
        """Nobody can tell."""
        return False

    def schema_text(self, frame: "DataFrame") -> str:
        """Asked of the server."""
        return str(frame.schema.json())

    def why_cache(self, frame: "DataFrame") -> str | None:
        """Nobody can tell."""
        return None

    def depends_on_columns(self, frame: "DataFrame") -> str | None:
        """Nobody can tell."""
        return None

    def labels_alike(self, masks: RowMasks) -> bool:
        """Nobody can tell."""
        return False

    def is_deterministic(self, frame: "DataFrame") -> bool:
        """Nobody can tell; what a run may not trust is counted again anyway."""
        return True
