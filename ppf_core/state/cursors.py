"""How far incremental sources have got: one file per pipeline, changed only when what was read is published."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ppf_core.state.pipeline_file import PipelineFile

Values = Mapping[str, str]


class Cursors:
    """The cursors of one pipeline: component → key → value. Safe between processes. Raises RunError."""

    def __init__(self, state_dir: Path, pipeline: str) -> None:
        self._file = PipelineFile[Values](
            state_dir / "cursors" / f"{pipeline}.json",
            format="ppf-cursors-1",
            what="cursors",
            load=lambda _name, values: dict(values),
            if_foreign="Restore it from a backup. Without it, incremental sources read from the start.",
            if_full="Free space there, or make it writable; then `ppf runs recover` finishes the run.",
        )

    def read(self) -> dict[str, Values]:
        """All cursors; none before the first move."""
        return self._file.read()

    @contextmanager
    def still(self) -> Iterator[Mapping[str, Values]]:
        """All cursors; no other process moves them until the block ends."""
        with self._file.changing() as found:
            yield found

    def move(self, moves: Mapping[str, Values]) -> None:
        """Moves the cursors of some components; it is on disk when this returns."""
        if not moves:
            return
        with self._file.changing() as found:
            found.update({component: {**found.get(component, {}), **values} for component, values in moves.items()})
