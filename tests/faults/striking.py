"""What a test strikes: it runs in a process of its own, with the effects counted, and with a fault at one of them."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from forking import BROKEN, FAILED, forked
from injection import Effect, Effects, Struck, injected


def struck(act: Callable[[], int], effects: Effects, *, must: bool = True) -> int:
    """How the process ended. must: BROKEN when it had fewer effects than the fault needed.

    A fault may come out as it is.
    """

    def acted() -> int:
        try:
            with injected(effects):
                code = act()
        except (OSError, Struck):
            code = FAILED
        return code if effects.has_struck or not must else BROKEN

    return forked(acted)


def effects_of(act: Callable[[], int], *places: str) -> list[Effect]:
    """All effects of something that nothing disturbs. Another process does them, as when it is struck."""
    with tempfile.NamedTemporaryFile() as file:

        def acted() -> int:
            with injected(Effects(places)) as effects:
                code = act()
            Path(file.name).write_text(json.dumps([(effect.kind, effect.path) for effect in effects.done]))
            return code

        assert forked(acted) == 0
        return [Effect(kind, path) for kind, path in json.loads(Path(file.name).read_text())]
