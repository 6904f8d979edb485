"""What hooks promise, as a suite of tests: they watch runs, and change nothing.

    class TestNotes(HooksConformance):
        plugin = NotesHooks
        hook = "notes"

        def options(self, folder):
            return {"path": str(folder / "notes.txt")}

The plugin has to be installed under the name `hook`. It passes when a run that goes well, one that fails, and one whose checks
find bad rows end with it as they do without it, and when no hook of it raised anything.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ppf_core import Hooks, PipelineResult, PipelineRunner
from ppf_testing.plugins import PluginConformance

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_NUMBERS = {"numbers": {"source": "range", "options": {"end": 5}}}
_OUT = {"out": {"sink": "noop", "inputs": ["numbers"]}}
_EVEN = [{"check": "expression", "options": {"sql": "id % 2 = 0"}, "action": "drop"}]
PIPELINES: Mapping[str, Mapping[str, Any]] = {
    "goes_well": {**_NUMBERS, **_OUT},
    "fails": {"numbers": {"source": "range", "options": {"end": 5}}, "bad": _OUT["out"] | {"inputs": ["none"]}}
    | {"none": {"transform": "filter", "inputs": ["numbers"], "options": {"where": "raise_error('bad luck') IS NULL"}}},
    "has_bad_rows": {"numbers": {**_NUMBERS["numbers"], "quality": _EVEN}, **_OUT},
}


class HooksConformance(PluginConformance):
    """The whole suite."""

    plugin: ClassVar[type[Hooks[Any]]]
    hook: ClassVar[str]
    """The name of its entry point."""

    @pytest.mark.parametrize("kind", PIPELINES)
    def test_a_run_ends_as_it_does_without_it(self, kind: str, spark: "SparkSession", tmp_path: Path) -> None:
        """And no hook of it fails: a required one would fail the run."""
        assert any(name.startswith("ppf_") for name in dir(self.plugin)), "It hears of nothing."
        alone = self._run(kind, spark, tmp_path / "alone", {})
        watched = self._run(kind, spark, tmp_path, {self.hook: {**self.options(tmp_path), "required": True}})
        assert (watched.status, watched.exit_code, _told(watched)) == (alone.status, alone.exit_code, _told(alone))

    def _run(self, kind: str, spark: "SparkSession", folder: Path, hooks: Mapping[str, Any]) -> PipelineResult:
        folder.mkdir(exist_ok=True)
        config = {"name": "watched", "hooks": dict(hooks), "components": dict(PIPELINES[kind])}
        return PipelineRunner.from_config(config, folder).run(spark=spark)


def _told(result: PipelineResult) -> list[tuple[str, str, int | None]]:
    return [(each.name, each.status, each.rows_written) for each in result.components]
