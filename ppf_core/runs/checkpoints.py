"""What a run has reached, as the checkpoint hook keeps it: one JSON text per component, bound to what the component means.

What is staged and published, and how many rows, is in the journal alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ppf_core.contracts.components import Sink, StagedSink
from ppf_core.contracts.results import Checkpoint, RunInfo
from ppf_core.errors import CheckpointRefused, PpfError, RunError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.jvm.errors import describe_error
from ppf_core.plugins.hooks import HookCaller
from ppf_core.state.fingerprints import fingerprints
from ppf_core.threads import threads
from ppf_core.validation.validated import ValidatedPipeline

Reached = Literal["open", "saved", "writing", "written"]
_FORMAT = 2


@dataclass(frozen=True)
class CheckpointEntry:
    """What a checkpoint says of one component.

    frame, schema: of a checkpointed frame. bad: the rows that lie beside it, by place. writing: a write that shows at once.
    """

    reached: Reached
    digest: str
    own: Mapping[str, Any]
    frame: str | None = None
    schema: str | None = None
    bad: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As JSON."""
        return json.dumps({"format": _FORMAT, **vars(self)}, sort_keys=True, ensure_ascii=False)

    @classmethod
    def parse(cls, name: str, text: str) -> "CheckpointEntry":
        """What `text` gave. CheckpointRefused when it is nothing of ours, or of a later version."""
        try:
            values = json.loads(text)
            if values.pop("format") != _FORMAT:
                raise ValueError("it was written by another version of ppf")
            return cls(**values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "Start a new run without --resume."
            raise CheckpointRefused(f"The checkpoint of {name!r} cannot be understood: {error}.", hint=hint) from error


class Progress:
    """Asks the checkpoint hook to keep what a run has reached. Without such a hook it does nothing."""

    def __init__(self, run: RunInfo, hooks: HookCaller, validated: ValidatedPipeline) -> None:
        self._run = run
        self._hooks = hooks
        self._components: Mapping[str, ComponentRun] = {}
        # Whoever only hears of a save, as an audit does, keeps nothing.
        self._dataflow = validated.dataflow
        self._is_wanted = {"ppf_checkpoint_save", "ppf_checkpoint_load"} <= hooks.implementations.keys()
        self.marks = fingerprints(validated) if self._is_wanted else {}
        self._kept = {name: CheckpointEntry("open", mark.digest, mark.own) for name, mark in self.marks.items()}

    def follow(self, components: Mapping[str, ComponentRun]) -> None:
        """From here on, these are the components whose progress is kept."""
        self._components = components

    def keep(self, kept: Mapping[str, CheckpointEntry]) -> None:
        """Takes over what an earlier attempt of this run had reached."""
        for name, each in kept.items():
            if name in self._kept:
                self._kept[name] = replace(each, digest=self._kept[name].digest, own=self._kept[name].own)

    def save(self) -> None:
        """Keeps what is reached now; it is durable when this returns. Raises RunError when the hook cannot."""
        if not self._is_wanted:
            return
        for name, component in self._components.items():
            self._kept[name] = _reached(component, self._kept[name], is_judged=self._is_judged(name))
        saved_at = threads().now()
        texts = {name: kept.text for name, kept in self._kept.items()}
        checkpoint = Checkpoint(run_id=self._run.run_id, pipeline=self._run.pipeline, saved_at=saved_at, components=texts)
        if self._hooks.ask("ppf_checkpoint_save", run=self._run, checkpoint=checkpoint) is not True:
            hint = "Its hook must give True once the checkpoint is durable."
            raise RunError("The checkpoint of the run was not saved.", hint=hint)

    def _is_judged(self, name: str) -> bool:
        """Whether nothing forbids that its rows are used: all checks on them, and on what they come from, have passed."""
        if self._components[name].saved is None:
            return True
        above = self._dataflow.above([name], until=[each for each, found in self._components.items() if found.role.is_saved])
        validated = [self._components[each] for each in above if each in self._components and self._components[each].checking]
        return all(each.quality and each.rejection is None for each in validated)

    def forget_frames(self) -> None:
        """Checkpointed frames are removed now. Keeps that first; raises RunError when the hook cannot."""
        if not any(kept.reached == "saved" for kept in self._kept.values()) or not self._is_wanted:
            return
        for component in self._components.values():
            component.saved = None
        forgotten = {
            name: CheckpointEntry("open", kept.digest, kept.own) for name, kept in self._kept.items() if kept.reached == "saved"
        }
        self._kept |= forgotten
        self.save()

    def before_write(self, component: ComponentRun) -> None:
        """Keeps that a write begins which nobody could take back."""
        if self._is_wanted and not component.role.is_idempotent:
            component.is_writing = True
            self.save()


def load_entries(hooks: HookCaller, run: RunInfo) -> dict[str, CheckpointEntry]:
    """What was kept of a run. CheckpointRefused when there is no hook for it, or when the hook has nothing."""
    if "ppf_checkpoint_load" not in hooks.implementations:
        hint = "Add hooks { checkpoint {} } to the file and start a new run."
        raise CheckpointRefused("A run can only be resumed with the 'checkpoint' hook in the file.", hint=hint)
    try:
        checkpoint: Checkpoint | None = hooks.ask("ppf_checkpoint_load", run=run)
    except PpfError:
        raise
    except Exception as error:
        told = describe_error(error)
        message = f"The checkpoint of the run {run.run_id!r} could not be loaded: {told.type}: {told.message}"
        raise CheckpointRefused(message, hint="Mend what the hook needs, then resume once more.") from error
    if checkpoint is None:
        hint = "It ran without the checkpoint hook, or its checkpoint was removed. Start a new run."
        raise CheckpointRefused(f"There is no checkpoint of the run {run.run_id!r}.", hint=hint)
    if (checkpoint.run_id, checkpoint.pipeline) != (run.run_id, run.pipeline):
        found = f"the run {checkpoint.run_id!r} of {checkpoint.pipeline!r}"
        raise CheckpointRefused(f"The checkpoint of {run.run_id!r} belongs to {found}.", hint="Start a new run.")
    return {name: CheckpointEntry.parse(name, text) for name, text in checkpoint.components.items()}


def _reached(component: ComponentRun, before: CheckpointEntry, *, is_judged: bool) -> CheckpointEntry:
    if component.saved is not None and is_judged:
        bad = {place: vars(found) for place, found in component.saved_bad.items()}
        return replace(before, reached="saved", frame=component.saved, schema=component.schema, bad=bad)
    if isinstance(component.plugin, Sink) and not isinstance(component.plugin, StagedSink):
        if component.status in ("success", "resumed"):
            return replace(before, reached="written")
        if component.is_writing:
            return replace(before, reached="writing")
    return before
