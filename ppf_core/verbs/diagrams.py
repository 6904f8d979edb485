"""A plan as a picture: the text that Mermaid and Graphviz draw. Solid arrows carry rows, dotted ones only order.

A box around components is a query of a stream: what lies in it is done anew for each of its batches.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppf_core.planning.plan import Plan, PlannedComponent
    from ppf_core.planning.streams import PlannedQuery

Needs = Mapping[str, tuple[str, ...]]

_MERMAID_SHAPES = {"source": ("[(", ")]"), "transform": ("[", "]"), "sink": ("[[", "]]")}
_DOT_SHAPES = {"source": "cylinder", "transform": "box", "sink": "box3d"}


def mermaid(plan: "Plan", needs: Needs) -> str:
    """A Mermaid flowchart. `needs` is everything that a component waits for."""
    # Component names can be words of the language (`end`), so that nodes are numbered and names stand in labels.
    ids = {component.name: f"c{index}" for index, component in enumerate(plan.components)}
    lines = ["flowchart LR"]
    for component in plan.components:
        opening, closing = _MERMAID_SHAPES[component.kind]
        label = "<br/>".join(map(_mermaid_text, _label(component)))
        lines.append(f'    {ids[component.name]}{opening}"{label}"{closing}')
    for number, (query, names) in enumerate(_boxes(plan)):
        members = [f"        {ids[name]}" for name in names]
        lines += [f'    subgraph q{number}["{_mermaid_text(_title(query))}"]', *members, "    end"]
    for start, end, alias, carries_rows in _edges(plan, needs):
        arrow = "-->" if carries_rows else "-.->"
        text = f'|"{_mermaid_text(alias)}"|' if alias else ""
        lines.append(f"    {ids[start]} {arrow}{text} {ids[end]}")
    return "\n".join(lines)


def dot(plan: "Plan", needs: Needs) -> str:
    """A Graphviz digraph. `needs` is everything that a component waits for."""
    lines = [f"digraph {_dot_text(plan.pipeline)} {{", "    rankdir=LR;"]
    for component in plan.components:
        label = _dot_text("\n".join(_label(component)))
        lines.append(f"    {_dot_text(component.name)} [label={label}, shape={_DOT_SHAPES[component.kind]}];")
    for number, (query, names) in enumerate(_boxes(plan)):
        members = " ".join(f"{_dot_text(name)};" for name in names)
        lines.append(f"    subgraph cluster_{number} {{ label={_dot_text(_title(query))}; {members} }}")
    for start, end, alias, carries_rows in _edges(plan, needs):
        facts = [f"label={_dot_text(alias)}"] if alias else []
        facts += [] if carries_rows else ["style=dotted"]
        attributes = f" [{', '.join(facts)}]" if facts else ""
        lines.append(f"    {_dot_text(start)} -> {_dot_text(end)}{attributes};")
    return "\n".join([*lines, "}"])


def _label(component: "PlannedComponent") -> tuple[str, str]:
    return component.name, f"{component.kind} {component.plugin}"


def _title(query: "PlannedQuery") -> str:
    facts = (f"query {query.name}", query.trigger, query.output_mode)
    return ", ".join(fact for fact in facts if fact)


def _boxes(plan: "Plan") -> "Iterator[tuple[PlannedQuery, list[str]]]":
    """Each query, and the components that are drawn in its box: one that belongs to several is drawn in the first of them."""
    drawn: set[str] = set()
    for query in plan.queries:
        names = [name for name in (*query.batch, *(sink.name for sink in query.sinks)) if name not in drawn]
        drawn.update(names)
        yield query, names


def _edges(plan: "Plan", needs: Needs) -> Iterator[tuple[str, str, str, bool]]:
    """From, to, the alias where it is another name, and whether rows flow."""
    for component in plan.components:
        for alias, start in component.inputs.items():
            yield start, component.name, alias if alias != start else "", True
        for start in needs[component.name]:
            if start not in component.inputs.values():
                yield start, component.name, "", False


def _mermaid_text(text: str) -> str:
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
