"""`ppf plan`: what a run would do."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ppf_core.cli.options import names_in, pipeline_argument, verb
from ppf_core.cli.output import Output, counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ppf_core.planning.plan import Plan, PlannedComponent
    from ppf_core.planning.streams import PlannedQuery

_HEADINGS = ("stage", "component", "kind", "plugin", "distribution", "inputs", "persist", "notes")


@verb(
    "ppf plan flights.conf",
    "ppf plan flights.conf --format mermaid",
    pipeline=None,
    components=[],
    queries=[],
    hooks=[],
    problems=[],
)
@pipeline_argument
@click.option("--analyze", is_flag=True, help="Start Spark, ping what can be pinged, and add the schema of every component.")
@click.option("--only", metavar="A,B", multiple=True, help="The run of only these components and what they need.")
@click.option("--resume", metavar="last|ID", help="The run that goes on with a run that failed; asks the checkpoint hook.")
@click.option("--format", "form", type=click.Choice(["text", "json", "mermaid", "dot"]), help="Default: text.")
def command(
    output: Output,
    pipeline: str,
    overrides: dict[str, str],
    analyze: bool,
    only: tuple[str, ...],
    resume: str | None,
    form: str | None,
) -> int:
    """Show what a run of PIPELINE would do, in which order. Without --analyze it starts no Spark and reads no data."""
    if output.json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} ask for two different answers.", click.get_current_context())
    if analyze and (only or resume):
        raise click.UsageError(
            "--analyze looks at the whole pipeline: leave out --only and --resume.", click.get_current_context()
        )
    output.use_json(form == "json")
    from ppf_core.runs.runner import PipelineRunner

    runner = PipelineRunner.from_file(pipeline, overrides)
    plan, schemas = runner.plan_of(names_in(only), resume), dict[str, str]()
    if analyze:
        from ppf_core.jvm.standard_streams import StandardStreams

        analyzed = runner.analyze(capture=StandardStreams(output.json).capture)
        plan, schemas = analyzed.plan, dict(analyzed.schemas)
    if output.json:
        output.document(_document(plan, schemas))
    elif form in ("mermaid", "dot"):
        from ppf_core.verbs import diagrams

        draw = diagrams.mermaid if form == "mermaid" else diagrams.dot
        output.text(draw(plan, runner.validated.graph.needs))
    else:
        _print(output, plan, schemas)
    return 0


def _document(plan: "Plan", schemas: "Mapping[str, str]") -> dict[str, Any]:
    from ppf_core.state.documents import to_document

    shown = {key: getattr(plan, key) for key in ("pipeline", "components", "steps", "queries", "hooks", "warnings")}
    document: dict[str, Any] = to_document({**shown, "problems": []})
    for component in document["components"]:
        component["schema"] = schemas.get(component["name"])
    return document


def _print(output: Output, plan: "Plan", schemas: "Mapping[str, str]") -> None:
    count = max((component.stage for component in plan.components), default=0)
    output.text(f"Pipeline {plan.pipeline}: {counted(len(plan.components), 'component')} in {counted(count, 'stage')}.\n")
    ordered = sorted(plan.components, key=lambda component: component.stage)
    output.table(_HEADINGS, [_row(component) for component in ordered])
    if plan.queries:
        _print_queries(output, plan.queries)
    else:
        kinds = groupby((step for step in plan.steps if step.component), key=lambda step: step.kind)
        texts = (f"{kind} {', '.join(step.component for step in steps)}" for kind, steps in kinds)
        output.text("\nSteps: " + "; ".join(texts) + ".")
    shared = [(each.name, each.persist, each.persist_reason) for each in plan.components if each.persist_reason]
    if shared:
        output.text("")
        output.table(("shared frame", "persist", "why"), shared)
    validated = [(each.name, ", ".join(_checks(each)), each.carrier) for each in plan.components if each.carrier]
    if validated:
        output.text("")
        output.table(("checked", "checks", "evaluated by"), validated)
    if plan.hooks:
        output.text("")
        output.table(("hook", "implementations"), [(each.hook, ", ".join(each.implementations)) for each in plan.hooks])
    if schemas:
        output.text("")
        output.table(("component", "schema"), list(schemas.items()))
    for warning in plan.warnings:
        output.text(f"\nWarning: {warning}")


def _print_queries(output: Output, queries: "Sequence[PlannedQuery]") -> None:
    """Where each stream ends and why, when its batches come, and what their readers may rely on."""
    output.text("")
    rows = [(each.name, each.input, each.trigger, each.output_mode, ", ".join(each.batch), each.cut) for each in queries]
    output.table(("query", "cut at", "trigger", "output mode", "in each batch", "why cut there"), rows)
    output.text("")
    sinks = [(each.name, sink.name, sink.guarantee, sink.reason) for each in queries for sink in each.sinks]
    output.table(("query", "sink", "guarantee", "why"), sinks)
    for query in queries:
        if len(query.sinks) > 1:
            names = ", ".join(sink.name for sink in query.sinks)
            seen = "" if query.atomic else ", one after the other: for a moment a reader may see it in some of them"
            output.text(f"\nQuery {query.name}: {names} publish each batch together{seen}.")


def _checks(component: "PlannedComponent") -> list[str]:
    return [check["name"] + ("" if check["action"] == "fail" else f" ({check['action']})") for check in component.quality]


def _row(component: "PlannedComponent") -> tuple[object, ...]:
    inputs = ", ".join(name if alias == name else f"{alias} = {name}" for alias, name in component.inputs.items())
    facts = {"pinned": component.pinned, "staged": component.staged, "atomic": component.atomic}
    notes = [name if holds else f"not {name}" for name, holds in facts.items() if holds is not None]
    attempts = component.retry["max_attempts"] if component.retry else 1
    notes += [f"{attempts} attempts"] if attempts > 1 else []
    notes += [counted(len(component.quality), "check")] if component.quality else []
    notes += [] if component.state == "run" else [component.state.replace("_", " ")]
    head = (component.stage, component.name, component.kind, component.plugin, component.distribution)
    return (*head, inputs, component.persist, ", ".join(notes))
