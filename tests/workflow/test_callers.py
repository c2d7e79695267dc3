"""Each snippet of docs/integration.md is run as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.project import ROOT
from localcloud.orchestrator import LocalOrchestrator
from tests import linter
from tests.stacks import in_world
from tests.workflow.requests import campaign, snapshot
from tests.workflow.snippets import (
    ROLE,
    fenced,
    json_blocks,
    outcome,
    outcomes,
    run,
    section,
    start,
    wait_for_a_change,
)

PAGE = (ROOT / "docs" / "integration.md").read_text(encoding="utf-8")
CLUSTER = "arn:aws:rds:us-east-1:123456789012:cluster:shop"
SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:snapshot:rds:shop-2025-12-31-23-00"


def snippets(heading: str, language: str) -> list[str]:
    return fenced(section(PAGE, heading), language)


def snippet(heading: str, language: str) -> str:
    [code] = snippets(heading, language)
    return code


def beginning(language: str) -> str:
    return fenced(PAGE, language)[0]


WORLD = {
    "campaigns": [campaign("winter-sale")],
    "snapshots": [
        snapshot(CLUSTER),
        snapshot(SNAPSHOT, db_instance="shop", type="automated", created_at_s=-3_600),
    ],
}


@pytest.fixture
def deployed(assembly: Path) -> Iterator[LocalOrchestrator]:
    with in_world(assembly, WORLD) as orchestrator:
        orchestrator.begin()
        yield orchestrator


@pytest.fixture
def extended(assembly: Path) -> Iterator[LocalOrchestrator]:
    """A stack to which a snippet adds resources."""
    with in_world(assembly, WORLD, changes_stack=True) as orchestrator:
        orchestrator.begin()
        yield orchestrator


def bash(orchestrator: LocalOrchestrator, heading: str) -> str:
    code = snippet(heading, "bash")
    return run(orchestrator, "bash", "-euc", f"{beginning('bash')}\n{code}")


def python(orchestrator: LocalOrchestrator, heading: str) -> str:
    code = snippet(heading, "python")
    return run(orchestrator, sys.executable, "-c", f"{beginning('python')}\n{code}")


def test_the_command_line_starts_a_request(deployed: LocalOrchestrator) -> None:
    bash(deployed, "With the AWS CLI")
    assert_paused(outcome(deployed))


def test_boto3_starts_a_request(deployed: LocalOrchestrator) -> None:
    printed = python(deployed, "With boto3")
    assert_paused(outcome(deployed))
    assert printed.strip() == outcome(deployed)["execution_arn"]


def test_an_event_starts_a_request(deployed: LocalOrchestrator) -> None:
    printed = python(deployed, "As an event")
    assert_paused(outcome(deployed))
    assert outcome(deployed)["correlation_id"] == printed.strip()


def test_another_state_machine_waits_for_the_outcome(extended: LocalOrchestrator) -> None:
    waits, _ = machines()
    caller = call_from(extended, waits)
    assert caller["status"] == "SUCCEEDED"
    assert json.loads(caller["output"]) == outcome(extended)
    assert_paused(outcome(extended))


def test_another_state_machine_learns_that_a_request_failed(extended: LocalOrchestrator) -> None:
    waits, _ = machines()
    caller = call_from(extended, waits.replace("winter-sale", "nobody"))
    assert (caller["status"], caller["error"]) == ("FAILED", "States.TaskFailed")


def test_another_state_machine_starts_a_request_and_continues(extended: LocalOrchestrator) -> None:
    _, goes_on = machines()
    caller = call_from(extended, goes_on)
    assert caller["status"] == "SUCCEEDED"
    assert_paused(outcome(extended))


def test_what_a_schedule_would_start_is_a_request(
    extended: LocalOrchestrator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bash(extended, "On a schedule")

    iam = extended.aws.client("iam")
    role = iam.get_role(RoleName="nightly-export")["Role"]
    policy = iam.get_role_policy(RoleName="nightly-export", PolicyName="start")["PolicyDocument"]
    assert [statement["Resource"] for statement in policy["Statement"]] == [extended.machine_arn]
    target = extended.aws.client("scheduler").get_schedule(Name="nightly-export")["Target"]
    assert (target["Arn"], target["RoleArn"]) == (extended.machine_arn, role["Arn"])

    start(extended, target["Input"])
    start(extended, target["Input"])  # the same night, retried
    assert {job["id"] for done in outcomes(extended, 2) for job in done["resources"]} == {SNAPSHOT}
    assert len(exports_of(extended, requests=2)) == 1


def test_what_the_template_s_schedule_would_start_is_another_export_each_night(
    deployed: LocalOrchestrator,
) -> None:
    template = linter.read(snippet("On a schedule", "yaml"))
    target = template["Resources"]["Schedule"]["Properties"]["Target"]

    def fire(moment: str) -> None:
        start(deployed, target["Input"].replace("<aws.scheduler.scheduled-time>", moment))

    fire("2026-11-20T02:00:00Z")
    fire("2026-11-20T02:00:00Z")  # the same night, retried
    assert len(exports_of(deployed, requests=2)) == 1
    fire("2026-11-21T02:00:00Z")
    assert len(exports_of(deployed, requests=3)) == 2


def test_what_a_pipe_would_put_on_the_bus_is_a_request(extended: LocalOrchestrator) -> None:
    bash(extended, "From a queue")

    pipe = extended.aws.client("pipes").describe_pipe(Name="requests")
    parameters = pipe["TargetParameters"]
    event = parameters["EventBridgeEventBusParameters"]
    bus = extended.outputs["EventBusName"]
    assert pipe["Target"].endswith(f":event-bus/{bus}")
    assert parameters["InputTemplate"] == "<$.body>"
    message = {"kind": "campaigns", "target": "PAUSED", "campaign_ids": ["winter-sale"]}
    extended.aws.client("events").put_events(
        Entries=[{**event, "EventBusName": bus, "Detail": json.dumps(message)}]
    )
    assert_paused(outcome(extended))


def test_the_array_that_a_pipe_sends_to_a_state_machine_is_rejected(
    deployed: LocalOrchestrator,
) -> None:
    message = {"kind": "campaigns", "target": "PAUSED", "campaign_ids": ["winter-sale"]}
    start(deployed, json.dumps([message]))
    assert outcome(deployed)["reason"] == "RequestRejected"


def test_a_subscriber_to_failures_receives_them(extended: LocalOrchestrator) -> None:
    bash(extended, "Subscribing to outcomes")
    sqs, events = extended.aws.client("sqs"), extended.aws.client("events")
    queue = sqs.create_queue(QueueName="failures")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    events.put_targets(
        Rule="failed-requests",
        EventBusName=extended.outputs["EventBusName"],
        Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}],
    )

    start(extended, json.dumps({"kind": "campaigns"}))
    assert outcome(extended)["phase"] == "FAILED"

    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["detail"] == outcome(extended)


def test_every_policy_on_the_page_allows_named_actions_only() -> None:
    statements = [
        statement
        for block in json_blocks(PAGE)
        for statement in (block if isinstance(block, list) else [block])
        if "Effect" in statement
    ]
    assert statements
    assert "*" not in json.dumps([statement["Action"] for statement in statements])


def machines() -> list[str]:
    return [code for code in snippets("From another state machine", "json") if "StartAt" in code]


def call_from(orchestrator: LocalOrchestrator, definition: str) -> dict[str, Any]:
    states = orchestrator.aws.client("stepfunctions")
    caller = states.create_state_machine(
        name="caller",
        definition=definition.replace("STATE_MACHINE_ARN", orchestrator.machine_arn),
        roleArn=ROLE,
    )
    started = states.start_execution(stateMachineArn=caller["stateMachineArn"])
    while True:
        execution: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        if execution["status"] != "RUNNING":
            return execution
        wait_for_a_change(orchestrator)


def assert_paused(outcome: dict[str, Any]) -> None:
    [job] = outcome["resources"]
    assert (job["id"], job["final_state"], job["phase"]) == ("winter-sale", "Paused", "COMPLETE")


def exports_of(orchestrator: LocalOrchestrator, requests: int) -> set[str]:
    jobs = [job for outcome in outcomes(orchestrator, requests) for job in outcome["resources"]]
    return {job["details"]["export_task_identifier"] for job in jobs}
