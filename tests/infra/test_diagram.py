"""The picture says what the definition says, and the page shows the present one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import diagram, generated


def test_page_and_readme_are_up_to_date() -> None:
    diagram.main(["--check"])


def test_check_names_what_is_out_of_date_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    monkeypatch.setattr(diagram, "PAGE", tmp_path / "workflow.md")
    monkeypatch.setattr(diagram, "README", tmp_path / "README.md")
    with pytest.raises(SystemExit) as ended:
        diagram.main(["--check"])
    assert str(ended.value.code) == (
        "tools.diagram: out of date: workflow.md; run `python -m tools.diagram`"
    )
    assert list(tmp_path.iterdir()) == []


def test_writes_the_page_and_what_stands_between_the_markers(
    definition: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, readme = tmp_path / "workflow.md", tmp_path / "README.md"
    readme.write_text("above\n<!-- workflow -->\nold\n<!-- /workflow -->\nbelow\n", "utf-8")
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


NODE = re.compile(r"(\w+)[\[({].*[\])}]:::(\w+)")
ARROW = re.compile(r'(\w+) ([-.=]+)>(?:\|".*"\|)? (\w+)')


def test_draws_every_state_once_and_every_way_once(
    definition: dict[str, Any], states: dict[str, dict[str, Any]]
) -> None:
    lines = [line.strip() for line in diagram.mermaid(definition).splitlines()]
    nodes = [(n[1], n[2]) for line in lines if (n := NODE.fullmatch(line))]
    arrows = [(a[1], a[2], a[3]) for line in lines if (a := ARROW.fullmatch(line))]
    ways = {
        (name, target, caught)
        for name, state in states.items()
        for target, caught in _ways_out(state)
    }
    starts = {
        (name, state["ItemProcessor"]["StartAt"], False)
        for name, state in states.items()
        if "ItemProcessor" in state
    }
    assert len(nodes) == len(states)
    assert dict(nodes) == {name: state["Type"] for name, state in states.items()}
    assert len(arrows) == len(ways | starts)
    assert {(source, target, "." in line) for source, line, target in arrows} == ways | starts


def _ways_out(state: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield where a state may lead, and whether it is by a Catch; read from the definition."""
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], False
    for choice in state.get("Choices", ()):
        yield choice["Next"], False
    for catcher in state.get("Catch", ()):
        yield catcher["Next"], True


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
