"""Who writes: what stands in a container and in a lease, so that another process can tell whether it may be taken away."""

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppf_files.processes import Process

if TYPE_CHECKING:
    from ppf_core import Context

_FORMAT = 1
# The owner renews its sign of life ten times in this; a process of another host without one for so long has ended.
EXPIRES_AFTER = 600.0


@dataclass(frozen=True)
class Owner:
    """One attempt of one write, and the process that is at it."""

    pipeline: str
    run_id: str
    component: str
    write_id: str
    token: str
    process: Process

    @classmethod
    def of(cls, context: "Context", token: str) -> "Owner":
        """The process that asks."""
        return cls(context.pipeline, context.run_id, context.component, str(context.write_id), token, Process.this())

    @classmethod
    def parse(cls, text: str | None) -> "Owner | None":
        """The owner that `text` told; None for what no version that we know wrote."""
        try:
            values = json.loads(text or "")
            if values.pop("format") != _FORMAT:
                return None
            del values["expires_after"]
            return cls(**{**values, "process": Process(**values["process"])})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    @property
    def text(self) -> str:
        """The owner as JSON."""
        return json.dumps({"format": _FORMAT, **dataclasses.asdict(self), "expires_after": EXPIRES_AFTER}) + "\n"

    def is_same_write(self, other: "Owner | None") -> bool:
        """Whether another one is an attempt of the same write."""
        return other is not None and other.write_id == self.write_id

    def is_same_attempt(self, other: "Owner | None") -> bool:
        """Whether another one is the same attempt, maybe of another process that completes it."""
        return self.is_same_write(other) and other is not None and other.token == self.token

    def __str__(self) -> str:
        return f"run {self.run_id!r} of pipeline {self.pipeline!r} ({self.process})"
