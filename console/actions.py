"""What an operator does: start a request, cancel one, send one again."""

from __future__ import annotations

import getpass
import json
from typing import Final
from uuid import uuid4

import boto3
from pydantic import JsonValue

from console.aws import STEP_FUNCTIONS, Aws, NotThere, Refused
from console.errors import ConsoleError, NotRunning, RequestNotFound
from console.stack import Stack

MAX_CAUSE_CHARACTERS: Final = 32_768
"""Source: Step Functions API reference, StopExecution."""


def start(stack: Stack, session: boto3.Session, request: JsonValue, name: str | None = None) -> str:
    """Start a request, and return the ARN of its execution.

    A name makes it safe to repeat: while an execution of that name and input runs, Step Functions
    returns its ARN and starts nothing.

    Raises:
        ConsoleError: an ended execution, or one with another input, has the name.
        AwsUnavailable: nothing was started, as far as is known.
    """
    return _start(stack, session, json.dumps(request), name)


def cancel(stack: Stack, session: boto3.Session, execution_arn: str, cause: str) -> None:
    """Stop the execution of a request; its clean-up starts by itself.

    The clean-up is `clean_up` of `Reading.request` as soon as it has started.

    Args:
        stack: that runs it.
        session: of the one who stops it.
        execution_arn: of the request.
        cause: who stopped it and why; it stands in the outcome.

    Raises:
        NotRunning: it has ended.
        RequestNotFound: this stack has no such execution.
        AwsUnavailable: it was not stopped, as far as is known.
    """
    aws = Aws(session)
    described = _described(aws, stack, execution_arn)
    if described["status"] not in {"RUNNING", "PENDING_REDRIVE"}:
        raise NotRunning(f"{described['name']} has ended: it is {described['status']}")
    aws.call(
        STEP_FUNCTIONS,
        "StopExecution",
        executionArn=execution_arn,
        cause=cause[:MAX_CAUSE_CHARACTERS],
    )


def canceled_by_me(how: str) -> str:
    """Return the cause of a cancel by whom this process belongs to, such as `on the page`."""
    try:
        person = getpass.getuser()
    except (KeyError, OSError):  # no name: in a container, for instance
        person = "somebody"
    return f"canceled by {person} {how}"


def again(stack: Stack, session: boto3.Session, execution_arn: str) -> str:
    """Start the request of an earlier execution once more, and return the new execution's ARN.

    The input is the same to the letter, its correlation id included. If it has none, the new
    execution's name becomes the correlation id, as of any request without one.

    Raises:
        RequestNotFound: this stack has no such execution.
        AwsUnavailable: nothing was started, as far as is known.
    """
    described = _described(Aws(session), stack, execution_arn)
    return _start(stack, session, described["input"], None)


def _start(stack: Stack, session: boto3.Session, text: str, name: str | None) -> str:
    try:
        started = Aws(session).call(
            STEP_FUNCTIONS,
            "StartExecution",
            stateMachineArn=stack.state_machine_arn,
            input=text,
            # A name of its own makes the call safe to retry if its response is lost.
            name=str(uuid4()) if name is None else name,
        )
    except Refused as error:
        if error.code == "ExecutionAlreadyExists":
            raise ConsoleError(
                f"another request was named {name} in the last 90 days: choose another name"
            ) from error
        if error.code == "InvalidName":
            raise ConsoleError(
                f"{name!r} is no name of an execution: 1 to 80 letters, digits, '-' or '_'"
            ) from error
        raise
    return str(started["executionArn"])


def _described(aws: Aws, stack: Stack, execution_arn: str) -> dict[str, str]:
    if execution_arn.rpartition(":")[0] != stack.execution_arn("").rpartition(":")[0]:
        raise RequestNotFound(f"{execution_arn} is not an execution of stack {stack.name}")
    try:
        return aws.call(STEP_FUNCTIONS, "DescribeExecution", executionArn=execution_arn)
    except NotThere as error:
        raise RequestNotFound(f"there is no execution {execution_arn}") from error
