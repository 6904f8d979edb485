"""Whether the sources of a query still read what its checkpoint is about: what took the place of it has other rows there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ppf_core.contracts.components import StreamingSource
from ppf_core.execution.run_frames import RunFrames
from ppf_core.streams.checkpoints import QueryFolder


@dataclass
class Recognition:
    """Asks the sources of a query, whose folder it is. names: of the components above its batches."""

    folder: QueryFolder
    frames: RunFrames
    names: Sequence[str]
    _known: Mapping[str, str] | None = None

    def require(self) -> None:
        """Raises what a source raises that reads something else now; what the others tell is kept beside the checkpoint."""
        known = self._known if self._known is not None else self.folder.sources()
        found = dict(known)
        for name in self.names:
            component = self.frames.components[name]
            if isinstance(component.plugin, StreamingSource):
                told = component.plugin.recognise(self.frames.context(component), known.get(name))
                found |= {name: told} if told is not None else {}
        if found != known:
            self.folder.keep_sources(found)
        self._known = found
