"""The picture and the tables of the workflow, drawn from the synthesised state machine.

`python -m tools.diagram` rewrites docs/workflow.md, and README.md between its markers;
`python -m tools.diagram --check` only reports whether they are out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from console.reading import definition as definitions
from console.reading.definition import State, States, Way, merged, walk, ways
from infra.project import ROOT
from tools.generated import update
from tools.synthesis import synthesise, template_of

PAGE: Final = ROOT / "docs" / "workflow.md"
README: Final = ROOT / "README.md"
OPENING, CLOSING = "<!-- workflow -->", "<!-- /workflow -->"

STATE_MACHINE: Final = "AWS::StepFunctions::StateMachine"
PSEUDO_PARAMETERS: Final = {"AWS::Partition": "aws"}

ENDS: Final = frozenset({"Succeed", "Fail"})
SHAPES: Final = {
    "Task": ('["', '"]'),
    "Choice": ('{"', '"}'),
    "Map": ('[["', '"]]'),
    "Wait": ('{{"', '"}}'),
    "Succeed": ('(["', '"])'),
    "Fail": ('(["', '"])'),
}
STYLES: Final = (
    "classDef Task fill:#dbeafe,stroke:#1d4ed8,color:#111827",
    "classDef Choice fill:#fef3c7,stroke:#b45309,color:#111827",
    "classDef Wait fill:#ede9fe,stroke:#6d28d9,color:#111827",
    "classDef Map fill:#dbeafe,stroke:#1d4ed8,color:#111827",
    "classDef Child fill:none,stroke:#64748b",
    "classDef Succeed fill:#f3f4f6,stroke:#4b5563,color:#111827",
    "classDef Fail fill:#fee2e2,stroke:#b91c1c,color:#111827",
)
"""A colour per type of state, each with its own text colour: legible on light and on dark."""


def definition(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of the template's one state machine.

    What only CloudFormation knows stands as Fn::Sub would spell it: `${Bus.Arn}`.
    """
    (machine,) = (
        resource for resource in template["Resources"].values() if resource["Type"] == STATE_MACHINE
    )
    parsed: dict[str, Any] = json.loads(resolved(machine["Properties"]["DefinitionString"]))
    return parsed


def resolved(value: object) -> str:
    """Return a value of the template as text, in the syntax of Fn::Sub."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str() as separator, [*parts]]}:
            return separator.join(map(resolved, parts))
        case {"Ref": str() as name}:
            return PSEUDO_PARAMETERS.get(name, f"${{{name}}}")
        case {"Fn::GetAtt": [str() as name, str() as attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Select": [int() as index, {"Fn::Split": [str() as separator, whole]}]}:
            return f"{resolved(whole)}.split({separator!r})[{index}]"
        case _:
            raise ValueError(f"no stand-in for {value}")


def mermaid(definition: Mapping[str, Any]) -> str:
    """Draw a definition as a flowchart."""
    lines = ["flowchart TB", *_indented(_graph(definition)), *_indented(STYLES)]
    return "\n".join(lines)


def _graph(graph: Mapping[str, Any]) -> list[str]:
    states = walk(graph)
    nodes = [_node(name, state) for name, state in states.items()]
    drawn = merged(way for name, state in states.items() for way in ways(name, state))
    arrows = [_arrow(way, ends=states[way.target]["Type"] in ENDS) for way in drawn]
    children = [
        line
        for name, state in states.items()
        if "ItemProcessor" in state
        for line in _child(name, state["ItemProcessor"])
    ]
    return [*nodes, *arrows, *children]


def _node(name: str, state: State) -> str:
    opening, closing = SHAPES[state["Type"]]
    return f"{name}{opening}{_label(name, state)}{closing}:::{state['Type']}"


def _child(name: str, graph: Mapping[str, Any]) -> list[str]:
    """Draw what a Map runs in a separate box, which keeps the layout of both graphs simple."""
    box = f"{name}Child"
    return [
        f'subgraph {box}["A child execution of {name}"]',
        *_indented(_graph(graph)),
        "end",
        f"class {box} Child",
        f'{name} ==>|"for each unit of work"| {graph["StartAt"]}',
    ]


def _label(name: str, state: State) -> str:
    match state["Type"]:
        case "Task":
            return f"{name}<br/><i>{_action(state)}</i>"
        case "Map":
            return f"{name}<br/><i>Distributed Map</i>"
        case _:
            return name


def _action(task: State) -> str:
    """Return what a task calls, without the common prefix of such ARNs."""
    action: str = task["Resource"].split(":::", 1)[-1].removeprefix("aws-sdk:")
    return "Lambda" if action == "lambda:invoke" else action


def _arrow(way: Way, *, ends: bool) -> str:
    """Draw an edge; those to an end are longer, so that the ends are in a row of their own."""
    arrow = ("-..->" if ends else "-.->") if way.caught else ("--->" if ends else "-->")
    label = f'|"{way.label}"|' if way.label else ""
    return f"{way.source} {arrow}{label} {way.target}"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def page(definition: Mapping[str, Any]) -> str:
    """Write docs/workflow.md: the picture, the states and the retry policies."""
    return f"""# The workflow

