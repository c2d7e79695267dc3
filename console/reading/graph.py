"""The graph of a request's states, with who has been where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from console.reading.definition import graphs, merged, ways
from console.reading.model import Edge, Graph, Node
from console.reading.visits import Visits


def graph_of(definition: Mapping[str, Any], executions: Iterable[Visits]) -> Graph:
    """Return the graph of a definition, with the visits of executions that run it."""
    counts: Counter[str] = Counter()
    active: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for visits in executions:
        counts += visits.counts
        failed += visits.failed
        current = visits.current
        if current is not None:
            active[current.state_name] += 1
    nodes: list[Node] = []
    edges: list[Edge] = []
    for graph in graphs(definition):
        for name, state in graph.states.items():
            nodes.append(
                Node(
                    id=name,
                    type=state["Type"],
                    label=label_of(name),
                    child=graph.inside is not None,
                    visits=counts[name],
                    active=active[name],
                    failed=failed[name],
                )
            )
        every = (way for name, state in graph.states.items() for way in ways(name, state))
        edges += (
            Edge(
                from_=way.source,
                to=way.target,
                label=way.label,
                type="catch" if way.caught else "next",
            )
            for way in merged(every)
        )
        if graph.inside is not None:
            edges.append(Edge(from_=graph.inside, to=graph.start, type="for_each"))
    return Graph(nodes=tuple(nodes), edges=tuple(edges))


def label_of(name: str) -> str:
    """Return a state's name for people: `AwaitExportSlot` is `Await export slot`."""
    first, *rest = re.findall(r"[A-Z][^A-Z]*|[^A-Z]+", name) or [name]
    return " ".join((first, *(word.lower() for word in rest)))
