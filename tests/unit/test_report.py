"""What the report counts in a history."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.report import retried

ENTERED: dict[str, Any] = {"type": "TaskStateEntered"}
SCHEDULED: dict[str, Any] = {"type": "TaskScheduled"}
STARTED: dict[str, Any] = {"type": "TaskStarted"}
SUCCEEDED: dict[str, Any] = {"type": "TaskSucceeded"}
EXITED: dict[str, Any] = {"type": "TaskStateExited"}
TIMED_OUT: dict[str, Any] = {
    "type": "TaskTimedOut",
    "taskTimedOutEventDetails": {"error": "States.Timeout"},
}
ATTEMPT = [SCHEDULED, STARTED]


def failed(error: str) -> dict[str, Any]:
    return {"type": "TaskFailed", "taskFailedEventDetails": {"error": error}}


@pytest.mark.parametrize(
    ("history", "errors"),
    [
        pytest.param([ENTERED, *ATTEMPT, SUCCEEDED, EXITED], [], id="no failure"),
        pytest.param(
            [ENTERED, *ATTEMPT, failed("A"), *ATTEMPT, failed("B"), *ATTEMPT, SUCCEEDED, EXITED],
            ["A", "B"],
            id="each attempt that was repeated",
        ),
        pytest.param(
            [ENTERED, *ATTEMPT, TIMED_OUT, *ATTEMPT, SUCCEEDED, EXITED],
            ["States.Timeout"],
            id="a timeout that was repeated",
        ),
        pytest.param(
            [ENTERED, *ATTEMPT, failed("Sandbox.Timedout"), *ATTEMPT, SUCCEEDED, EXITED],
            ["Sandbox.Timedout"],
            id="a function's timeout that was repeated",
        ),
        pytest.param(
            [ENTERED, *ATTEMPT, TIMED_OUT, EXITED, ENTERED, *ATTEMPT, SUCCEEDED, EXITED],
            [],
            id="a wait's timeout, which is caught",
        ),
        pytest.param(
            [ENTERED, *ATTEMPT, failed("A"), EXITED, ENTERED, *ATTEMPT, SUCCEEDED, EXITED],
            [],
            id="a failure that is caught",
        ),
        pytest.param(
            [ENTERED, *ATTEMPT, failed("A"), *ATTEMPT, failed("A"), {"type": "ExecutionFailed"}],
            ["A"],
            id="the last failure, which ends the execution",
        ),
    ],
)
def test_retries_are_the_attempts_that_were_repeated(
    history: list[dict[str, Any]], errors: list[str]
) -> None:
    assert list(retried(history)) == errors
