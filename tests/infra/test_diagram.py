"""The picture says what the definition says, and the page shows the present one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra import diagram
from tests.infra.stack_parts import Template


def test_page_and_readme_are_up_to_date(
    definition: dict[str, Any], template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagram, "synthesise", lambda: template)
    diagram.main(["--check"])


def test_check_names_what_is_out_of_date_in_one_line(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagram, "synthesise", lambda: template)
    monkeypatch.setattr(diagram, "ROOT", tmp_path)
    monkeypatch.setattr(diagram, "PAGE", tmp_path / "workflow.md")
    monkeypatch.setattr(diagram, "README", tmp_path / "README.md")
    with pytest.raises(SystemExit) as ended:
        diagram.main(["--check"])
    assert str(ended.value.code) == (
        "infra.diagram: out of date: workflow.md; run `python -m infra.diagram`"
    )
    assert list(tmp_path.iterdir()) == []


def test_writes_the_page_and_what_stands_between_the_markers(
    template: Template,
    definition: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, readme = tmp_path / "workflow.md", tmp_path / "README.md"
    readme.write_text("above\n<!-- workflow -->\nold\n<!-- /workflow -->\nbelow\n", "utf-8")
    monkeypatch.setattr(diagram, "synthesise", lambda: template)
    monkeypatch.setattr(diagram, "PAGE", page)
    monkeypatch.setattr(diagram, "README", readme)
    diagram.main([])
    assert page.read_text("utf-8") == diagram.page(definition)
    assert readme.read_text("utf-8") == (
        "above\n<!-- workflow -->\n```mermaid\n"
        + diagram.mermaid(definition)
        + "\n```\n<!-- /workflow -->\nbelow\n"
    )
    diagram.main(["--check"])


def test_leaves_a_readme_without_markers_alone(definition: dict[str, Any]) -> None:
    assert diagram.with_picture("nothing here\n", definition) == "nothing here\n"


def test_draws_every_state_and_every_way(
    definition: dict[str, Any], states: dict[str, dict[str, Any]]
) -> None:
    drawn = diagram.mermaid(definition)
    for name, state in states.items():
        assert f":::{state['Type']}" in drawn
        assert drawn.count(f" {name}" + diagram.SHAPES[state["Type"]][0]) == 1
        for edge in diagram.edges(name, state):
            assert f"{name} " in drawn
            assert f" {edge.target}\n" in drawn


def test_draws_what_is_caught_dashed_and_the_child_graph_in_a_box() -> None:
    drawn = diagram.mermaid(
        {
            "StartAt": "Each",
            "States": {
                "Each": {
                    "Type": "Map",
                    "ItemProcessor": {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}},
                    "Next": "Ask",
                    "Catch": [{"ErrorEquals": ["Bad", "States.Timeout"], "Next": "Lost"}],
                },
                "Ask": {"Type": "Choice", "Choices": [
                    {"Condition": "{% $states.input.phase = 'COMPLETE' %}", "Next": "Won"},
                ], "Default": "Won"},
                "Won": {"Type": "Succeed"},
                "Lost": {"Type": "Fail", "Error": "Lost", "Cause": "It was lost."},
            },
        }
    )  # fmt: skip
    lines = [line.strip() for line in drawn.splitlines()]
    assert lines[0] == "flowchart TB"
    assert 'Each -..->|"Bad, timeout"| Lost' in lines
    assert 'Ask --->|"COMPLETE or otherwise"| Won' in lines
    assert 'Each ==>|"for each unit of work"| Done' in lines
    assert lines.index('subgraph EachChild["A child execution of Each"]') < lines.index(
        'Done(["Done"]):::Succeed'
    )


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{% $states.input.phase = 'COMPLETE' %}", "COMPLETE"),
        ("{% $look.phase = 'DELETING' %}", "DELETING"),
        ("{% $exists($states.input.outcome) %}", "outcome"),
        ('{% $states.input.a > 1 and $states.input.b = "c" %}', "a > 1 and b = 'c'"),
    ],
)
def test_puts_conditions_into_words(condition: str, words: str) -> None:
    assert diagram.in_words(condition) == words


def test_reads_a_definition_with_stand_ins_for_what_is_not_known_yet() -> None:
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "DefinitionString": {
                "Fn::Join": [
                    "",
                    [
                        '{"Resource":"arn:', {"Ref": "AWS::Partition"}, ':states:::lambda:invoke",',
                        '"Bus":"', {"Ref": "Bus"}, '","Function":"', {"Fn::GetAtt": ["F", "Arn"]},
                        '"}',
                    ],
                ]
            }
        },
    }  # fmt: skip
    assert diagram.definition({"Resources": {"Machine": machine}}) == {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Bus": "${Bus}",
        "Function": "${F.Arn}",
    }


def test_tabulates_a_policy_once_with_all_its_tasks() -> None:
    retry = {"IntervalSeconds": 2, "MaxDelaySeconds": 60, "MaxAttempts": 6}
    end = {"Type": "Succeed"}
    first = {"Type": "Task", "Next": "B", "Retry": [{"ErrorEquals": ["X", "Y"], **retry}]}
    table = diagram.retries_table(
        {"StartAt": "A", "States": {"A": first, "B": {**first, "Next": "C"}, "C": end}}
    )
    assert table.splitlines()[2:] == ["| A<br>B | X<br>Y | 2 s | 60 s | 6 |"]