A request is accepted or rejected as a whole. Its stages run in order, with one child execution per
unit of work. Its outcome is published before the execution ends, or by the clean-up that follows.

{_fenced(definition)}

Diamonds are Choice states, hexagons Wait states; rounded boxes end an execution, the red ones as
FAILED. Dashed arrows are Catches: taken when a state fails and its retries, below, are used up or
do not name the error.

## States

{states_table(definition)}

## Retries

Delays double from the first to the longest; with full jitter, the actual delay is a random time
up to that. An error that is not named here is not retried; States.TaskFailed stands for every
error except a timeout.

{retries_table(definition)}

This page is generated: `make picture` updates it.
"""


def graphs(definition: Mapping[str, Any]) -> Iterator[tuple[str, States]]:
    """Yield the parent graph and every Map's child graph: where it runs, and its states."""
    for graph in definitions.graphs(definition):
        inside = graph.inside
        place = "the request" if inside is None else f"each child execution of {inside}"
        yield place, graph.states


def states_table(definition: Mapping[str, Any]) -> str:
    """Tabulate the states of each graph: name, type and Comment."""
    return "\n\n".join(
        f"In {place}:\n\n"
        + table(
            ("State", "Type", "Purpose"),
            [(name, state["Type"], state.get("Comment", "")) for name, state in states.items()],
        )
        for place, states in graphs(definition)
    )


def retries_table(definition: Mapping[str, Any]) -> str:
    """Tabulate the retry policies, each with the tasks that have it."""
    tasks: dict[tuple[str, str, str, str], list[str]] = {}
    for _, states in graphs(definition):
        for name, state in states.items():
            for retrier in state.get("Retry", ()):
                tasks.setdefault(_policy(retrier), []).append(name)
    rows = [("<br>".join(names), *policy) for policy, names in tasks.items()]
    return table(("Tasks", "Errors", "First delay", "Longest delay", "Retries"), rows)


def _policy(retrier: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return (
        "<br>".join(retrier["ErrorEquals"]),
        f"{retrier['IntervalSeconds']} s",
        f"{retrier['MaxDelaySeconds']} s",
        str(retrier["MaxAttempts"]),
    )


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table in Markdown."""
    return "\n".join(
        f"| {' | '.join(_cells(row))} |" for row in (header, ("---",) * len(header), *rows)
    )


def _cells(row: tuple[str, ...]) -> Iterator[str]:
    return (cell.replace("|", "\\|") for cell in row)


def _fenced(definition: Mapping[str, Any]) -> str:
    return f"```mermaid\n{mermaid(definition)}\n```"


def with_picture(text: str, definition: Mapping[str, Any]) -> str:
    """Return a text with the picture between its markers, or unchanged if it has none."""
    before, opening, rest = text.partition(OPENING)
    _, closing, after = rest.partition(CLOSING)
    if not closing:
        return text
    return f"{before}{opening}\n{_fenced(definition)}\n{closing}{after}"


def out_of_date(definition: Mapping[str, Any]) -> dict[Path, str]:
    """Return the new contents of the files that are out of date."""
    wanted = {PAGE: page(definition)}
    if README.exists():
        wanted[README] = with_picture(README.read_text(encoding="utf-8"), definition)
    return {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrite the files that are out of date, or with --check fail with their names."""
    update(
        "tools.diagram",
        "The workflow's page and picture, from its definition.",
        lambda: out_of_date(definition(template_of(synthesise()))),
        arguments,
    )


if __name__ == "__main__":
    main()
