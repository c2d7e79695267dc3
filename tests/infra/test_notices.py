"""Notices are published by a role of their own, to the stack's own topic or to a given one."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings import Settings, SettingsError
from tests.infra.stack_parts import Template, listed, of_type, policies_of, properties_of, text
from tests.stack_settings import TOPIC


def rule_of(template: Template) -> dict[str, Any]:
    (rule,) = (
        template["Resources"][name]["Properties"]
        for name in of_type(template, "AWS::Events::Rule")
        if "OutcomePublished" in name
    )
    return dict(rule)


def test_there_is_no_notice_unless_it_is_set(template: Template) -> None:
    assert [n for n in of_type(template, "AWS::Events::Rule") if "OutcomePublished" in n] == []
    assert "NoticeTopicArn" not in template["Outputs"]


def test_notices_are_of_all_outcomes_or_of_failed_ones(
    full_template: Template, other_template: Template
) -> None:
    assert rule_of(full_template)["EventPattern"] == {"detail-type": ["Orchestration Completed"]}
    assert rule_of(other_template)["EventPattern"] == {
        "detail-type": ["Orchestration Completed"],
        "detail": {"phase": ["FAILED"]},
    }
    assert "EventBusName" in rule_of(full_template), "outcomes are on the stack's own bus"


def test_they_are_published_by_a_role_that_may_do_nothing_else(
    full_template: Template, other_template: Template
) -> None:
    for template in (full_template, other_template):
        (target,) = rule_of(template)["Targets"]
        (sender,) = of_type(
            template, "AWS::IAM::Role", description="EventBridge publishes notices with it"
        )
        assert target["RoleArn"] == {"Fn::GetAtt": [sender, "Arn"]}
        key = text({"Fn::GetAtt": [of_type(template, "AWS::KMS::Key")[0], "Arn"]})
        allowed = {
            (action, text(statement["Resource"]))
            for statement in policies_of(template, "NoticesSender")
            for action in listed(statement["Action"])
        }
        with_the_key = {("kms:Decrypt", key), ("kms:GenerateDataKey", key)}
        own = template is full_template
        assert allowed == {("sns:Publish", text(target["Arn"]))} | (with_the_key if own else set())


def test_the_stacks_own_topic_is_encrypted_and_has_its_subscribers(full_template: Template) -> None:
    (topic,) = (n for n in of_type(full_template, "AWS::SNS::Topic") if n.startswith("Notices"))
    assert "KmsMasterKeyId" in full_template["Resources"][topic]["Properties"]
    emails = [
        subscription["Endpoint"]
        for subscription in properties_of(full_template, "AWS::SNS::Subscription")
        if subscription["TopicArn"] == {"Ref": topic}
    ]
    assert emails == ["operators@example.com"]


def test_a_given_topic_is_used_as_it_is(other_template: Template) -> None:
    (target,) = rule_of(other_template)["Targets"]
    assert target["Arn"] == TOPIC
    assert other_template["Outputs"]["NoticeTopicArn"]["Value"] == TOPIC
    topics = of_type(other_template, "AWS::SNS::Topic")
    assert [name for name in topics if name.startswith("Notices")] == []


@pytest.mark.parametrize(
    ("notices", "said"),
    [
        ({"of": "FAILED"}, 'notices.of: must be one of failed, all; got "FAILED"; did you mean'),
        ({"emails": ["me"]}, 'notices.emails[0]: must be an email address; got "me"'),
        ({"emails": ["a@b"] * 21}, "notices.emails: holds 21 items; at most 20"),
        ({"topic_arn": f"{TOPIC}.fifo"}, "notices.topic_arn: must be the ARN of a standard topic"),
        ({"topic_arn": TOPIC, "emails": ["a@b"]}, "notices: has emails and topic_arn: subscribe"),
        ({"email": "a@b"}, "notices.email: is an unknown field; did you mean emails?"),
    ],
)
def test_what_is_wrong_is_named(notices: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_context({"notices": notices})
    assert str(raised.value).startswith(f"orchestrator.{said}")
