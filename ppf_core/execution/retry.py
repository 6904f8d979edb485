"""Trying again, as a `retry` block says: which failures are worth it, how often, and after which delay."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

import tenacity

from ppf_core.config.model import RetryConfig
from ppf_core.contracts.components import TargetMoved
from ppf_core.errors import CheckFailed, CheckpointRefused, ConfigError, PluginError, RunLocked, SchemaError
from ppf_core.jvm.error_classes import matches
from ppf_core.jvm.errors import is_analysis_error
from ppf_core.threads import Flag, threads

T = TypeVar("T")

# What these say stays true, however often one asks.
_FINAL = (CheckFailed, CheckpointRefused, ConfigError, PluginError, RunLocked, SchemaError, TargetMoved)

OnFailure = Callable[[int, BaseException, float | None], None]


@dataclass(frozen=True)
class RetryExecutor:
    """Runs something until it succeeds or should not be tried again.

    RetryExecutor(RetryConfig(max_attempts=3), threads().event()).run(lambda attempt: fetch())

    config: None for a single attempt. stopped: ends a delay at once; the last failure is raised then. is_retry_safe: whether a
    second attempt can do no harm. on_failure: hears of every failed attempt, its error, and the seconds until the next one, or
    None when there is none. is_gone: whether an error says that nothing else can run.
    """

    config: RetryConfig | None
    stopped: Flag
    is_retry_safe: bool = True
    on_failure: OnFailure = lambda _attempt, _error, _delay: None
    is_gone: Callable[[BaseException], bool] = lambda _error: False

    def run(self, action: Callable[[int], T]) -> T:
        """What `action` gives, called with the number of the attempt, from 1. Raises the error of the last attempt."""
        config = self.config or RetryConfig(max_attempts=1)
        retrying = tenacity.Retrying(
            stop=lambda state: state.attempt_number >= config.max_attempts or self.stopped.is_set(),
            wait=_Delay(config),
            retry=tenacity.retry_if_exception(lambda error: self._is_worth_it(error, config)),
            sleep=self._sleep,
            before_sleep=self._before_sleep,
            reraise=True,
        )
        number = 0
        failure: BaseException | None = None

        def attempt() -> T:
            nonlocal number, failure
            if failure is not None and self.stopped.is_set():
                raise failure
            number += 1
            try:
                return action(number)
            except BaseException as error:
                failure = error
                raise

        try:
            return retrying(attempt)
        except BaseException as error:
            self.on_failure(number, error, None)
            raise

    def delay_after(self, number: int, error: BaseException) -> float | None:
        """Seconds before the next attempt, when this one has failed; None when there is none. For who runs attempts himself."""
        config = self.config or RetryConfig(max_attempts=1)
        if number >= config.max_attempts or self.stopped.is_set() or not self._is_worth_it(error, config):
            return None
        return _Delay(config)(SimpleNamespace(attempt_number=number))

    def _sleep(self, seconds: float) -> None:
        self.stopped.wait(seconds)

    def _before_sleep(self, state: tenacity.RetryCallState) -> None:
        assert state.outcome is not None  # noqa: S101 -- tenacity calls this only after a failure
        error = state.outcome.exception()
        assert error is not None  # noqa: S101
        self.on_failure(state.attempt_number, error, state.upcoming_sleep)

    def _is_worth_it(self, error: BaseException, config: RetryConfig) -> bool:
        if not self.is_retry_safe or is_final(error) or self.is_gone(error):
            return False
        if any(matches(error, name) for name in config.give_up_on):
            return False
        return not config.retry_on or any(matches(error, name) for name in config.retry_on)


def is_final(error: BaseException) -> bool:
    """Whether no retry block may ask for another attempt: a mistake, an ended program."""
    return not isinstance(error, Exception) or isinstance(error, _FINAL) or is_analysis_error(error)


class _Delay:
    """Seconds before the next attempt: they grow by `multiplier` up to `max_delay`, give or take a random part of `jitter`."""

    def __init__(self, config: RetryConfig) -> None:
        self._longest = config.max_delay.total_seconds()
        self._jitter = config.jitter
        self._growing = tenacity.wait_exponential(
            multiplier=config.initial_delay.total_seconds(), exp_base=config.multiplier, max=self._longest
        )

    def __call__(self, state: Any) -> float:
        delay = self._growing(state) * (1 + threads().uniform(-self._jitter, self._jitter))
        return min(self._longest, delay)
