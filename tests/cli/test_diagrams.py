"""Pictures of a plan: quoted so that no name can break them."""

import subprocess

from programs import program

from ppf_core.planning.plan import Plan, PlannedComponent
from ppf_core.verbs.diagrams import dot, mermaid


def component(name, kind, inputs, plugin="csv"):
    unknown = dict.fromkeys(("persist_reason", "pinned", "staged", "atomic", "carrier", "retry", "description"))
    facts = {"distribution": "acme", "stage": 1, "state": "run", "persist": "none", "quality": (), **unknown}
    return PlannedComponent(name=name, kind=kind, plugin=plugin, inputs=inputs, **facts)


COMPONENTS = (
    component("end", "source", {}, plugin='odd"<#'),
    component("b-1", "transform", {"left": "end"}),
    component("out", "sink", {"b-1": "b-1"}),
)
PLAN = Plan("flights.v1", COMPONENTS, (), (), {}, {}, (), ())
NEEDS = {"end": (), "b-1": ("end",), "out": ("b-1", "end")}


def test_mermaid_numbers_the_nodes_and_escapes_the_labels():
    assert mermaid(PLAN, NEEDS).splitlines() == [
        "flowchart LR",
        '    c0[("end<br/>source odd#quot;#lt;#35;")]',
        '    c1["b-1<br/>transform csv"]',
        '    c2[["out<br/>sink csv"]]',
        '    c0 -->|"left"| c1',
        "    c1 --> c2",
        "    c0 -.-> c2",
    ]


def test_dot_quotes_every_name():
    assert dot(PLAN, NEEDS).splitlines() == [
        'digraph "flights.v1" {',
        "    rankdir=LR;",
        '    "end" [label="end\\nsource odd\\"<#", shape=cylinder];',
        '    "b-1" [label="b-1\\ntransform csv", shape=box];',
        '    "out" [label="out\\nsink csv", shape=box3d];',
        '    "end" -> "b-1" [label="left"];',
        '    "b-1" -> "out";',
        '    "end" -> "out" [style=dotted];',
        "}",
    ]


def test_graphviz_accepts_it():
    graphviz = program("dot", "graphviz")
    assert subprocess.run([graphviz, "-Tsvg"], input=dot(PLAN, NEEDS), text=True, capture_output=True, check=True).stdout
