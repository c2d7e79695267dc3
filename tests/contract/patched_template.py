"""The template of a tiny stack that resembles the orchestrator's."""

from __future__ import annotations

import json
from typing import Any

from localcloud.cloud import LocalAws

ACCOUNT = LocalAws.account

CODE = '''
import json, os, time

class RetryableError(Exception): pass
class RefusedError(Exception): pass

def count(key):
    """Count calls across all workers, which share the folder of their code."""
    path = os.path.join(os.environ["LAMBDA_TASK_ROOT"], f"calls-{key}")
    with open(path, "ab") as file:
        file.write(b".")
        return file.seek(0, os.SEEK_CUR)

def handler(event, context):
    do = event.get("do") if isinstance(event, dict) else None
    print(f"doing {do}")
    if do == "fail_first":
        seen = count(event["key"])
        if seen <= event["times"]:
            raise RetryableError(f"attempt {seen}")
        return {"attempts": seen}
    if do == "refuse":
        raise RefusedError(event["why"])
    if do == "fail":
        raise ValueError("as asked")
    if do == "bytes":
        return b'"HelloWorld!"'
    if do == "sleep":
        time.sleep(event["seconds"])
    if do == "compute":
        until = time.monotonic() + event["real_seconds"]
        while time.monotonic() < until:
            pass
    return {"event": event, "greeting": os.environ.get("GREETING")}
'''

ROLE = {"Fn::GetAtt": ["Role", "Arn"]}


def function(name: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Handler": "index.handler",
            "Runtime": "python3.13",
            "Role": ROLE,
            "Code": {"ZipFile": CODE},
            "Timeout": 10,
            **properties,
        },
    }


def queue(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}


def machine(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": name,
            "RoleArn": ROLE,
            "DefinitionString": json.dumps({"QueryLanguage": "JSONata", **definition}),
        },
    }


def rule(pattern: dict[str, Any], target: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": pattern,
            "Targets": [{"Id": "T", **target}],
            **properties,
        },
    }


def arn(resource: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, "Arn"]}


def task(payload: Any, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "worker", "Payload": payload},
        **fields,
    }


RETRY = [
    {
        "ErrorEquals": ["RetryableError", "Lambda.TooManyRequestsException"],
        "IntervalSeconds": 2,
        "MaxAttempts": 5,
        "BackoffRate": 2,
        "MaxDelaySeconds": 6,
        "JitterStrategy": "FULL",
    }
]

TOKEN_WAIT = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
    "Arguments": {
        "TableName": "waiters",
        "Item": {
            "pk": {"S": "{% $states.input.key %}"},
            "token": {"S": "{% $states.context.Task.Token %}"},
        },
    },
    "TimeoutSeconds": "{% $states.input.wait * 60 %}",
    "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "TimedOut"}],
    "Output": {"received": "{% $states.result %}"},
}

WORKFLOW = {
    "StartAt": "Accept",
    "TimeoutSeconds": 86400,
    "States": {
        "Accept": task(
            "{% $states.input %}",
            Assign={
                "jobs": "{% $states.result.Payload.event.jobs %}",
                "said": "{% $states.result.Payload.event.said %}",
            },
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "error": "{% $states.errorOutput.Error %}",
                        "why": "{% $parse($states.errorOutput.Cause).errorMessage %}",
                    },
                    "Next": "Rejected",
                }
            ],
            Next="AreThereJobs",
        ),
        "AreThereJobs": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $count($jobs) > 0 %}", "Next": "RunJobs"}],
            "Default": "Publish",
        },
        "RunJobs": {
            "Type": "Map",
            "Label": "Jobs",
            "Items": "{% $jobs %}",
            "ItemSelector": {
                "job": "{% $states.context.Map.Item.Value %}",
                "index": "{% $states.context.Map.Item.Index %}",
            },
            "MaxConcurrency": 10,
            "ToleratedFailurePercentage": 100,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Reconcile",
                "States": {
                    "Reconcile": task(
                        "{% $states.input.job %}",
                        Retry=RETRY,
                        Assign={"job": "{% $states.input.job %}"},
                        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
                        Next="Await",
                    ),
                    "Await": {
                        "Type": "Wait",
                        "Seconds": "{% $job.wait ? $job.wait : 1 %}",
                        "Next": "Done",
                    },
                    "Done": {
                        "Type": "Pass",
                        "Output": {
                            "name": "{% $job.name %}",
                            "id": "{% $states.context.Execution.Id %}",
                            "input": "{% $states.context.Execution.Input %}",
                        },
                        "End": True,
                    },
                    "Failed": {
                        "Type": "Fail",
                        "Error": "JobFailed",
                        "Cause": "{% $states.input.Error & '!' %}",
                    },
                },
            },
            "Assign": {"results": "{% $states.result %}"},
            "Next": "Publish",
        },
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": {
                "Entries": [
                    {
                        "Source": "orchestrator",
                        "DetailType": "Completed",
                        "EventBusName": "own-bus",
                        "Detail": {"said": "{% $said %}", "ended": "{% $now() %}"},
                    }
                ]
            },
            "Output": {"said": "{% $said %}", "results": "{% $exists($results) ? $results : [] %}"},
            "End": True,
        },
        "Rejected": {"Type": "Fail", "Error": "{% $error %}", "Cause": "{% $why & ' (sorry)' %}"},
    },
}

TOKEN_MACHINE = {
    "StartAt": "Await",
    "States": {
        "Await": {**TOKEN_WAIT, "End": True},
        "TimedOut": {"Type": "Pass", "Output": "timed out", "End": True},
    },
}

RESOURCES: dict[str, Any] = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
    },
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "waiters",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        },
    },
    "Worker": function("worker", Environment={"Variables": {"GREETING": "hello"}}),
    "Workflow": machine("workflow", WORKFLOW),
    "Token": machine("token", TOKEN_MACHINE),
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "own-bus"}},
    "Letters": queue("letters"),
    "Completed": queue("completed"),
    "OnCompleted": rule(
        {"source": ["orchestrator"]},
        {"Arn": arn("Completed")},
        EventBusName={"Ref": "Bus"},
    ),
}
