"""What an operator does: start a request, cancel one, send one again."""

from __future__ import annotations

import boto3
from pydantic import JsonValue

from console.stack import Stack


def start(stack: Stack, session: boto3.Session, request: JsonValue, name: str | None = None) -> str:
    """Start a request, and return the ARN of its execution.

    A name makes it safe to repeat: while an execution of that name and input runs, Step Functions
    returns its ARN and starts nothing.

    Raises:
        ConsoleError: an ended execution, or one with another input, has the name.
        AwsUnavailable: nothing was started, as far as is known.
    """
    raise NotImplementedError


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
    raise NotImplementedError


def again(stack: Stack, session: boto3.Session, execution_arn: str) -> str:
    """Start the request of an earlier execution once more, and return the new execution's ARN.

    The input is the same to the letter, its correlation id included. If it has none, the new
    execution's name becomes the correlation id, as of any request without one.

    Raises:
        RequestNotFound: this stack has no such execution.
        AwsUnavailable: nothing was started, as far as is known.
    """
    raise NotImplementedError
