"""A request in one line, whatever its input is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.reading.events import event_from
from console.reading.summaries import Identity, identity, summary_of
from lambdas.requests.acceptance import REQUESTED
from tests.unit.console.reading.fake_session import BEGAN, STACK

ARN = STACK.execution_arn("night")


def described(status: str, given: str, **fields: Any) -> dict[str, Any]:
    return {
        "executionArn": ARN,
        "status": status,
        "startDate": BEGAN,
        "input": given,
        **fields,
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"correlation_id": "c", "description": "d", "dry_run": True}, Identity("c", "d", True)),
        ({"detail-type": REQUESTED, "id": "e", "detail": {"kind": "x"}}, Identity("e")),
        (
            {"detail-type": REQUESTED, "id": "e", "detail": {"correlation_id": "c"}},
            Identity("c"),
        ),
        (
            {
                "source": "aws.states",
                "detail-type": "Step Functions Execution Status Change",
                "detail": {"executionArn": ARN},
            },
            Identity(cleans_up=ARN),
        ),
        ({"clean_up": {"execution_arn": ARN}}, Identity(cleans_up=ARN)),
        (
            {
                "source": "aws.rds",
                "id": "e",
                "detail": {
                    "EventID": "RDS-EVENT-0042",
                    "SourceArn": "arn",
                    "SourceIdentifier": "shop-1",
                },
            },
            Identity("e"),
        ),
        ({"correlation_id": "line\nbreak", "dry_run": "yes", "clean_up": 7}, Identity()),
        ([], Identity()),
        (None, Identity()),
        ("text", Identity()),
    ],
)
def test_an_input_says_whose_request_it_is(given: object, says: Identity) -> None:
    assert identity(given) == says


@pytest.mark.parametrize(
    ("status", "fields", "ended"),
    [
        ("RUNNING", {}, ("IN_PROGRESS", None, None)),
        ("PENDING_REDRIVE", {}, ("IN_PROGRESS", None, None)),
        (
            "SUCCEEDED",
            {"output": json.dumps({"phase": "PLANNED", "reason": "r", "summary": "s"})},
            ("PLANNED", "r", "s"),
        ),
        ("FAILED", {"error": "RequestFailed", "cause": "why"}, ("FAILED", "RequestFailed", "why")),
        (
            "ABORTED",
            {"cause": "not needed"},
            ("FAILED", "ExecutionAborted", "the execution was aborted (not needed)"),
        ),
        ("TIMED_OUT", {}, ("FAILED", "ExecutionTimedOut", "the execution timed out")),
        ("SUCCEEDED", {"output": "no JSON"}, ("COMPLETE", None, None)),
    ],
)
def test_an_execution_ends_in_one_line(status: str, fields: Any, ended: Any) -> None:
    summary = summary_of(described(status, "{", **fields))
    assert (summary.phase, summary.reason) == ended[:2]
    assert summary.correlation_id == summary.name == "night"
    if ended[2] is not None:
        assert summary.summary == ended[2]


def test_an_event_has_the_json_of_its_texts_and_nothing_else_is_read() -> None:
    details = {
        "name": "<b>",
        "input": '{"a": [1]}',
        "cause": "{not json",
        "inputDetails": {"truncated": False},
    }
    event = event_from(
        {
            "id": 3,
            "timestamp": BEGAN,
            "type": "TaskStateEntered",
            "previousEventId": 2,
            "stateEnteredEventDetails": details,
        }
    )
    assert event.as_json() == {
        "id": 3,
        "at": "2026-01-01T00:00:00.000Z",
        "type": "TaskStateEntered",
        "state_name": "<b>",
        "detail": {
            "name": "<b>",
            "input": {"a": [1]},
            "cause": "{not json",
            "inputDetails": {"truncated": False},
        },
    }
