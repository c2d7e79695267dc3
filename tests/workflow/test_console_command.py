"""The operator's command, against one local AWS: what runs, why, and how it is stopped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commandline.interrupts import INTERRUPTED
from localcloud.orchestrator import LocalOrchestrator
from localcloud.world import World
from tests.processes import shared_processes
from tests.workflow.console_operator import Operator
from tests.workflow.requests import campaign, campaigns, export, snapshot, stages
from tests.workflow.terminal import CTRL_C, Terminal

SNAPSHOTS = [f"arn:aws:rds:us-east-1:123456789012:snapshot:s-{number}" for number in range(7)]
WORLD: dict[str, Any] = {
    "campaigns": [
        campaign("winter-sale", name="Winter sale"),
        campaign("spring"),
        campaign("summer"),
        campaign("stopped", "Stopped"),
    ],
    "snapshots": [snapshot(arn) for arn in SNAPSHOTS],
}


@pytest.fixture(scope="module")
def deployed(assembly: Path) -> Iterator[LocalOrchestrator]:
    with LocalOrchestrator(
        World.model_validate(WORLD), assembly, processes=shared_processes()
    ) as orchestrator:
        orchestrator.begin()
        yield orchestrator


@pytest.fixture
def operator(
    deployed: LocalOrchestrator,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    return Operator(deployed, capsys, monkeypatch)


def test_a_request_is_started_followed_listed_and_shown(operator: Operator) -> None:
    ran = operator.types(
        "start", "pause", "winter-sale", "stopped", "--correlation-id", "one", "--follow"
    )

    assert ran.code == 1
    name = re.findall(r"Started (\S+)\n", ran.err)[0]
    progress = [line.partition("] ")[2] for line in ran.err.splitlines()[1:]]
    assert progress == [
        "one: started",
        "stopped: is Stopped",
        "winter-sale: is Running",
        "winter-sale: PauseCampaign accepted",
        "stopped: FAILED: IllegalTransition: a stopped campaign cannot be paused or resumed",
        "winter-sale: is Paused",
        "one: FAILED",
    ]
    assert "COMPLETE  winter-sale  PAUSED  Paused" in ran.out
    listed = operator.types("list", "--text", "one", "--output", "json").json["requests"]
    assert [(each["name"], each["status"]) for each in listed] == [(name, "FAILED")]
    for reference in ("one", name, listed[0]["execution_arn"]):
        assert operator.types("show", reference).out == ran.out
    why = operator.types("why", "one").out
    assert "IllegalTransition: a stopped campaign cannot be paused or resumed" in why
    events = operator.types("show", "one", "--events").out.splitlines()
    assert "ExecutionFailed" in events[-1]


def test_a_name_starts_once(operator: Operator) -> None:
    arguments = ("start", "resume", "winter-sale", "--name", "once", "--output", "json")

    first = operator.types_now(*arguments)
    again = operator.types_now(*arguments)
    other = operator.types_now("start", "resume", "spring", "--name", "once")

    assert first.json == again.json
    assert (other.code, other.out) == (1, "")
    assert other.err.startswith("orchestrator: another request was named once")
    assert operator.types("show", "once", "--follow").code == 0


def test_a_wait_for_a_slot_is_explained(operator: Operator) -> None:
    operator.types_now("start", "export", *SNAPSHOTS[:5], "--correlation-id", "five")
    operator.types_now("show", "five", until=lambda ran: ran.out.count("STARTING") == 5)
    operator.types_now("start", "export", SNAPSHOTS[5], "--correlation-id", "sixth")

    waits = operator.types_now("why", "sixth", until=lambda ran: "waits for a slot" in ran.out)

    assert "5 of 5 in use" in waits.out
    shown = operator.types_now("show", "sixth").out
    assert "QUEUED  snapshot:s-5  COMPLETE  waits for a slot since " in shown
    running = operator.types_now("list", "--status", "running").out
    assert {line.split()[1] for line in running.splitlines()[1:]} == {"sixth", "five"}
    assert operator.types("show", "sixth", "--follow").code == 0


def test_a_request_is_canceled_and_its_clean_up_followed(
    operator: Operator, tmp_path: Path
) -> None:
    request = stages(
        campaigns("PAUSED", "summer", on_abort="restore"),
        export(source_arn=SNAPSHOTS[0], export_id="canceled", on_abort="cancel"),
    )
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request))
    operator.types_now("start", str(path), "--correlation-id", "mine")
    operator.reaches("mine", "STARTING")

    ran = operator.types_and_waits("cancel", "mine", "--yes", until="ABORTED")

    assert ran.code == 0, ran
    lines = [line.partition("] ")[2] or line for line in ran.err.splitlines()]
    assert lines[0] == "Stopped mine; its clean-up follows"
    cut_short = "snapshot:s-0: FAILED: ExecutionAborted: the execution was aborted (canceled by "
    assert lines[-4].startswith(cut_short)
    assert lines[-2].startswith(cut_short)
    assert "in the clean-up: TargetReached" in lines[-2]
    assert [lines[-5], lines[-3], lines[-1]] == [
        "mine: ABORTED",
        "mine: its clean-up has begun",
        "mine: its clean-up has ended: SUCCEEDED",
    ]
    assert operator.orchestrator.simulators.ledger.states["summer"][-1][1] == "Running"
    why = operator.types("why", "mine").out
    assert "ExecutionAborted" in why


def test_a_request_is_started_again(operator: Operator) -> None:
    operator.types("start", "pause", "spring", "--correlation-id", "twice", "--follow")
    assert operator.types("list", "--text", "twice", "--output", "json").json["requests"]

    ran = operator.types("again", "twice", "--yes", "--follow", "--output", "json")

    assert ran.code == 0
    [resource] = ran.json["resources"]
    assert (resource["id"], resource["initial_state"]) == ("spring", "Paused")
    both = operator.types("show", "twice")
    assert both.code == 1
    assert "twice" in both.err


def test_the_stack_is_found_by_its_name_alone(operator: Operator) -> None:
    name = "Orchestrator"
    assert operator.types("list", "--stack", name).code == 0
    missing = operator.types("list", "--stack", "Orchestrators")
    assert (missing.code, missing.out) == (1, "")
    assert name in missing.err


def test_a_narrow_terminal_shows_progress_until_it_is_interrupted(
    operator: Operator, tmp_path: Path
) -> None:
    operator.types_now("start", "export", SNAPSHOTS[6], "--correlation-id", "narrow")
    with operator.orchestrator.clock.held():
        terminal = Terminal(tmp_path, "show", "narrow", "--follow", module="console", size=(12, 40))
        terminal.until(lambda: "IN_PROGRESS" in terminal.shown and "snapshot:s-" in terminal.shown)
        terminal.press(CTRL_C)
        code = terminal.exit_code()

    assert code == INTERRUPTED
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.shown)
    last = shown.strip().splitlines()[-1]
    assert last.startswith("orchestrator: stopped following, the request goes on: orchestrator")
    drawn = [line for line in shown.replace("\r", "\n").splitlines() if "snapshot:s-" in line]
    assert drawn
    assert max(map(len, drawn)) <= 40
    assert operator.types("show", "narrow", "--follow").code == 0
