"""A hook that writes down what it hears."""

from ppf_core import (
    ComponentInfo,
    ComponentResult,
    Hooks,
    PipelineResult,
    QualityResult,
    RunInfo,
    hookimpl,
    local_path,
    option,
    options,
)


@options
class DiaryOptions:
    """Where the diary is."""

    path: str = option("The file.", path=True)


class Diary(Hooks[DiaryOptions]):
    """Writes a line for each event."""

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        self._write(f"start {run.pipeline}")

    @hookimpl
    def ppf_component_end(self, component: ComponentInfo, result: ComponentResult) -> None:
        self._write(f"{component.name} {result.status}")

    @hookimpl
    def ppf_quality_result(self, component: ComponentInfo, result: QualityResult) -> None:
        self._write(f"{component.name} {result.check} {result.status} {result.failed}")

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        self._write(f"end {result.status}")

    def _write(self, line: str) -> None:
        with local_path(self.options.path).open("a") as diary:
            diary.write(f"{line}\n")
