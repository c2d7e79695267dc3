"""Nothing that is sent to the stack is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.platform.dead_letters import FOR_EVENTS, FOR_INVOCATIONS
from tests.infra.stack_parts import Template, of_type, policies_of, properties_of

TWO_WEEKS = 14 * 86_400


def test_every_target_of_every_rule_has_a_queue_for_what_does_not_reach_it(
    full_template: Template,
) -> None:
    for target in _targets(full_template):
        assert target["DeadLetterConfig"]["Arn"] == _arn(full_template, "UndeliveredEvents")


def test_every_target_is_tried_as_the_one_policy_says(full_template: Template) -> None:
    for target in _targets(full_template):
        assert target["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": FOR_EVENTS.max_age.to_seconds(),
            "MaximumRetryAttempts": FOR_EVENTS.max_attempts,
        }


def test_every_rule_may_put_into_the_queue_and_no_one_else(full_template: Template) -> None:
    queue = _queue(full_template, "UndeliveredEvents")
    allowed = [s for s in _queue_policy(full_template, queue) if s["Effect"] == "Allow"]
    assert {s["Principal"]["Service"] for s in allowed} == {"events.amazonaws.com"}
    assert {s["Action"] for s in allowed} == {"sqs:SendMessage"}
    sources = [s["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"][0] for s in allowed]
    assert sorted(sources) == sorted(of_type(full_template, "AWS::Events::Rule"))


def test_every_function_that_a_rule_invokes_has_a_queue_for_what_keeps_failing(
    full_template: Template,
) -> None:
    invoked = {
        target["Arn"]["Fn::GetAtt"][0]
        for target in _targets(full_template)
        if target["Arn"].get("Fn::GetAtt", [""])[0]
        in of_type(full_template, "AWS::Lambda::Function")
    }
    assert invoked
    configured = properties_of(full_template, "AWS::Lambda::EventInvokeConfig")
    assert {config["FunctionName"]["Ref"] for config in configured} == invoked
    for config in configured:
        assert config["DestinationConfig"] == {
            "OnFailure": {"Destination": _arn(full_template, "FailedInvocations")}
        }
        assert config["MaximumRetryAttempts"] == FOR_INVOCATIONS.max_attempts
        assert config["MaximumEventAgeInSeconds"] == FOR_INVOCATIONS.max_age.to_seconds()


def test_a_function_may_send_to_its_queue_before_lambda_has_its_arn(
    full_template: Template,
) -> None:
    for logical_id in of_type(full_template, "AWS::Lambda::EventInvokeConfig"):
        resource = full_template["Resources"][logical_id]
        function = resource["Properties"]["FunctionName"]["Ref"][:-8]
        sends = [
            s for s in policies_of(full_template, function) if s["Action"] == "sqs:SendMessage"
        ]
        assert [s["Resource"] for s in sends] == [_arn(full_template, "FailedInvocations")]
        assert any("DefaultPolicy" in name for name in resource["DependsOn"])


def test_only_the_rule_of_failed_clean_ups_may_put_into_their_queue(template: Template) -> None:
    (rule,) = (
        name for name in of_type(template, "AWS::Events::Rule") if "TriggersCleanUpFailed" in name
    )
    (target,) = template["Resources"][rule]["Properties"]["Targets"]
    assert target["Arn"] == _arn(template, "FailedCleanUps")
    assert "InputTransformer" not in target, "the event itself is what can be sent on"
    queue = _queue(template, "FailedCleanUps")
    (allowed,) = (s for s in _queue_policy(template, queue) if s["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}
    assert template["Outputs"]["FailedCleanUpsUrl"]["Value"] == {"Ref": queue}


@pytest.mark.parametrize("name", ["UndeliveredEvents", "FailedInvocations", "FailedCleanUps"])
def test_queues_keep_for_two_weeks_encrypt_and_refuse_plain_http(
    template: Template, name: str
) -> None:
    queue = _queue(template, name)
    properties = template["Resources"][queue]["Properties"]
    assert properties["MessageRetentionPeriod"] == TWO_WEEKS
    assert properties["KmsMasterKeyId"]["Fn::GetAtt"][0].startswith("EncryptionKey")
    (refusal,) = (s for s in _queue_policy(template, queue) if s["Effect"] == "Deny")
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (refusal["Action"], refusal["Principal"]) == ("sqs:*", {"AWS": "*"})


def _targets(template: Template) -> Iterator[dict[str, Any]]:
    rules = properties_of(template, "AWS::Events::Rule")
    assert len(rules) == 9, "six of the stack's own, snapshots, campaign mutations, notices"
    for rule in rules:
        yield from rule["Targets"]


def _queue(template: Template, name: str) -> str:
    (queue,) = (
        n for n in of_type(template, "AWS::SQS::Queue") if n.startswith(f"DeadLetters{name}")
    )
    return queue


def _arn(template: Template, name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [_queue(template, name), "Arn"]}


def _queue_policy(template: Template, queue: str) -> list[dict[str, Any]]:
    (statements,) = (
        policy["PolicyDocument"]["Statement"]
        for policy in properties_of(template, "AWS::SQS::QueuePolicy")
        if policy["Queues"] == [{"Ref": queue}]
    )
    found: list[dict[str, Any]] = statements
    return found
