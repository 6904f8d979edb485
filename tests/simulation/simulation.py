"""Plays a scenario to its end, or to the first act that breaks a promise."""

import re
from dataclasses import dataclass

from model import Model
from play import Play, Seen
from scenario import Scenario, is_modelled
from stream_model import StreamModel
from tidiness import Tidiness

from ppf_core.errors import PpfError

_CHANGING = re.compile(r"'[^']*'|\{[^}]*\}|\[[^\]]*\]|\([^)]*\)|\b[a-z]\b|\bbad\d|\d[\w.-]*")


@dataclass(frozen=True)
class Outcome:
    """What a scenario came to. broken: the promises that its last act broke; none when it ended well."""

    broken: tuple[str, ...] = ()
    seen: Seen | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """The promises without the names and numbers in them."""
        return frozenset(_CHANGING.sub("#", text)[:100] for text in self.broken)


def simulate(scenario: Scenario) -> Outcome | None:
    """What comes of a scenario; None when it has no pipeline that could run."""
    play = Play(scenario)
    try:
        play.validated(play.values)
    except PpfError:
        return None
    if not is_modelled(scenario):
        return None
    model = Model(play.world)
    rules = (StreamModel(play.world),) if scenario.mode == "streaming" else (model, Tidiness(model))
    for act in scenario.acts:
        seen = play.act(act)
        if act.deed not in ("arrive", "change") and (broken := [text for each in rules for text in each.broken(seen)]):
            return Outcome(tuple(broken), seen)
    return Outcome()
