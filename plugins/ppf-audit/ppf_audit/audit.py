"""An audit trail: who ran what, what it read and wrote, and how it went."""

import getpass
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from ppf_audit.lines import AuditEntry
from ppf_audit.trail import Trail
from ppf_core import (
    Checkpoint,
    ComponentInfo,
    ComponentResult,
    ErrorInfo,
    Hooks,
    OptionsError,
    PipelineResult,
    QualityResult,
    RunInfo,
    hookimpl,
    local_path,
    option,
    options,
)


@options
class AuditOptions:
    """Where the trail is kept, and how."""

    path: str = option("The local file to append to. It and its folder are made when they are missing.", path=True)
    fsync: bool = option("Lines are brought to the disk while the run goes on, so that they outlive a power cut.", default=True)
    max_bytes: int | None = option("The file is rotated before it grows beyond this size; never unless given.", default=None)
    backups: int = option("How many rotated files are kept: `path`.1 is the newest.", default=5)

    def __post_init__(self) -> None:
        """Says at once what would fail only in the run."""
        problems = {}
        if self.max_bytes is not None and self.max_bytes < 1:
            problems["max_bytes"] = f"must be 1 or more, not {self.max_bytes}. Leave it out to never rotate."
        if self.backups < 1:
            problems["backups"] = f"must be 1 or more, not {self.backups}: a full file has to go somewhere."
        try:
            local_path(self.path)
        except ValueError as error:
            problems["path"] = str(error)
        if problems:
            raise OptionsError(problems)


class AuditHooks(Hooks[AuditOptions]):
    """Keeps an audit trail of runs, as JSON lines. Several processes may write to one file.

    A line that cannot be written is an error of the hook; with `required = true` it fails the run.
    """

    examples: ClassVar = (
        'path = "audit/flights.jsonl"',
        'path = "audit/flights.jsonl", max_bytes = 10000000, backups = 9',
        'path = "audit/flights.jsonl", fsync = false',
    )

    # The line that says how the run ended, as long as it is not written. A run that began gets one, whatever happens.
    _owed: AuditEntry | None = None

    @hookimpl
    def ppf_pipeline_start(self, run: RunInfo) -> None:
        """A run begins: tells who runs it, and where."""
        self._write(
            _entry(
                "pipeline_started",
                run,
                version=run.version,
                environment=run.environment,
                mode=run.mode,
                tags=run.tags,
                resumed_from=run.resumed_from,
                user=_user(),
                host=socket.gethostname(),
                process=os.getpid(),
            )
        )
        self._owed = _entry("pipeline_ended", run, status="interrupted", reason="The run ended without a result.")

    @hookimpl
    def ppf_component_start(self, run: RunInfo, component: ComponentInfo) -> None:
        """A component begins: tells what it reads or writes."""
        self._write(
            _entry(
                "component_started",
                run,
                component,
                **_place(component),
                inputs=component.inputs,
                datasets=[{"namespace": dataset.namespace, "name": dataset.name} for dataset in component.datasets],
            ),
            sync=_changes_something(component),
        )

    @hookimpl
    def ppf_component_retry(self, run: RunInfo, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        """An attempt failed, another will follow after `delay` seconds."""
        retried = _entry("component_retried", run, component, attempt=attempt, error=error, delay=delay)
        self._write(retried, sync=_changes_something(component))

    @hookimpl
    def ppf_component_end(self, run: RunInfo, component: ComponentInfo, result: ComponentResult) -> None:
        """A component's outcome is final."""
        self._write(
            _entry(
                "component_ended",
                run,
                component,
                status=result.status,
                attempt=result.attempts,
                duration=result.duration,
                error=result.error,
                **_place(component),
                reason=result.reason,
                circuit=result.circuit,
                rows_written=result.rows_written,
                staged=result.staged,
                published=result.published,
            ),
            sync=_changes_something(component),
        )

    @hookimpl
    def ppf_circuit_change(self, run: RunInfo, component: ComponentInfo, old: str, new: str) -> None:
        """A circuit breaker opened or closed."""
        self._write(_entry("circuit_changed", run, component, status=new, old=old, new=new))

    @hookimpl
    def ppf_quality_result(self, run: RunInfo, component: ComponentInfo, result: QualityResult) -> None:
        """A check was evaluated."""
        self._write(
            _entry(
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
                message=result.message,
            )
        )

    @hookimpl
    def ppf_secret_accessed(self, run: RunInfo, backend: str, key: str) -> None:
        """A secret was fetched; its value is never told."""
        self._write(_entry("secret_accessed", run, backend=backend, key=key), sync=False)

    @hookimpl
    def ppf_checkpoint_save(self, run: RunInfo, checkpoint: Checkpoint) -> None:
        """What the run has reached is about to be kept. Keeping it is another hook's task, so the answer is None."""
        self._write(_entry("checkpoint_saved", run, saved_at=checkpoint.saved_at, components=sorted(checkpoint.components)))

    @hookimpl
    def ppf_pipeline_end(self, run: RunInfo, result: PipelineResult) -> None:
        """A run ended."""
        self._owed = _entry(
            "pipeline_ended",
            run,
            status=result.status,
            duration=result.duration,
            exit_code=result.exit_code,
            resumed_from=result.resumed_from,
            components={component.name: component.status for component in result.components},
            problems=[{"code": problem.code, "message": problem.message} for problem in result.problems],
        )
        self._write(self._owed)
        self._owed = None

    def close(self) -> None:
        """Closes the file. A run whose end was not written, or could not be, gets its line now."""
        try:
            if self._owed is not None:
                self._write(replace(self._owed, time=datetime.now(UTC)))
                self._owed = None
        finally:
            self._trail.close()

    @cached_property
    def _trail(self) -> Trail:
        told = self.options
        return Trail(local_path(told.path), fsync=told.fsync, max_bytes=told.max_bytes, backups=told.backups)

    def _write(self, entry: AuditEntry, *, sync: bool = True) -> None:
        """Writes a line. sync: it is on disk afterwards, with all before it; else it waits for the next one that must be."""
        self._trail.append(entry.line())
        if sync:
            self._trail.sync()


def _entry(
    event: str,
    run: RunInfo,
    component: ComponentInfo | None = None,
    *,
    status: str | None = None,
    attempt: int | None = None,
    duration: float | None = None,
    error: ErrorInfo | None = None,
    **details: Any,
) -> AuditEntry:
    """The entry of an event; what has no key of its own goes into its details."""
    return AuditEntry(
        event=event,
        run_id=run.run_id,
        pipeline=run.pipeline,
        component=component.name if component else None,
        status=status,
        attempt=attempt,
        duration=duration,
        error=error,
        details=details,
    )


def _changes_something(component: ComponentInfo) -> bool:
    """Whether others can see what a component does. Sources and transforms only plan; a sync would cost more than they do."""
    return component.kind == "sink"


def _place(component: ComponentInfo) -> dict[str, Any]:
    return {"kind": component.kind, "plugin": component.plugin, "distribution": component.distribution}


def _user() -> str:
    """Who runs this; in a container the number of a user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
