"""Why a request ended or waits, in words that lead to what to do."""

from __future__ import annotations

from typing import Any

import pytest

from console.reading.model import Request, RequestSummary, Resource, Wait
from console.reading.visits import Visits
from console.reading.why import MAX_LINES, explain
from lambdas.jobs.phases import Reason
from tests.unit.console.reading.fake_session import STACK

ARN = STACK.execution_arn("night")
AT = "2026-01-01T00:00:00.000Z"


def request(status: str, *resources: Resource, **fields: Any) -> Request:
    summary = {"reason": None, "summary": None} | fields.pop("summary", {})
    return Request(
        summary=RequestSummary(
            execution_arn=ARN,
            name="night",
            correlation_id="night",
            status=status,
            started_at=AT,
            **summary,
        ),
        resources=resources,
        **fields,
    )


def resource(number: int = 0, **fields: Any) -> Resource:
    given = {"job": "0.0", "kind": "campaigns", "id": f"c-{number}", "target": "PAUSED"}
    return Resource(**(given | {"phase": "FAILED"} | fields))


def why(
    given: Request,
    visits: Visits | None = None,
    *,
    published: bool = False,
    topic: str | None = None,
) -> Any:
    return explain(
        given,
        visits=visits or Visits(status=given.summary.status),
        was_published=published,
        notice_topic_arn=topic,
    )


def clean_up(status: str) -> RequestSummary:
    return RequestSummary(
        execution_arn=f"{ARN}-2", name="night-2", status=status, started_at=AT, summary="1 of 1"
    )


def test_the_first_cause_is_the_one_that_ended_first() -> None:
    failed = why(
        request(
            "FAILED",
            resource(0, reason=Reason.STAGE_SKIPPED, ended_at="2026-01-01T00:00:01.000Z"),
            resource(1, reason=Reason.LOST_RACE, ended_at="2026-01-01T00:00:09.000Z"),
            resource(2, reason=Reason.CAMPAIGN_FAILED, ended_at="2026-01-01T00:00:05.000Z"),
            resource(3, phase="COMPLETE"),
            summary={"reason": "RequestFailed"},
        )
    )
    assert failed.headline.startswith("2 of 4 resources failed, first c-2: CampaignFailed")
    assert failed.lines[0].startswith("c-2 (PAUSED): CampaignFailed")
    assert failed.hint == "read the reason in the Amazon Connect console; delete it"


def test_a_hundred_failures_are_counted() -> None:
    failed = why(
        request(
            "FAILED",
            *(resource(number, reason=Reason.LOST_RACE) for number in range(100)),
            summary={"reason": "RequestFailed"},
        )
    )
    assert len(failed.lines) == MAX_LINES + 1
    assert failed.lines[-1] == f"and {100 - MAX_LINES} more"


@pytest.mark.parametrize(
    ("visits", "headline"),
    [
        (
            Visits(status="ABORTED", cause="by hand"),
            "ExecutionAborted: the execution was aborted (by hand)",
        ),
        (Visits(status="TIMED_OUT"), "ExecutionTimedOut: the execution timed out"),
        (
            Visits(status="FAILED", error="States.Runtime", cause="too large"),
            "States.Runtime: Step Functions ended the execution (States.Runtime: too large)",
        ),
        (
            Visits(status="FAILED", error="WorkflowFailed", cause="it"),
            "WorkflowFailed: an error in the orchestrator itself: it",
        ),
    ],
)
def test_an_execution_that_was_cut_short_says_how(visits: Visits, headline: str) -> None:
    reason = headline.partition(":")[0]
    ended = why(request(visits.status, resource(), summary={"reason": reason}), visits)
    assert ended.headline == headline
    assert ended.lines[-1] == "no clean-up has started yet, as far as is known"


@pytest.mark.parametrize(
    ("status", "published", "topic", "line"),
    [
        ("RUNNING", False, None, "its outcome is published when the clean-up has ended"),
        ("SUCCEEDED", True, None, "the outcome was published on the event bus"),
        ("SUCCEEDED", True, "topic", "people were notified through topic"),
        ("SUCCEEDED", False, None, "the outcome was not published"),
        ("FAILED", False, None, "the clean-up failed"),
    ],
)
def test_the_clean_up_says_who_was_notified(
    status: str, published: bool, topic: str | None, line: str
) -> None:
    aborted = request("ABORTED", clean_up=clean_up(status), summary={"reason": "ExecutionAborted"})
    assert any(line in each for each in why(aborted, published=published, topic=topic).lines)


def test_warnings_of_a_success_are_said() -> None:
    warned = why(request("SUCCEEDED", resource(1, phase="COMPLETE", warnings=("a", "b"))))
    assert warned.lines == ("c-1: a; b",)


def test_a_wait_has_its_state_and_its_hint() -> None:
    wait = Wait(state_name="AwaitExportSlot", reason="waits for a slot", since=AT, until=AT)
    waiting = why(
        request(
            "RUNNING",
            resource(kind="export", phase="QUEUED", wait=wait, child_arn="any"),
            waits_for="c-0: waits for a slot",
        )
    )
    assert waiting.headline == "night waits: c-0: waits for a slot"
    assert waiting.lines == (
        "c-0: waits for a slot",
        f"in AwaitExportSlot since {AT}, until {AT} at the latest:"
        " No slot is free, or the source is busy.",
    )
    assert waiting.hint is not None
    assert "describe-export-tasks" in waiting.hint
