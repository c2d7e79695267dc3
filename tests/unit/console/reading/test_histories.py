"""A history is read once: then only what is new, and nothing after its end."""

from __future__ import annotations

import pytest

from console.aws import Aws, NotThere, QuotaSpent
from console.errors import RequestNotFound
from console.limits import Limits
from console.reading import Reading, reading
from console.reading.child import ChildHistory
from console.reading.histories import Histories
from tests.unit.console.reading.fake_session import BEGAN, STACK, StepFunctions, Time
from tests.unit.console.reading.histories import Events, begun, campaign_work

ARN = STACK.execution_arn("e-00000")


def long_history(visits: int) -> Events:
    events = begun(campaign_work("a"))
    for number in range(visits):
        events.entered(number, "AwaitCampaigns", "Wait").exited(number, "AwaitCampaigns", "Wait")
    return events


@pytest.fixture
def states() -> StepFunctions:
    return StepFunctions(Time())


@pytest.fixture
def histories(states: StepFunctions) -> Histories[ChildHistory]:
    return Histories(Aws(states, Limits(states.time), states.time), ChildHistory)


def test_only_new_events_are_read(
    states: StepFunctions, histories: Histories[ChildHistory]
) -> None:
    events = long_history(1_500)
    states.histories[ARN] = events.all
    first, is_current = histories.read(ARN)
    assert is_current
    assert first.visits.counts["AwaitCampaigns"] == 1_500
    assert states.calls["GetExecutionHistory"] == 4
    for _ in range(60):
        events.entered(2_000, "AwaitCampaigns", "Wait").exited(2_000, "AwaitCampaigns", "Wait")
    again, _ = histories.read(ARN)
    assert again.visits.counts["AwaitCampaigns"] == 1_560
    assert again.visits.last_id == len(events.all)
    assert states.calls["GetExecutionHistory"] == 6
    histories.read(ARN)
    assert states.calls["GetExecutionHistory"] == 7


def test_what_has_ended_is_not_read_again(
    states: StepFunctions, histories: Histories[ChildHistory]
) -> None:
    states.histories[ARN] = long_history(1).add(9, "ExecutionAborted").all
    for _ in range(3):
        assert histories.read(ARN)[0].visits.status == "ABORTED"
    assert states.calls["GetExecutionHistory"] == 1


def test_reading_continues_where_the_quota_ended(states: StepFunctions) -> None:
    class Few(Limits):
        left = 2

        def take(self, operation: str) -> bool:
            self.left -= 1
            return self.left >= 0 and super().take(operation)

    limits = Few(states.time)
    histories = Histories(Aws(states, limits, states.time), ChildHistory)
    states.histories[ARN] = long_history(1_500).all
    partial, is_current = histories.read(ARN)
    assert not is_current
    assert 0 < partial.visits.counts["AwaitCampaigns"] < 1_500
    limits.left = 9
    whole, is_current = histories.read(ARN)
    assert is_current
    assert whole.visits.counts["AwaitCampaigns"] == 1_500
    assert states.calls["GetExecutionHistory"] == 4
    limits.left = 0
    with pytest.raises(QuotaSpent):
        histories.read(STACK.execution_arn("other"))


def test_an_unknown_execution_is_not_there(histories: Histories[ChildHistory]) -> None:
    with pytest.raises(NotThere):
        histories.read(ARN)
    assert histories.known(ARN) is None


def test_an_execution_that_has_just_started_is_waited_for(
    states: StepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(reading.time, "sleep", pauses.append)
    states.histories[ARN] = Events().started({"kind": "campaigns"}).all
    states.missing[ARN] = 2
    found = Reading(STACK, states, states.time).request(ARN)
    assert found.summary.status == "RUNNING"
    assert found.incomplete
    assert pauses == [0.25, 0.5]
    states.missing[STACK.execution_arn("never")] = 100
    with pytest.raises(RequestNotFound):
        Reading(STACK, states, states.time).request(STACK.execution_arn("never"))
    assert pauses == [0.25, 0.5, 0.25, 0.5, 1.0]


def test_a_redriven_execution_is_read_again(states: StepFunctions) -> None:
    execution = states.start()
    ended = {"status": "ABORTED", "stopDate": BEGAN}
    states.executions[0] = execution | ended
    states.histories[ARN] = Events().started({}).add(1, "ExecutionAborted").all
    seen = Reading(STACK, states, states.time)
    assert seen.list().requests[0].status == "ABORTED"
    assert seen.request(ARN).summary.status == "ABORTED"
    states.executions[0] = execution
    states.histories[ARN] = Events().started({}).add(1, "ExecutionAborted").all
    states.histories[ARN] += [{**states.histories[ARN][0], "id": 3, "type": "ExecutionRedriven"}]
    states.time.now += 10
    assert seen.list().requests[0].status == "RUNNING"
    assert seen.request(ARN).summary.status == "RUNNING"


def test_a_child_is_no_request(states: StepFunctions) -> None:
    with pytest.raises(RequestNotFound, match="is a child execution"):
        Reading(STACK, states).request(ARN.replace(":e-", "/Jobs:e-"))
