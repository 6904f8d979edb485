"""What a part of the telemetry hears of a run."""

from ppf_core import ComponentInfo, ComponentResult, ErrorInfo, PipelineResult, QualityResult, StreamProgress


class Listener:
    """Hears of the events of one run, in their order. Nothing happens unless a method is overridden."""

    def component_started(self, component: ComponentInfo) -> None:
        """A component begins."""

    def attempt_failed(self, component: ComponentInfo, attempt: int, delay: float, error: ErrorInfo) -> None:
        """An attempt failed, another will follow after `delay` seconds."""

    def component_ended(self, component: ComponentInfo, result: ComponentResult) -> None:
        """A component's outcome is final."""

    def circuit_changed(self, component: ComponentInfo, old: str, new: str) -> None:
        """A circuit breaker opened or closed."""

    def checked(self, component: ComponentInfo, result: QualityResult) -> None:
        """A check was evaluated."""

    def progressed(self, component: ComponentInfo, progress: StreamProgress) -> None:
        """A streaming query finished a batch."""

    def run_ended(self, result: PipelineResult) -> None:
        """The run ended."""

    def run_vanished(self) -> None:
        """Nothing more will be heard of the run. After `run_ended` this says nothing new."""
