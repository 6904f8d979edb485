"""The folders of quarantined rows, as a run works with them: one more staged sink for each component that has such rows."""

from ppf_core.config.model import ComponentConfig
from ppf_core.contracts.context import Dataset
from ppf_core.contracts.results import ComponentInfo
from ppf_core.execution.component_run import ComponentRun
from ppf_core.planning.roles import folder_role, origin_of_quarantine, quarantine_of
from ppf_core.quality.quarantine import QuarantineFolder, QuarantineOptions, quarantine_root


def quarantine_sink(component: str, data_dir: str, run_id: str, stage: str | None = None) -> ComponentRun:
    """The folder of a component's quarantined rows, as a run works with it. stage: what they are called before."""
    folder = QuarantineFolder(QuarantineOptions(path=quarantine_root(data_dir, component), run_id=run_id, stage=stage))
    info = ComponentInfo(
        name=quarantine_of(component),
        kind="sink",
        plugin="quarantine",
        distribution="ppf-core",
        inputs={},
        datasets=folder.datasets(),
        options={},
    )
    return ComponentRun(info, folder, ComponentConfig(), folder_role(component), is_quarantine=True)


def folder_at(name: str, dataset: Dataset) -> ComponentRun:
    """The folder that a journal names, in another process."""
    component, shown = origin_of_quarantine(name), f"{dataset.namespace}:{dataset.name}"
    data_dir, _, run = shown.rpartition(f"/quarantine/{component}/run_id=")
    return quarantine_sink(component, data_dir, run)
