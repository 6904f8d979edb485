"""Writes that another process has left open: shown where that was decided, else removed, on the sinks as it had them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ppf_core.contracts.components import TargetMoved
from ppf_core.contracts.results import ComponentResult
from ppf_core.contracts.secrets import MASK
from ppf_core.errors import PpfError, RunError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.quarantine_folders import folder_at
from ppf_core.execution.run_frames import Batch, RunFrames
from ppf_core.execution.steps import Steps
from ppf_core.jvm.errors import describe_error
from ppf_core.planning.roles import is_quarantine, roles_of
from ppf_core.resources.run_resources import RunResources
from ppf_core.secrets.redaction import redacted_cause, redacted_error
from ppf_core.spark.engine import Engine
from ppf_core.state.journal import Write
from ppf_core.state.lines import Line
from ppf_core.state.recorded_plan import without_secrets
from ppf_core.validation.selection import BoundPlugin
from ppf_core.validation.validate import check_writes
from ppf_core.validation.validated import ValidatedPipeline

EngineOf = Callable[[RunResources], Engine]


@dataclass
class Finished:
    """What was done for one run, by the names of its sinks.

    target_changed: those that could not be shown, with the reason. left: what could not be removed, hidden as before.
    """

    run_id: str
    pipeline: str
    published: list[str] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)
    target_changed: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def add(self, part: "Finished") -> None:
        """Takes over what was done for a part of the run."""
        self.published += part.published
        self.discarded += part.discarded
        self.target_changed |= part.target_changed
        self.left |= part.left

    @property
    def text(self) -> str:
        """In one sentence."""
        parts = [f"published {', '.join(self.published)}"] if self.published else []
        parts += [f"discarded {', '.join(self.discarded)}"] if self.discarded else []
        parts += [f"could not publish {name} ({reason})" for name, reason in self.target_changed.items()]
        parts += [f"could not remove {name} ({reason})" for name, reason in self.left.items()]
        return f"The run {self.run_id!r} was finished: {'; '.join(parts) or 'nothing was left to do'}."


@dataclass
class Finishing:
    """Finishes writes of a process that is gone.

    values: its file, as it has noted it in `file`. home: what its relative paths are relative to. record: takes the lines of
    the journal. current: a file as it is now, which may lend the secrets that the journal does not keep. batch: whose writes
    they are, in a stream. ended: hears how each component ended.
    """

    values: Mapping[str, Any]
    file: Path
    home: Path
    record: Callable[[Line], None]
    engine: EngineOf
    current: ValidatedPipeline | None = None
    batch: Batch | None = None
    ended: Callable[[ComponentResult], None] = lambda _result: None

    def finish(self, writes: Sequence[Write], finished: Finished, *, abandon: bool = False) -> None:
        """Shows or removes them, and notes in `finished` what was done. abandon: shows nothing any more."""
        names = [write.component for write in writes if not is_quarantine(write.component)]
        resources = RunResources(_whole(check_writes(self.values, self.file, self.home, names), self.current), names)
        redactor = resources.redactor
        try:
            resources.resolve_secrets()
            validated = resources.validated
            components = resources.components(roles_of(validated, names)) | _folders(writes)
            spark = self.engine(resources)
            own = finished.run_id, finished.pipeline
            flow, redact = validated.dataflow, redactor.redact
            steps = Steps.of(RunFrames(spark, *own, components, self.record, flow, redact=redact, batch=self.batch))
            for write in writes:
                component = components[write.component]
                _finish(write, component, steps, finished, abandon=abandon)
                if component.status is not None and not component.is_quarantine:
                    self.ended(component.result())
        except PpfError as error:
            redacted_error(error, redactor)
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code
            told = describe_error(error)
            raise RunError(redactor.redact(f"{told.type}: {told.message}")) from redacted_cause(error, redactor)
        finally:
            resources.close()


def _folders(writes: Sequence[Write]) -> dict[str, ComponentRun]:
    """The folders of bad rows among the writes; these need no plugin."""
    return {
        write.component: folder_at(write.component, write.datasets[0]) for write in writes if is_quarantine(write.component)
    }


def _finish(write: Write, component: ComponentRun, steps: Steps, finished: Finished, *, abandon: bool) -> None:
    component.ticket = write.ticket
    component.start()
    name = write.component
    if write.state == "committed" and not abandon:
        try:
            steps.publish(component)
        except TargetMoved as error:
            steps.discard(component)
            finished.target_changed[name] = steps.frames.redact(str(error))
        else:
            component.end("success")
            component.staged = True
            finished.published.append(name)
    else:
        steps.discard(component)
        finished.discarded.append(name)


def _whole(validated: ValidatedPipeline, current: ValidatedPipeline | None) -> ValidatedPipeline:
    """The journal keeps no secret that stands in the file itself; the file of the run that asks may have it still."""
    lends = current is not None and current.file.config.name == validated.file.config.name
    own = {name: each.plugin for name, each in current.components.items()} if current is not None and lends else {}
    backends = current.backends if current is not None and lends else {}
    return replace(
        validated,
        components={
            name: replace(each, plugin=_with_secrets(each.plugin, own.get(name))) for name, each in validated.components.items()
        },
        backends={name: _with_secrets(each, backends.get(name)) for name, each in validated.backends.items()},
    )


def _with_secrets(plugin: BoundPlugin, now: BoundPlugin | None) -> BoundPlugin:
    if not _holds_mask(plugin.values):
        return plugin
    if now is None or without_secrets(now) != without_secrets(plugin):
        hint = "Run the same pipeline again, or use a reference such as secret://env/NAME."
        raise RunError(f"The options of {plugin.name!r} hold a secret as text, which the journal does not keep.", hint=hint)
    return now


def _holds_mask(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_mask, value.values()))
    return any(map(_holds_mask, value)) if isinstance(value, list) else value == MASK
