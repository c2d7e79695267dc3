"""A definition in Amazon States Language is a graph for people."""

from __future__ import annotations

import pytest

from console.reading.definition import in_words
from console.reading.graph import graph_of, label_of
from console.reading.visits import Visits
from tests.unit.console.reading.histories import Events

DEFINITION = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $pass.phase = 'COMPLETE' %}", "Next": "Won"},
                {"Condition": "{% $pass.phase = 'PLANNED' %}", "Next": "Won"},
            ],
            "Default": "RunJobs",
        },
        "RunJobs": {
            "Type": "Map",
            "Next": "Won",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Won"}],
            "ItemProcessor": {"StartAt": "Do", "States": {"Do": {"Type": "Task", "End": True}}},
        },
        "Won": {"Type": "Succeed"},
    },
}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{% $states.input.phase = 'COMPLETE' %}", "COMPLETE"),
        ("{% $pass.phase = 'DELETING' %}", "DELETING"),
        ("{% $exists($states.input.outcome) %}", "outcome"),
        ('{% $states.input.a > 1 and $states.input.b = "c" %}', "a > 1 and b = 'c'"),
    ],
)
def test_puts_conditions_into_words(condition: str, words: str) -> None:
    assert in_words(condition) == words


@pytest.mark.parametrize(
    ("name", "label"),
    [("AwaitExportSlot", "Await export slot"), ("Do", "Do"), ("x", "x"), ("", "")],
)
def test_a_state_has_a_name_for_people(name: str, label: str) -> None:
    assert label_of(name) == label


def test_a_graph_has_the_visits_of_its_executions() -> None:
    visits = Visits()
    events = Events().started({}).entered(0, "Ask", "Choice").exited(0, "Ask", "Choice")
    for event in events.entered(0, "RunJobs", "Map").all:
        visits.apply(event)
    child = Visits(keeps_all=False)
    for event in Events().entered(0, "Do").failed(1, "Bad").add(2, "TaskScheduled").all:
        child.apply(event)
    graph = graph_of(DEFINITION, [visits, child])
    assert [
        (node.id, node.child, node.visits, node.active, node.failed) for node in graph.nodes
    ] == [
        ("Ask", False, 1, 0, 0),
        ("Won", False, 0, 0, 0),
        ("RunJobs", False, 1, 1, 0),
        ("Do", True, 1, 1, 1),
    ]
    assert [(edge.from_, edge.to, edge.label, edge.type) for edge in graph.edges] == [
        ("Ask", "Won", "COMPLETE or PLANNED", "next"),
        ("Ask", "RunJobs", "otherwise", "next"),
        ("RunJobs", "Won", "", "next"),
        ("RunJobs", "Won", "any error", "catch"),
        ("RunJobs", "Do", "", "for_each"),
    ]
    assert graph.as_json()["edges"][0]["from"] == "Ask"
