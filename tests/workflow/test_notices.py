"""With the setting, outcomes reach the subscribers of a topic as text."""

from __future__ import annotations

import json
from pathlib import Path

from localcloud.runs import Runs
from tests.stacks import in_world
from tests.workflow.requests import campaign, campaigns


def test_every_outcome_is_a_notice(assembly_with_every_trigger: Path) -> None:
    requests = [
        {**campaigns("PAUSED"), "correlation_id": "nightly 1", "description": "Before the export"},
        campaigns("STOPED"),
    ]
    world = {"campaigns": [campaign()]}
    with in_world(assembly_with_every_trigger, world, changes_stack=True) as orchestrator:
        topic = orchestrator.outputs["NoticeTopicArn"]
        sqs, sns = orchestrator.aws.client("sqs"), orchestrator.aws.client("sns")
        url = sqs.create_queue(QueueName="notices")["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = queue["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        subscribed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]

        runs = Runs(orchestrator, requests)
        runs.finish()
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]

    assert [(s["Protocol"], s["Endpoint"]) for s in subscribed] == [
        ("email", "operators@example.com"),
        ("sqs", arn),
    ]
    texts = {json.loads(message["Body"])["Message"] for message in received}
    done, rejected = (run.outcome for run in runs.all)
    console = "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details"
    assert texts == {
        '"COMPLETE: 1 of 1 reached their targets"\n'
        '"Reason: TargetReached"\n'
        '"Correlation id: nightly 1"\n'
        '"Description: Before the export"\n'
        f'"Started: {done["started_at"]}"\n'
        f'"Ended: {done["ended_at"]}, after {done["elapsed_seconds"]} s"\n'
        f'"Execution: {console}/{done["execution_arn"]}"',
        f'"FAILED: {rejected["summary"]}"\n'
        '"Reason: RequestRejected"\n'
        f'"Correlation id: {rejected["correlation_id"]}"\n'
        '"Description: "\n'
        f'"Started: {rejected["started_at"]}"\n'
        f'"Ended: {rejected["ended_at"]}, after {rejected["elapsed_seconds"]} s"\n'
        f'"Execution: {console}/{rejected["execution_arn"]}"',
    }
    assert 'got "STOPED"' in rejected["summary"], "values are not escaped"
