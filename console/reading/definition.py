"""The graph of a state machine's definition, in Amazon States Language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

State = Mapping[str, Any]
States = Mapping[str, State]


class Way(NamedTuple):
    """A way from one state to another.

    Attributes:
        label: its condition in words; empty if it has none.
        caught: whether it is that of a Catch.
    """

    source: str
    target: str
    label: str
    caught: bool = False


class StateGraph(NamedTuple):
    """The states of one graph of a definition.

    Attributes:
        inside: the Map that runs it, None for the state machine's own.
        start: its first state.
        states: depth first from its start; unreachable ones come last.
    """

    inside: str | None
    start: str
    states: States


def graphs(graph: Mapping[str, Any], inside: str | None = None) -> Iterator[StateGraph]:
    """Yield a definition's own graph, and that of each Map's child executions."""
    states = walk(graph)
    yield StateGraph(inside, graph["StartAt"], states)
    for name, state in states.items():
        if "ItemProcessor" in state:
            yield from graphs(state["ItemProcessor"], name)


def walk(graph: Mapping[str, Any]) -> dict[str, State]:
    """Return a graph's states, depth first from its start; unreachable ones come last."""
    states: States = graph["States"]
    found: dict[str, State] = {}

    def visit(name: str) -> None:
        if name not in found:
            found[name] = states[name]
            for way in ways(name, states[name]):
                visit(way.target)

    for name in (graph["StartAt"], *states):
        visit(name)
    return found


def ways(name: str, state: State) -> Iterator[Way]:
    """Yield the ways out of a state, those of its Catch last."""
    for choice in state.get("Choices", ()):
        yield Way(name, choice["Next"], in_words(choice["Condition"]))
    if "Default" in state:
        yield Way(name, state["Default"], "otherwise")
    if "Next" in state:
        yield Way(name, state["Next"], "")
    for catcher in state.get("Catch", ()):
        caught = ", ".join(catcher["ErrorEquals"])
        caught = caught.replace("States.ALL", "any error").replace("States.Timeout", "timeout")
        yield Way(name, catcher["Next"], caught, caught=True)


def merged(given: Iterator[Way]) -> list[Way]:
    """Return one way for several of a type between the same two states."""
    labels: dict[tuple[str, str, bool], list[str]] = {}
    for way in given:
        labels.setdefault((way.source, way.target, way.caught), []).append(way.label)
    return [
        Way(source, target, " or ".join(filter(None, words)), caught)
        for (source, target, caught), words in labels.items()
    ]


def in_words(condition: str) -> str:
    """Return the word that a Choice's condition compares with, or the condition if it has none."""
    body = condition.removeprefix("{%").removesuffix("%}").strip()
    if compared := re.fullmatch(r"\$[\w.]+ = '([^']*)'", body):
        return compared[1]
    if existing := re.fullmatch(r"\$exists\(\$states\.input\.(?:\w+\.)*(\w+)\)", body):
        return existing[1]
    return body.replace("$states.input.", "").replace('"', "'")
