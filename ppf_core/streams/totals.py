"""What adds up over the batches of a stream: rows, bad rows, and what checks found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ppf_core.contracts.results import QualityResult, StreamProgress
from ppf_core.execution.component_run import ComponentRun
from ppf_core.planning.roles import origin_of_quarantine
from ppf_core.quality.judging import bad_rows_text

_WORST = ("passed", "warned", "failed", "error")


class Totals:
    """Adds up what the batches of one run tell, in the components of the run. Not for several threads at once.

    quarantine: where the bad rows of a component lie, and how many there are.
    """

    def __init__(self, components: Mapping[str, ComponentRun]) -> None:
        self._components = components
        self.quarantine: dict[str, tuple[str, int]] = {}
        self._bad_rows: dict[tuple[str, int], int] = {}  # of batches of which Spark has not told yet

    def add(self, query: str, number: int, batch: Mapping[str, ComponentRun]) -> None:
        """A batch was shown."""
        self._bad_rows[query, number] = sum(each.failed or 0 for done in batch.values() for each in done.quality)
        for name, done in batch.items():
            if done.is_quarantine:
                self._add_quarantine(name, done)
                continue
            total = self._components[name]
            total.attempts = max(total.attempts, done.attempts)
            total.started_at = total.started_at or done.started_at
            total.quality = merged(total.quality, done.quality)
            total.staged, total.published = total.staged or done.staged, total.published or done.published
            if done.rows_written is not None:
                total.rows_written = (total.rows_written or 0) + done.rows_written

    def _add_quarantine(self, name: str, folder: ComponentRun) -> None:
        """A folder of bad rows, one for each batch that has some."""
        if folder.published and folder.ticket is not None:
            origin, path = origin_of_quarantine(name), run_folder(folder.ticket)
            _, before = self.quarantine.get(origin, (path, 0))
            self.quarantine[origin] = (path, before + int(folder.ticket["rows"]))

    def reject(self, component: ComponentRun) -> None:
        """A component failed in a batch that was not shown: what its checks found says why."""
        if not component.is_quarantine:
            total = self._components[component.info.name]
            total.quality = merged(total.quality, component.quality)

    def progressed(
        self, progress: StreamProgress, sinks: Sequence[str], found: Mapping[str, Sequence[QualityResult]]
    ) -> StreamProgress:
        """Keeps how a query stands, for the results of its sinks; with what only the kernel knows.

        found: what checks found that no batch passes by, by component.
        """
        for name, results in found.items():
            self._components[name].quality = merged(self._components[name].quality, results)
        on_the_way = sum(each.failed or 0 for results in found.values() for each in results)
        in_batch = self._bad_rows.pop((progress.query, progress.batch_id), 0)
        whole = replace(progress, bad_rows=in_batch + on_the_way)
        for name in sinks:
            self._components[name].progress = whole
        return whole


def run_folder(ticket: Mapping[str, str]) -> str:
    """Where the bad rows of all batches of a run lie, from where those of one batch do."""
    return ticket["target"].rpartition("/")[0]


def merged(before: Sequence[QualityResult], now: Sequence[QualityResult]) -> tuple[QualityResult, ...]:
    """The results of the checks of one component over all batches so far: counts add up, the worst status stays."""
    if not before or not now:
        return tuple(now or before)
    return tuple(_sum(old, new) for old, new in zip(before, now, strict=True))


def _sum(old: QualityResult, new: QualityResult) -> QualityResult:
    worse = new if _WORST.index(new.status) >= _WORST.index(old.status) else old
    failed, evaluated = _added(old.failed, new.failed), _added(old.evaluated, new.evaluated)
    counts = worse.message == bad_rows_text(worse.failed, worse.evaluated)
    message = bad_rows_text(failed, evaluated) if counts else worse.message
    return replace(new, status=worse.status, message=message, failed=failed, evaluated=evaluated)


def _added(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)
