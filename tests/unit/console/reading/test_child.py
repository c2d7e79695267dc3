"""A child's history, event by event, is the history of its resources."""

from __future__ import annotations

import json

from console.reading.child import MAX_POLL_MARKS, ChildHistory
from console.reading.model import Resource
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.work import Work
from tests.unit.console.reading.histories import BEGAN, Events, begun, campaign_work

ARN = "arn:aws:states:us-east-1:123456789012:execution:Machine/Jobs:child"


def child(events: Events) -> ChildHistory:
    history = ChildHistory(ARN)
    for event in events.all:
        history.apply(event)
    return history


def only(events: Events) -> Resource:
    [resource] = child(events).resources(BEGAN, None)
    return resource


def waiting(work: Work, seconds: int, phase: Phase = Phase.IN_PROGRESS) -> PassResult:
    return PassResult(key="0.0.0", phase=phase, wait_seconds=seconds, work=work)


RUNNING = campaign_work("a", state="Running", initial_state="Running", polls=1)


def test_a_failed_attempt_is_a_retry_and_a_wait_until_the_next_one():
    events = begun(campaign_work("a")).failed(
        2, "Sandbox.Timedout", json.dumps({"errorMessage": "Task timed out after 60 seconds"})
    )
    failed = only(events)
    assert [(mark.type, mark.text) for mark in failed.marks] == [
        ("retry", "Sandbox.Timedout: Task timed out after 60 seconds")
    ]
    assert failed.wait is not None
    assert failed.wait.reason == "Sandbox.Timedout; Step Functions tries again"
    assert failed.wait.since == "2026-01-01T00:00:02.000Z"
    retried = only(events.add(4, "TaskScheduled"))
    assert retried.wait is not None
    assert retried.wait.reason == "a pass runs, in the rate of campaign mutations"


def test_a_throttled_read_counts_as_a_throttle():
    throttled = only(begun(campaign_work("a")).failed(2, "ThrottlingException"))
    assert [mark.type for mark in throttled.marks] == ["throttle"]
    assert throttled.throttles == 1
    assert throttled.wait is not None
    assert throttled.wait.reason == "throttled; Step Functions tries again"


def test_a_child_that_failed_fails_what_was_open():
    error = {"error": {"Error": "Runtime.ExitError", "Cause": '{"errorMessage": "killed"}'}}
    result = {"key": "0.0.0", "phase": "FAILED", "work": RUNNING.model_dump(mode="json"), **error}
    events = begun(campaign_work("a")).failed(1, "Runtime.ExitError")
    events.entered(1, "JobFailed", "Succeed").add(
        1, "ExecutionSucceeded", output=json.dumps(result)
    )
    failed = only(events)
    assert (failed.phase, failed.reason, failed.message) == (
        *("FAILED", "Runtime.ExitError"),
        "killed",
    )
    assert failed.wait is None
    assert failed.marks[-1].type == "error"


def test_work_of_an_unknown_kind_is_said_and_not_guessed():
    given = {"work": {"kind": "timer", "key": "1.0"}}
    unknown = child(Events().started(given).entered(0, "WhichKind", "Choice"))
    assert list(unknown.resources(BEGAN, None)) == []
    assert unknown.unreadable is not None
    assert "'timer' is none of the kinds" in unknown.unreadable
    assert unknown.stage == 1


def test_a_wait_ends_at_the_next_pass():
    events = begun(campaign_work("a")).passed(1, waiting(RUNNING, 30))
    events.exited(1, "ReconcileCampaigns").entered(1, "AwaitCampaigns", "Wait")
    history = child(events)
    assert history.next_pass_at() == BEGAN + 31
    assert not history.may_be_woken()
    [resource] = history.resources(BEGAN, 1.0)
    assert resource.wait is not None
    assert resource.wait.until == "2026-01-01T00:00:31.000Z"
    assert resource.wait.reason == (
        "waits for its turn in the rate of 1 per second; next pass at 00:00:31 UTC"
    )


def test_a_wait_with_a_token_may_be_ended_by_an_event():
    events = begun(campaign_work("a")).passed(1, waiting(RUNNING, 30))
    events.exited(1, "ReconcileCampaigns").entered(1, "AwaitCampaigns")
    assert child(events).may_be_woken()
    events.add(9, "TaskSucceeded", resource="putItem.waitForTaskToken", output="{}")
    assert [mark.text for mark in only(events).marks][-1] == "an event ended the wait"


def test_a_wait_that_timed_out_is_no_failure():
    events = begun(campaign_work("a")).passed(1, waiting(RUNNING, 30))
    events.exited(1, "ReconcileCampaigns").entered(1, "AwaitCampaigns")
    events.add(31, "TaskTimedOut", resource="putItem.waitForTaskToken", error="States.Timeout")
    assert child(events).visits.failed == {}
    assert "retry" not in [mark.type for mark in only(events).marks]


def test_the_oldest_polls_are_left_out_and_no_mutation_is():
    events = begun(campaign_work("a"))
    for number in range(1, 3 * MAX_POLL_MARKS):
        work = campaign_work(
            "a", state="Running", initial_state="Running", polls=number, attempts=1
        )
        events.passed(number, waiting(work, 1))
    marks = only(events).marks
    assert [mark.type for mark in marks].count("poll") == MAX_POLL_MARKS
    assert [mark.text for mark in marks if mark.type == "mutation"] == ["PauseCampaign accepted"]
    assert only(events).polls == 3 * MAX_POLL_MARKS - 1


def test_a_resource_has_one_span_for_each_state():
    events = begun(campaign_work("a")).passed(1, waiting(RUNNING, 5)).passed(6, waiting(RUNNING, 5))
    paused = campaign_work("a", state="Paused", initial_state="Running", polls=3)
    events.passed(11, waiting(paused, 5))
    spans = only(events).spans
    assert [(span.state, span.from_[14:19], span.to and span.to[14:19]) for span in spans] == [
        ("Running", "00:01", "00:11"),
        ("Paused", "00:11", None),
    ]


def test_an_aborted_child_leaves_no_open_span():
    events = begun(campaign_work("a")).passed(1, waiting(RUNNING, 5)).add(3, "ExecutionAborted")
    assert [span.to for span in only(events).spans] == ["2026-01-01T00:00:03.000Z"]
    assert only(events).wait is None


def test_ids_and_messages_stay_text():
    name = "<script>alert(1)</script>{0}%s\u202e" + "x" * 200
    events = begun(campaign_work(name)).failed(1, "Bad<b>", "{not: json")
    resource = only(events)
    assert resource.id == name
    assert resource.marks[0].text == "Bad<b>: {not: json"
    assert resource.as_json()["id"] == name
