"""Sends a deployed stack a harmless request, and reports whether it succeeded.

`python -m tools.smoke [STACK]`; by default, the stack of cdk.json. The request is to cancel the
export of a snapshot that does not exist, with a new random name each time. It changes nothing: one
DescribeExportTasks finds no export, and the request ends with NothingToCancel. For that, the state
machine, the layer's native modules, a child execution, a permission of RDS and the event bus must
all work. Campaigns are not tested: the account may not have Amazon Connect.

The exit code is 0 for success, 1 for failure, and 2 if there are no credentials or there is no
stack.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.settings import Settings, SettingsError, read_context
from lambdas.jobs.phases import Reason
from tools.account import Account, AccountError, current_account

ANSWERED: Final = 0
FAILED: Final = 1
NOTHING_TO_ASK: Final = 2

MOST_SECONDS: Final = 120
SECONDS_BETWEEN_POLLS: Final = 2.0


def main(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    try:
        account = current_account()
        machine = _machine(arguments[0] if arguments else _stack_name(), account)
    except (AccountError, SettingsError) as error:
        print(f"smoke: not run: {error}", file=sys.stderr)
        return NOTHING_TO_ASK
    try:
        execution = _ended(machine, request(account), account)
    except (BotoCoreError, ClientError) as error:
        print(f"smoke: failed: {error}", file=sys.stderr)
        return FAILED
    return _judged(execution)


def request(account: Account) -> dict[str, str]:
    """Return a request with nothing to do."""
    snapshot = f"smoke-{uuid4().hex}"
    arn = f"arn:{account.partition}:rds:{account.region}:{account.number}:snapshot:{snapshot}"
    return {"kind": "export", "target": "CANCELED", "source_arn": arn}


def _stack_name() -> str:
    return Settings.from_contexts(read_context()).stack_name


def _machine(stack: str, account: Account) -> str:
    """Return the ARN of a stack's state machine.

    Raises:
        AccountError: when there is no such stack in the account.
    """
    client = boto3.client("cloudformation", region_name=account.region)
    try:
        [described] = client.describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise AccountError(f"stack {stack} of {account.number}: {error}") from error
    outputs = {item["OutputKey"]: item["OutputValue"] for item in described.get("Outputs", ())}
    try:
        return str(outputs["StateMachineArn"])
    except KeyError:
        raise AccountError(f"stack {stack} is not an orchestrator, or is incomplete") from None


def _ended(machine: str, request: object, account: Account) -> Mapping[str, Any]:
    """Start an execution and return it when it has ended, or after the time limit."""
    client = boto3.client("stepfunctions", region_name=account.region)
    started = client.start_execution(stateMachineArn=machine, input=json.dumps(request))
    print(f"Started {started['executionArn']}", file=sys.stderr)
    stop_at = time.monotonic() + MOST_SECONDS
    while True:
        execution: Mapping[str, Any] = client.describe_execution(
            executionArn=started["executionArn"]
        )
        if execution["status"] != "RUNNING" or time.monotonic() > stop_at:
            return execution
        time.sleep(SECONDS_BETWEEN_POLLS)


def _judged(execution: Mapping[str, Any]) -> int:
    """Print how an execution ended, and return the exit code."""
    outcome = json.loads(execution.get("output") or "{}")
    reasons = [job["reason"] for job in outcome.get("resources", ())]
    if outcome:
        print(json.dumps(outcome, indent=2))
    if execution["status"] == "SUCCEEDED" and reasons == [Reason.NOTHING_TO_CANCEL]:
        print("smoke: succeeded: there was nothing to cancel", file=sys.stderr)
        return ANSWERED
    why = execution.get("cause") or ", ".join(reasons)
    print(f"smoke: failed: {execution['status']}: {why}", file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
