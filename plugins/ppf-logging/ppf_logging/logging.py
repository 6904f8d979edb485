"""One line for each event of a run."""

import sys
from typing import Any, ClassVar, Literal, TextIO

from ppf_core import (
    ComponentInfo,
    ComponentResult,
    ErrorInfo,
    Hooks,
    OptionsError,
    PipelineResult,
    QualityResult,
    RunInfo,
    StreamProgress,
    hookimpl,
    local_path,
    option,
    options,
)
from ppf_logging.entries import LEVELS, Entry, Level

_OF_STATUS: dict[str, Level] = {"failed": "error", "error": "error", "skipped": "warning", "warned": "warning"}


@options
class LoggingOptions:
    """What is logged, how, and where to."""

    level: Level = option("The least level that is logged.", default="info")
    format: Literal["text", "json"] = option("Lines for people, or one JSON object a line.", default="text")
    path: str | None = option("A local file to append to; standard error unless given.", default=None, path=True)

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        try:
            local_path(self.path or "")
        except ValueError as error:
            raise OptionsError({"path": str(error)}) from error


class LoggingHooks(Hooks[LoggingOptions]):
    """Logs what happens in a run. Only observes: it takes part in no decision."""

    examples: ClassVar = ("level = debug", 'format = json, path = "logs/run.jsonl"')

    _file: TextIO | None = None

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        """A run begins."""
        self._log("info", "pipeline_started", run, mode=run.mode, environment=run.environment, resumed_from=run.resumed_from)

    @hookimpl
    def ppf_component_start(self, run: RunInfo, component: ComponentInfo) -> None:
        """A component begins."""
        self._log("info", "component_started", run, component, kind=component.kind, plugin=component.plugin)

    @hookimpl
    def ppf_component_retry(self, run: RunInfo, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        """An attempt failed, another will follow."""
        self._log("warning", "component_retried", run, component, attempt=attempt, delay=_rounded(delay), error=_told(error))

    @hookimpl
    def ppf_component_end(self, run: RunInfo, component: ComponentInfo, result: ComponentResult) -> None:
        """A component's outcome is final."""
        self._log(
            _OF_STATUS.get(result.status, "info"),
            "component_ended",
            run,
            component,
            status=result.status,
            duration=_rounded(result.duration),
            attempts=result.attempts,
            rows_written=result.rows_written,
            reason=result.reason,
            error=_told(result.error),
        )

    @hookimpl
    def ppf_circuit_change(self, run: RunInfo, component: ComponentInfo, old: str, new: str) -> None:
        """A circuit breaker opened or closed."""
        self._log("warning" if new == "open" else "info", "circuit_changed", run, component, old=old, new=new)

    @hookimpl
    def ppf_quality_result(self, run: RunInfo, component: ComponentInfo, result: QualityResult) -> None:
        """A check was evaluated."""
        self._log(
            _OF_STATUS.get(result.status, "info"),
            "quality_result",
            run,
            component,
            status=result.status,
            check=result.check,
            name=result.name,
            action=result.action,
            failed=result.failed,
            evaluated=result.evaluated,
            value=result.value,
            message=result.message or None,
        )

    @hookimpl
    def ppf_secret_accessed(self, run: RunInfo, backend: str, key: str) -> None:
        """A secret was fetched; its value is never told."""
        self._log("debug", "secret_accessed", run, backend=backend, key=key)

    @hookimpl
    def ppf_stream_progress(self, run: RunInfo, component: ComponentInfo, progress: StreamProgress) -> None:
        """A streaming query finished a batch."""
        self._log(
            "debug",
            "stream_progress",
            run,
            component,
            query=progress.query,
            batch_id=progress.batch_id,
            input_rows=progress.input_rows,
            duration=_rounded(progress.duration),
            lag=progress.lag,
            state_rows=progress.state_rows,
            bad_rows=progress.bad_rows or None,
        )

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        """A run ended."""
        failed = [component.name for component in result.components if component.status == "failed"]
        self._log(
            "info" if result.ok else "error",
            "pipeline_ended",
            run,
            status=result.status,
            duration=_rounded(result.duration),
            exit_code=result.exit_code,
            failed=failed or None,
            problems=[problem.message for problem in result.problems] or None,
        )

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _log(self, level: Level, event: str, run: RunInfo, component: ComponentInfo | None = None, **fields: Any) -> None:
        if LEVELS.index(level) < LEVELS.index(self.options.level):
            return
        entry = Entry(
            level=level,
            event=event,
            run_id=run.run_id,
            pipeline=run.pipeline,
            component=component.name if component else None,
            fields={name: value for name, value in fields.items() if value is not None},
        )
        stream = self._stream()
        # One write a line: lines of two runs that share a file stay whole.
        stream.write((entry.json() if self.options.format == "json" else entry.text()) + "\n")
        stream.flush()

    def _stream(self) -> TextIO:
        if self.options.path is None:
            return sys.stderr
        if self._file is None:
            path = local_path(self.options.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            # A lone surrogate, of a file name say, has no UTF-8; it must not cost the line.
            self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        return self._file


def _told(error: ErrorInfo | None) -> str | None:
    return f"{error.type}: {error.message}" if error else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
