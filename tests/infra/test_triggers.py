"""Which events start the machine or wake those who wait, and which do not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from moto.events.models import EventPattern

from infra.settings import Settings
from infra.stack import OrchestratorStack
from lambdas.campaigns.transitions import Mutation
from lambdas.requests.acceptance import clean_up, parse
from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON, SnapshotExport, input_of_event
from lambdas.requests.outcome import (
    OUTCOME_NOT_PUBLISHED,
    REQUEST_FAILED,
    REQUEST_REJECTED,
    WORKFLOW_FAILED,
)
from localcloud.patches.eventbridge.rule_inputs import target_input
from tests.infra.stack_parts import (
    Template,
    of_type,
    policies_of,
    properties_of,
    text,
    unstaged_context,
)

ACCOUNT = "arn:aws:states:us-east-1:123456789012"
MACHINE = f"{ACCOUNT}:stateMachine:orchestrator"
EXECUTION = f"{ACCOUNT}:execution:orchestrator:request-1"
SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:snapshot"
MAX_PATTERN = 2_048
"""Characters of an event pattern. Source: EventBridge user guide, quotas."""
REQUEST = '{"kind":"export"}'
ROLES = "arn:aws:iam::123456789012:role"
OWN_ROLE = f"{ROLES}/reconcile-campaigns"

Rule = dict[str, Any]


@pytest.mark.parametrize("number", [*range(159, 165), *range(234, 237)])
@pytest.mark.parametrize(
    "detail_type",
    ["RDS DB Snapshot Event", "RDS DB Cluster Snapshot Event", "RDS DB Cluster Event"],
)
def test_every_end_of_an_export_wakes_those_who_wait(
    template: Template, number: int, detail_type: str
) -> None:
    rule = _rule(template, "ExportEnded")
    assert _matches(rule, _rds_event(f"RDS-EVENT-{number:04}") | {"detail-type": detail_type})
    assert rule["State"] == "ENABLED"
    assert "EventBusName" not in rule, "AWS services speak on the default bus"


@pytest.mark.parametrize(
    "event_id", ["RDS-EVENT-0042", "RDS-EVENT-0158", "RDS-EVENT-0165", "RDS-EVENT-0233"]
)
def test_other_events_wake_nobody(template: Template, event_id: str) -> None:
    assert not _matches(_rule(template, "ExportEnded"), _rds_event(event_id))


def test_events_that_only_pass_like_those_of_rds_wake_nobody(template: Template) -> None:
    event = _rds_event("RDS-EVENT-0161") | {"source": "my.app"}
    assert not _matches(_rule(template, "ExportEnded"), event)


def test_only_the_rules_of_exports_and_snapshots_may_wake_waiters(template: Template) -> None:
    (wake_waiters,) = (
        name for name in of_type(template, "AWS::Lambda::Function") if "WakeWaiters" in name
    )
    permissions = [
        template["Resources"][name]["Properties"]
        for name in of_type(template, "AWS::Lambda::Permission")
    ]
    for permission in permissions:
        assert permission["FunctionName"] == {"Fn::GetAtt": [wake_waiters, "Arn"]}
        assert permission["Principal"] == "events.amazonaws.com"
    allowed = sorted(permission["SourceArn"]["Fn::GetAtt"][0] for permission in permissions)
    assert [name[:-8] for name in allowed] == [
        "ExportsExportEnded",
        "ExportsSnapshotAvailable",
        "SnapshotsSnapshotChanged",
    ]
    for name in allowed:
        (target,) = template["Resources"][name]["Properties"]["Targets"]
        assert target["Arn"] == {"Fn::GetAtt": [wake_waiters, "Arn"]}


@pytest.mark.parametrize("event_id", ["RDS-EVENT-0041", "RDS-EVENT-0042", "RDS-EVENT-0075"])
def test_own_snapshots_that_are_created_or_deleted_wake_waiters(
    template: Template, event_id: str
) -> None:
    rule = _rule(template, "SnapshotChanged")
    assert _matches(rule, _rds_event(event_id, name="orchestrator-shop-0123456789ab"))
    assert not _matches(rule, _rds_event(event_id, name="shop-nightly"))
    assert not _matches(_rule(template, "ExportEnded"), _rds_event(event_id))


def test_an_export_of_an_own_snapshot_does_not_wake_its_waiters(template: Template) -> None:
    event = _rds_event("RDS-EVENT-0161", name="orchestrator-shop-0123456789ab")
    assert not _matches(_rule(template, "SnapshotChanged"), event)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("ABORTED", None),
        ("ABORTED", "ByHand"),
        ("TIMED_OUT", None),
        ("TIMED_OUT", "States.Timeout"),
        ("FAILED", "States.Runtime"),
        ("FAILED", "States.DataLimitExceeded"),
        ("FAILED", WORKFLOW_FAILED),
        ("FAILED", OUTCOME_NOT_PUBLISHED),
    ],
)
def test_an_execution_that_had_no_chance_to_end_its_request_is_cleaned_up_after(
    template: Template, status: str, error: str | None
) -> None:
    rule = _rule(template, "ExecutionLeftBehind")
    event = _status_event(status, error=error)
    assert _matches(rule, event)
    transformed = json.loads(target_input(rule["Targets"][0], event, "arn"))
    asked = clean_up(transformed, own_execution_arn=f"{EXECUTION}-clean-up")
    assert asked is not None
    assert asked.execution_arn == EXECUTION
    assert input_of_event(event, ()) == transformed, "a dead letter may be either"


def test_a_clean_up_is_never_cleaned_up_after(template: Template) -> None:
    rule = _rule(template, "ExecutionLeftBehind")
    its_input = target_input(rule["Targets"][0], _status_event("ABORTED"), "arn")
    assert not _matches(rule, _status_event("ABORTED", given=its_input))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("RUNNING", None),
        ("SUCCEEDED", None),
        ("PENDING_REDRIVE", None),
        ("FAILED", REQUEST_FAILED),
        ("FAILED", REQUEST_REJECTED),
    ],
)
def test_an_execution_that_ends_by_itself_is_not_cleaned_up_after(
    template: Template, status: str, error: str | None
) -> None:
    event = _status_event(status, error=error)
    assert not _matches(_rule(template, "ExecutionLeftBehind"), event)


@pytest.mark.parametrize("machine", [f"{ACCOUNT}:stateMachine:other", f"{MACHINE}/Jobs"])
def test_executions_of_other_machines_and_children_are_not_cleaned_up_after(
    template: Template, machine: str
) -> None:
    event = _status_event("ABORTED", machine=machine)
    assert not _matches(_rule(template, "ExecutionLeftBehind"), event)


def test_no_snapshot_exports_itself_unless_the_settings_say_so(template: Template) -> None:
    assert [n for n in of_type(template, "AWS::Events::Rule") if "SnapshotCreated" in n] == []


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_the_event_of_a_clean_up_that_failed_is_kept_and_asks_for_it_again(
    template: Template, status: str
) -> None:
    rule, left_behind = (_rule(template, n) for n in ("CleanUpFailed", "ExecutionLeftBehind"))
    its_input = target_input(left_behind["Targets"][0], _status_event("ABORTED"), "arn")
    event = _status_event(status, given=its_input)
    assert _matches(rule, event)
    assert json.loads(target_input(rule["Targets"][0], event, "arn")) == event
    assert input_of_event(event, ()) == json.loads(its_input)


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_request_that_failed_is_no_clean_up(template: Template, status: str) -> None:
    assert not _matches(_rule(template, "CleanUpFailed"), _status_event(status))


def test_a_clean_up_that_succeeds_is_not_kept(template: Template) -> None:
    event = _status_event("SUCCEEDED", given='{"clean_up":{}}')
    assert not _matches(_rule(template, "CleanUpFailed"), event)


@pytest.mark.parametrize(
    "event_id", ["RDS-EVENT-0042", "RDS-EVENT-0091", "RDS-EVENT-0075", "RDS-EVENT-0169"]
)
@pytest.mark.parametrize("name", ["shop-nightly", "rds:shop-2026-11-20-03-00"])
def test_a_new_snapshot_of_the_settings_exports_itself(
    full_template: Template, event_id: str, name: str
) -> None:
    rule = _rule(full_template, "SnapshotCreated")
    event = _rds_event(event_id, name)
    assert _matches(rule, event)
    given = json.loads(target_input(rule["Targets"][0], event, "arn"))
    request = parse(
        input_of_event(given, _snapshot_exports(full_template)),
        region="us-east-1",
        account="123456789012",
    )
    ((job,),) = (stage.jobs for stage in request.stages)
    assert job.model_dump(exclude_defaults=True) == {
        "kind": "export",
        "source_arn": f"{SNAPSHOT}:{name}",
        "target": "COMPLETE",
        "export_only": ("shop.orders",),
    }


@pytest.mark.parametrize("name", ["bookshop-1", "rds:bookshop-1", "shop", "Shop-1", "awsbackup:a"])
def test_other_new_snapshots_do_not_export_themselves(full_template: Template, name: str) -> None:
    event = _rds_event("RDS-EVENT-0042", name)
    assert not _matches(_rule(full_template, "SnapshotCreated"), event)


@pytest.mark.parametrize("event_id", ["RDS-EVENT-0040", "RDS-EVENT-0041", "RDS-EVENT-0161"])
def test_a_snapshot_that_is_not_there_yet_or_any_more_does_not_export_itself(
    full_template: Template, event_id: str
) -> None:
    event = _rds_event(event_id, "shop-nightly")
    assert not _matches(_rule(full_template, "SnapshotCreated"), event)


def test_as_many_snapshot_exports_as_the_settings_take_fit_into_a_pattern(
    tmp_path: Path,
) -> None:
    longest = [{"source_prefix": f"a{number}".ljust(63, "x")} for number in range(10)]
    app = App(
        context=unstaged_context(), outdir=str(tmp_path), builtin_cloud_formation_validation=False
    )
    stack = OrchestratorStack(app, Settings.from_context({"snapshot_exports": longest}))
    template = app.synth().get_stack_artifact(stack.artifact_id).template
    pattern = json.dumps(_rule(template, "SnapshotCreated")["EventPattern"], separators=(",", ":"))
    assert len(pattern) <= MAX_PATTERN


def test_rules_may_start_the_machine_and_nothing_else(full_template: Template) -> None:
    (machine,) = of_type(full_template, "AWS::StepFunctions::StateMachine")
    granted = [
        (statement["Action"], text(statement["Resource"]))
        for statement in policies_of(full_template, "WorkflowMachineEventsRole")
    ]
    assert granted == [("states:StartExecution", f"${{{machine}}}")]


@pytest.mark.parametrize("operation", Mutation)
@pytest.mark.parametrize("role", [None, f"{ROLES}/somebody-else"])
def test_a_mutation_of_a_campaign_by_somebody_else_wakes_those_who_wait(
    full_template: Template, operation: Mutation, role: str | None
) -> None:
    rule = _rule(full_template, "CampaignMutation")
    assert _matches(rule, _campaign_event(operation, role))
    assert rule["State"] == "ENABLED"
    assert "EventBusName" not in rule, "AWS services speak on the default bus"
    (waker,) = (
        name for name in of_type(full_template, "AWS::Lambda::Function") if "WakeWaiters" in name
    )
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": [waker, "Arn"]}]
    permissions = [
        full_template["Resources"][name]["Properties"]
        for name in of_type(full_template, "AWS::Lambda::Permission")
    ]
    assert {permission["FunctionName"]["Fn::GetAtt"][0] for permission in permissions} == {waker}
    allowed = {permission["SourceArn"]["Fn::GetAtt"][0] for permission in permissions}
    assert any(name.startswith("CampaignsCampaignMutation") for name in allowed)


def test_a_mutation_by_the_orchestrators_own_function_wakes_nobody(
    full_template: Template,
) -> None:
    rule = _rule(full_template, "CampaignMutation")
    assert not _matches(rule, _campaign_event(Mutation.STOP, OWN_ROLE))
    (own,) = set(_own_role(rule))
    assert own.startswith("CampaignsReconcileCampaignsRole")
    assert full_template["Resources"][own]["Type"] == "AWS::IAM::Role"


def test_a_mutation_that_was_refused_and_calls_that_change_no_state_wake_nobody(
    full_template: Template,
) -> None:
    rule = _rule(full_template, "CampaignMutation")
    refused = _campaign_event(Mutation.STOP)
    refused["detail"]["errorCode"] = "InvalidCampaignStateException"
    assert not _matches(rule, refused)
    for operation in ("DescribeCampaign", "CreateCampaign", "UpdateCampaignName"):
        assert not _matches(rule, _campaign_event(operation))


def test_campaigns_are_changed_unnoticed_unless_the_settings_say_so(template: Template) -> None:
    assert [n for n in of_type(template, "AWS::Events::Rule") if "CampaignMutation" in n] == []


def _snapshot_exports(template: Template) -> tuple[SnapshotExport, ...]:
    """Return what AcceptRequest and PlanCleanUp receive of the setting."""
    (text,) = {
        function["Environment"]["Variables"]["SNAPSHOT_EXPORTS"]
        for function in properties_of(template, "AWS::Lambda::Function")
        if "SNAPSHOT_EXPORTS" in function.get("Environment", {}).get("Variables", {})
    }
    return SNAPSHOT_EXPORTS_JSON.validate_json(text)


def _rule(template: Template, name: str) -> Rule:
    (found,) = (
        template["Resources"][logical_id]["Properties"]
        for logical_id in of_type(template, "AWS::Events::Rule")
        if logical_id[:-8].endswith(name)
    )
    rule: Rule = found
    return rule


def _matches(rule: Rule, event: Any) -> bool:
    """Ask the matcher that serves the local AWS, with the ARNs in their places."""
    pattern = json.dumps(rule["EventPattern"])
    for role in _own_role(rule):
        get_arn = json.dumps({"Fn::GetAtt": [role, "Arn"]})
        pattern = pattern.replace(get_arn, json.dumps(OWN_ROLE))
    pattern = re.sub(r'\{"Ref": "WorkflowMachine\w+"\}', json.dumps(MACHINE), pattern)
    return bool(EventPattern.load(pattern).matches_event(event))


def _own_role(rule: Rule) -> list[str]:
    """Return the logical ids of the roles whose calls a rule passes over."""
    return re.findall(r'"Fn::GetAtt": \["(\w+)", "Arn"\]', json.dumps(rule["EventPattern"]))


def _campaign_event(operation: str, role: str | None = None) -> dict[str, Any]:
    """Return a call as CloudTrail records it: of a role, or of a user with keys of their own."""
    issuer = {"type": "Role", "arn": role}
    identity = (
        {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}}
        if role
        else {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/alice"}
    )
    detail = {
        "eventSource": "connect-campaigns.amazonaws.com",
        "eventName": str(operation),
        "requestParameters": {"id": "c-1"},
        "userIdentity": identity,
    }
    event = _event("aws.connect-campaigns", "AWS API Call via CloudTrail", "any", detail)
    return event | {"resources": []}


def _rds_event(event_id: str, name: str = "orders") -> dict[str, Any]:
    source_arn = f"{SNAPSHOT}:{name}"
    detail = {"EventID": event_id, "SourceArn": source_arn, "SourceIdentifier": name}
    return _event("aws.rds", "RDS DB Snapshot Event", source_arn, detail)


def _status_event(
    status: str, *, given: str = REQUEST, machine: str = MACHINE, error: str | None = None
) -> dict[str, Any]:
    detail = {
        "executionArn": EXECUTION,
        "stateMachineArn": machine,
        "status": status,
        "input": given,
        "error": error,
        "cause": error and "any cause",
    }
    return _event("aws.states", "Step Functions Execution Status Change", EXECUTION, detail)


def _event(source: str, detail_type: str, resource: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": detail_type,
        "source": source,
        "account": "123456789012",
        "time": "2026-11-20T12:00:00Z",
        "region": "us-east-1",
        "resources": [resource],
        "detail": detail,
    }
