"""The retry policies of all tasks.

Delays grow exponentially to a cap, with full jitter. Permanent errors are not listed here: Step
Functions passes them to the Catch at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from lambdas.shared.errors import (
    ConflictException,
    ServiceUnavailableException,
    ThrottlingException,
)
from lambdas.shared.limits import RETRIES_WHEN_THROTTLED, RETRIES_WHEN_UNAVAILABLE

Catching = sfn.TaskStateBase | sfn.CustomState | sfn.DistributedMap


class Retrier(NamedTuple):
    """One retry policy.

    Attributes:
        errors: the names of the errors that it retries.
        interval_seconds: the longest first delay; each following one is at most twice as long.
        max_delay_seconds: the longest delay.
        max_attempts: retries after the first try.
    """

    errors: tuple[str, ...]
    interval_seconds: int
    max_delay_seconds: int
    max_attempts: int


THROTTLED: Final = Retrier((ThrottlingException.__name__,), 2, 60, RETRIES_WHEN_THROTTLED)
UNAVAILABLE: Final = Retrier(
    (ServiceUnavailableException.__name__,), 2, 30, RETRIES_WHEN_UNAVAILABLE
)
CONFLICTED: Final = Retrier((ConflictException.__name__,), 5, 30, 5)
LAMBDA_SERVICE: Final = Retrier(
    (
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
    ),
    2,
    30,
    6,
)
CRASHED: Final = Retrier(
    ("Sandbox.Timedout", "Runtime.ExitError", "Lambda.Unknown", "States.Timeout"), 2, 30, 2
)
"""A function that was killed: each of them may be run again at any point."""

NOT_PUBLISHED: Final = Retrier(("States.TaskFailed", "States.Timeout"), 2, 60, 6)
"""Only EventBridge.FailedEntry is documented as an error of putEvents; this matches all errors."""

TABLE: Final = Retrier(
    (
        "DynamoDb.ProvisionedThroughputExceededException",
        "DynamoDb.RequestLimitExceededException",
        "DynamoDb.ThrottlingException",
        "DynamoDb.InternalServerErrorException",
    ),
    1,
    8,
    3,
)
"""Few retries: a wait whose token is not stored becomes a fallback wait."""

FOR_TABLE: Final = (TABLE,)
FOR_FUNCTIONS: Final = (LAMBDA_SERVICE, CRASHED)
FOR_FUNCTIONS_THAT_CALL_AWS: Final = (THROTTLED, UNAVAILABLE, *FOR_FUNCTIONS)
FOR_RECONCILERS: Final = (THROTTLED, UNAVAILABLE, CONFLICTED, *FOR_FUNCTIONS)

EVERYTHING: Final = (("States.DataLimitExceeded",), ("States.ALL",))
"""One catcher each: whether States.ALL catches a result that is too large is documented one way
and recorded on AWS another. Source: Step Functions developer guide, 'Handling errors'."""


def catch_everything(
    state: Catching,
    handler: sfn.IChainable,
    *,
    assign: Mapping[str, object] | None = None,
    outputs: object = None,
) -> None:
    """Catch every error of a state, and continue with another one."""
    for errors in EVERYTHING:
        state.add_catch(handler, errors=list(errors), assign=assign, outputs=outputs)


def add_retries(task: sfn.TaskStateBase | sfn.CustomState, retriers: Sequence[Retrier]) -> None:
    """Give a task its retry policies, in their order."""
    for retrier in retriers:
        task.add_retry(
            errors=list(retrier.errors),
            interval=Duration.seconds(retrier.interval_seconds),
            max_delay=Duration.seconds(retrier.max_delay_seconds),
            max_attempts=retrier.max_attempts,
            backoff_rate=2,
            jitter_strategy=sfn.JitterType.FULL,
        )


def budget_in_words(retriers: Sequence[Retrier]) -> str:
    """Return how often a task is retried, and for how long at most, for its Comment."""
    attempts = sum(retrier.max_attempts for retrier in retriers)
    seconds = sum(
        min(retrier.interval_seconds * 2**attempt, retrier.max_delay_seconds)
        for retrier in retriers
        for attempt in range(retrier.max_attempts)
    )
    return f"Up to {attempts} retries, with at most {seconds} s of delays."
