"""Cases for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ppf_inline.inline import InlineSource
from ppf_inline.range import RangeSource


class Rows:
    """Two rows, of which one has a value less."""

    plugin = InlineSource
    is_self_made = True
    refused: ClassVar = [{"rows": [{"nam": "Ada"}]}, {"schema": "name STRINGG"}, {"rows": [{"born": "early"}]}]

    def options(self, _folder: Path) -> Mapping[str, Any]:
        """Options of each type that a file can write."""
        return {"schema": "name STRING, born INT", "rows": [{"name": "Ada", "born": 1815}, {"name": "Grace"}]}


class Numbers:
    """Ten numbers, downwards."""

    plugin = RangeSource
    is_self_made = True
    refused: ClassVar = [{"step": 0}, {"end": 2**63}, {"start": "one"}]

    def options(self, _folder: Path) -> Mapping[str, Any]:
        """Options of all that can be set."""
        return {"start": 20, "end": 0, "step": -2}
