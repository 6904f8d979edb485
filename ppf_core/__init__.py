"""ppf: a plugin-based PySpark pipeline framework.

What plugin authors and callers from Python use is importable from here. Names load when they are first asked for, so that
`import ppf_core` needs only the standard library and an executor can import a plugin's module without the kernel's libraries.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppf_core.cli.commands import RunStore, command
    from ppf_core.cli.output import Output
    from ppf_core.contracts.checks import AggregateCheck, Columns, FrameCheck, ImpliedCheck, RowCheck, Verdict
    from ppf_core.contracts.components import (
        PipelineComponent,
        Schema,
        Sink,
        Source,
        StagedSink,
        StreamingSink,
        StreamingSource,
        TargetMoved,
        Ticket,
        Transform,
    )
    from ppf_core.contracts.context import Context, Dataset, Requirements, WriteId
    from ppf_core.contracts.hooks import Hooks, hookimpl
    from ppf_core.contracts.module_folder import ModuleFolder
    from ppf_core.contracts.options import NoOptions, OptionsError, option, options
    from ppf_core.contracts.paths import local_path
    from ppf_core.contracts.plugin import Plugin
    from ppf_core.contracts.results import (
        Checkpoint,
        ComponentInfo,
        ComponentResult,
        ErrorInfo,
        PipelineResult,
        QualityResult,
        RunInfo,
        StreamProgress,
    )
    from ppf_core.contracts.secrets import Fetched, Secret, SecretsBackend, json_field
    from ppf_core.editing.drafts import Draft, DraftSpot, PipelineDrafts
    from ppf_core.editing.expectations import DraftOffer
    from ppf_core.editing.grammar import pipeline_grammar
    from ppf_core.errors import CheckpointRefused, PpfError, SecretNotResolved, near_miss, suggestion
    from ppf_core.execution.preview import Frames
    from ppf_core.quality.replay import Quarantined
    from ppf_core.runs.quarantine import Quarantine
    from ppf_core.runs.runner import PipelineRunner
    from ppf_core.spark.written_rows import rows_written
    from ppf_core.streams.handle import RunningStream
    from ppf_core.validation.schema import SchemaContract

__version__ = "0.1.0"

_HOMES = {
    "ppf_core.cli.commands": ("RunStore", "command"),
    "ppf_core.cli.output": ("Output",),
    "ppf_core.contracts.checks": ("AggregateCheck", "Columns", "FrameCheck", "ImpliedCheck", "RowCheck", "Verdict"),
    "ppf_core.contracts.components": (
        "PipelineComponent",
        "Schema",
        "Sink",
        "Source",
        "StagedSink",
        "StreamingSink",
        "StreamingSource",
        "TargetMoved",
        "Ticket",
        "Transform",
    ),
    "ppf_core.contracts.context": ("Context", "Dataset", "Requirements", "WriteId"),
    "ppf_core.contracts.hooks": ("Hooks", "hookimpl"),
    "ppf_core.contracts.module_folder": ("ModuleFolder",),
    "ppf_core.contracts.options": ("NoOptions", "OptionsError", "option", "options"),
    "ppf_core.contracts.paths": ("local_path",),
    "ppf_core.contracts.plugin": ("Plugin",),
    "ppf_core.contracts.results": (
        "Checkpoint",
        "ComponentInfo",
        "ComponentResult",
        "ErrorInfo",
        "PipelineResult",
        "QualityResult",
        "RunInfo",
        "StreamProgress",
    ),
    "ppf_core.contracts.secrets": ("Fetched", "Secret", "SecretsBackend", "json_field"),
    "ppf_core.editing.drafts": ("Draft", "DraftSpot", "PipelineDrafts"),
    "ppf_core.editing.expectations": ("DraftOffer",),
    "ppf_core.editing.grammar": ("pipeline_grammar",),
    "ppf_core.errors": ("CheckpointRefused", "PpfError", "SecretNotResolved", "near_miss", "suggestion"),
    "ppf_core.execution.preview": ("Frames",),
    "ppf_core.runs.quarantine": ("Quarantine",),
    "ppf_core.quality.replay": ("Quarantined",),
    "ppf_core.runs.runner": ("PipelineRunner",),
    "ppf_core.spark.written_rows": ("rows_written",),
    "ppf_core.streams.handle": ("RunningStream",),
    "ppf_core.validation.schema": ("SchemaContract",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AggregateCheck",
    "Checkpoint",
    "CheckpointRefused",
    "Columns",
    "ComponentInfo",
    "ComponentResult",
    "Context",
    "Dataset",
    "Draft",
    "DraftOffer",
    "DraftSpot",
    "ErrorInfo",
    "Fetched",
    "FrameCheck",
    "Frames",
    "Hooks",
    "ImpliedCheck",
    "ModuleFolder",
    "NoOptions",
    "OptionsError",
    "Output",
    "PipelineComponent",
    "PipelineDrafts",
    "PipelineResult",
    "PipelineRunner",
    "Plugin",
    "PpfError",
    "QualityResult",
    "Quarantine",
    "Quarantined",
    "Requirements",
    "RowCheck",
    "RunInfo",
    "RunStore",
    "RunningStream",
    "Schema",
    "SchemaContract",
    "Secret",
    "SecretNotResolved",
    "SecretsBackend",
    "Sink",
    "Source",
    "StagedSink",
    "StreamProgress",
    "StreamingSink",
    "StreamingSource",
    "TargetMoved",
    "Ticket",
    "Transform",
    "Verdict",
    "WriteId",
    "__version__",
    "command",
    "hookimpl",
    "json_field",
    "local_path",
    "near_miss",
    "option",
    "options",
    "pipeline_grammar",
    "rows_written",
    "suggestion",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    import_module("ppf_core.contracts.deprecations").warn_of_name(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
