"""One event of a run, and the line that tells of it."""

import datetime
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What happened where; `fields` is what else is known of it, without what is None."""

    level: Level
    event: str
    run_id: str
    pipeline: str
    component: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    time: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def text(self) -> str:
        """A line for people: time, level, place, event, then name=value."""
        place = f"{self.pipeline}/{self.component}" if self.component else self.pipeline
        told = [f"{name}={_shown(value)}" for name, value in self.fields.items()]
        return " ".join([self._moment(), f"{self.level.upper():<7}", place, self.event, *told])

    def json(self) -> str:
        """A line for machines: one JSON object."""
        head = {
            "time": self._moment(),
            "level": self.level,
            "event": self.event,
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "component": self.component,
        }
        return json.dumps(head | {name: _finite(value) for name, value in self.fields.items()}, ensure_ascii=False, default=str)

    def _moment(self) -> str:
        return self.time.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(value: Any) -> str:
    """A value that stays on its line and can be told from its neighbours."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    plain = text.isprintable() and text and not set(text) & {" ", '"', "="}
    return text if plain or not isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity; their names are what a reader can still understand."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
