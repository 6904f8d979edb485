"""Whether the systems answer that the components of a run speak to, asked before anything starts."""

from functools import partial

from ppf_core.contracts.components import PipelineComponent
from ppf_core.contracts.context import Context
from ppf_core.errors import PpfError, Problem, RunError
from ppf_core.execution.component_run import ComponentRun
from ppf_core.execution.steps import Steps
from ppf_core.secrets.redaction import Redactor, redacted
from ppf_core.threads import threads

PING_SECONDS = 30


def ping_all(steps: Steps, redactor: Redactor, seconds: float = PING_SECONDS) -> None:
    """Asks every component, at the same time, whether its outside system answers; RunError names all that do not."""
    asked = [each for each in steps.components.values() if type(each.plugin).ping is not PipelineComponent.ping]
    answers: dict[str, Problem | None] = {}
    started = [
        threads().start(partial(_ping, each, steps.frames.context(each), answers), f"ppf-ping-{each.info.name}")
        for each in asked
    ]
    deadline = threads().monotonic() + seconds
    for thread in started:
        thread.join(max(0.0, deadline - threads().monotonic()))
    names = [each.info.name for each in asked]
    told = [answers.get(name, _unreachable(name, f"no answer within {seconds:g} s")) for name in names]
    problems = [redacted(problem, redactor) for problem in told if problem is not None]
    if problems:
        raise RunError("Not everything that the pipeline needs can be reached.", problems=problems)


def _ping(component: ComponentRun, context: Context, answers: dict[str, Problem | None]) -> None:
    name = component.info.name
    try:
        component.plugin.ping(context)
        answers[name] = None
    except PpfError as error:  # it says itself what is wrong and what to do
        answers[name] = Problem(
            code="unusable", message=f"{name!r}: {error.message}", hint=error.hint, path=f"components.{name}"
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code; every failure is reported
        answers[name] = _unreachable(name, f"{type(error).__name__}: {error}")


def _unreachable(name: str, text: str) -> Problem:
    return Problem(code="unreachable", message=f"{name!r} cannot be reached: {text}.", path=f"components.{name}")
