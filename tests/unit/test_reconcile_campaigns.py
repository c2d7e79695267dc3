"""Reconcile passes over a batch of campaigns, against campaigns that answer strictly."""

from __future__ import annotations

from typing import cast

import pytest

from lambdas.campaigns.batch import MAX_ATTEMPTS, MAX_THROTTLED_PASSES, MAX_UNEXPLAINED_POLLS
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.paces import AFTER_SCHEDULE_END
from lambdas.campaigns.rates import UNLIMITED, CampaignLimits
from lambdas.campaigns.reconcile_campaigns import LAST_CALL_SECONDS, reconcile
from lambdas.campaigns.transitions import Mutation
from lambdas.campaigns.wakes import CAMPAIGNS
from lambdas.campaigns.work import CampaignWork
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resource_result import Entry
from lambdas.shared.errors import (
    AccessDeniedException,
    AwsError,
    ConflictException,
    InvalidCampaignStateException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ServiceUnavailableException,
    ThrottlingException,
    UnclassifiedException,
    ValidationException,
)
from lambdas.waiting.handles import wake
from tests.unit.builders import NOW, campaign_work, carried
from tests.unit.conftest import ManualClock
from tests.unit.fakes import FakeCampaigns, LostResponse, aws_error

ENDS = {Phase.COMPLETE, Phase.FAILED}


@pytest.fixture
def run_pass(manual_clock):
    """Run one pass, with the work as Step Functions carries it."""

    def run_pass(
        work: CampaignWork,
        campaigns: FakeCampaigns,
        limits: CampaignLimits = UNLIMITED,
        history_events: int = 0,
    ) -> PassResult:
        ends_at = manual_clock.time + 60
        return reconcile(carried(work), cast(Campaigns, campaigns), limits, history_events, ends_at)

    return run_pass


@pytest.fixture
def run_to_end(run_pass, manual_clock):
    """Run pass after pass, waiting in between, until the batch has ended."""

    def run_to_end(work: CampaignWork, campaigns: FakeCampaigns, most: int = 60) -> PassResult:
        for _ in range(most):
            seen = run_pass(work, campaigns)
            if seen.phase in ENDS:
                return seen
            work = seen.work
            assert seen.wait_seconds >= 1
            manual_clock.advance(seen.wait_seconds)
        raise AssertionError(f"not ended after {most} passes: {work}")

    return run_to_end


def entries(seen: PassResult) -> dict[str, Entry]:
    assert seen.phase in ENDS
    assert (seen.work, seen.wait_seconds) == (None, 0)
    return {entry.id: entry for entry in seen.entries}


def test_ends_at_once_where_all_is_true_already(run_pass):
    campaigns = FakeCampaigns(a="Paused", b="Paused")
    seen = run_pass(campaign_work("a", "b"), campaigns)
    assert seen.phase is Phase.COMPLETE
    assert seen.wait_seconds == 0
    assert campaigns.calls == [("poll", "a", "b")]
    for entry in entries(seen).values():
        assert entry.reason == Reason.ALREADY_THERE
        assert (entry.initial_state, entry.final_state) == ("Paused", "Paused")
        assert (entry.polls, entry.elapsed_seconds) == (1, 0)


def test_pauses_only_what_runs(run_pass):
    campaigns = FakeCampaigns(a="Running", b="Paused", c="Running")
    seen = run_pass(campaign_work("a", "b", "c"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a"), ("PauseCampaign", "c")]
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.wait_seconds >= 1
    assert set(seen.work.open) == {"a", "c"}
    assert [entry.id for entry in seen.work.entries] == ["b"]


def test_a_pass_that_waits_says_what_wakes_it_and_one_that_ends_does_not(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    first = run_pass(campaign_work("a"), campaigns)
    manual_clock.advance(first.wait_seconds)
    assert first.wake == wake(CAMPAIGNS, NOW, NOW, first.wait_seconds)
    assert run_pass(first.work, campaigns).wake is None


def test_confirms_a_mutation_with_another_poll(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a"), campaigns)
    manual_clock.advance(seen.wait_seconds)
    seen = run_pass(seen.work, campaigns)
    entry = entries(seen)["a"]
    assert seen.phase is Phase.COMPLETE
    assert entry.reason == Reason.TARGET_REACHED
    assert (entry.initial_state, entry.final_state) == ("Running", "Paused")
    assert entry.polls == 2
    assert entry.elapsed_seconds == pytest.approx(manual_clock.time - NOW)
    assert campaigns.mutations == [("PauseCampaign", "a")]


@pytest.mark.parametrize(
    ("state", "target", "mutations"),
    [
        ("Initialized", CampaignTarget.RUNNING, ["StartCampaign"]),
        ("Paused", CampaignTarget.RUNNING, ["ResumeCampaign"]),
        ("Running", CampaignTarget.STOPPED, ["StopCampaign"]),
        ("Paused", CampaignTarget.STOPPED, ["StopCampaign"]),
        ("Initialized", CampaignTarget.DELETED, ["DeleteCampaign"]),
        ("Failed", CampaignTarget.DELETED, ["DeleteCampaign"]),
        ("Running", CampaignTarget.DELETED, ["StopCampaign", "DeleteCampaign"]),
        ("Paused", CampaignTarget.DELETED, ["StopCampaign", "DeleteCampaign"]),
    ],
)
def test_goes_the_whole_way(run_to_end, state, target, mutations):
    campaigns = FakeCampaigns(a=state)
    entry = entries(run_to_end(campaign_work("a", target=target), campaigns))["a"]
    assert [operation for operation, _ in campaigns.mutations] == mutations
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert entry.initial_state == state


def test_a_stop_is_seen_before_the_delete(run_pass):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert campaigns.mutations == [("StopCampaign", "a")]
    assert seen.phase is Phase.IN_PROGRESS
    seen = run_pass(seen.work, campaigns)
    assert campaigns.mutations[1:] == [("DeleteCampaign", "a")]
    assert seen.phase is Phase.DELETING


def test_a_delete_that_takes_its_time_is_requested_once(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.stale["a"] = "Stopped"
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    for _ in range(3):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, campaigns)
        assert seen.phase is Phase.DELETING
    campaigns.stale.clear()
    seen = run_pass(seen.work, campaigns)
    assert seen.phase is Phase.COMPLETE
    assert campaigns.mutations == [("DeleteCampaign", "a")]


def test_what_is_gone_before_the_first_pass_was_already_gone(run_pass):
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), FakeCampaigns())
    assert entries(seen)["a"].reason == Reason.ALREADY_GONE


@pytest.mark.parametrize("target", sorted(set(CampaignTarget) - {CampaignTarget.DELETED}))
def test_a_campaign_that_does_not_exist_fails_any_other_target(run_pass, target):
    seen = run_pass(campaign_work("a", target=target), FakeCampaigns())
    assert seen.phase is Phase.FAILED
    entry = entries(seen)["a"]
    assert entry.reason == Reason.CAMPAIGN_NOT_FOUND
    assert entry.message == (
        "the campaign does not exist: check the id, that the campaign is in this stack's Region,"
        " and api_version, which is v2"
    )


def test_an_illegal_target_fails_one_campaign_and_not_its_neighbours(run_to_end):
    campaigns = FakeCampaigns(a="Stopped", b="Initialized")
    ended = entries(run_to_end(campaign_work("a", "b", target=CampaignTarget.RUNNING), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.ILLEGAL_TRANSITION)
    assert ended["b"].phase is Phase.COMPLETE
    assert campaigns.mutations == [("StartCampaign", "b")]


def test_decides_again_from_the_state_that_a_conflict_carries(run_pass):
    campaigns = FakeCampaigns(a="Running")
    stopped = aws_error(InvalidCampaignStateException, state="Stopped")
    campaigns.will(Mutation.PAUSE, stopped)
    seen = run_pass(campaign_work("a"), campaigns)
    entry = entries(seen)["a"]
    assert campaigns.calls == [("poll", "a"), ("PauseCampaign", "a")]
    assert (entry.reason, entry.final_state) == (Reason.ILLEGAL_TRANSITION, "Stopped")
    assert entry.initial_state == "Running"


def test_a_conflict_that_carries_the_target_completes(run_pass):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(InvalidCampaignStateException, state="Paused"))
    seen = run_pass(campaign_work("a"), campaigns)
    assert entries(seen)["a"].phase is Phase.COMPLETE


def test_makes_the_mutation_that_a_conflict_shows_to_be_legal(run_pass):
    campaigns = FakeCampaigns(a="Initialized")
    campaigns.stale["a"] = "Paused"
    run_pass(campaign_work("a", target=CampaignTarget.RUNNING), campaigns)
    assert campaigns.mutations == [("ResumeCampaign", "a"), ("StartCampaign", "a")]
    assert campaigns.states_of["a"] == "Running"


def test_a_conflict_that_repeats_itself_ends_the_pass_not_the_campaign(run_pass):
    campaigns = FakeCampaigns(a="Running")
    again = [aws_error(InvalidCampaignStateException, state="Running") for _ in range(2)]
    campaigns.will(Mutation.PAUSE, *again)
    seen = run_pass(campaign_work("a"), campaigns)
    assert seen.phase is Phase.IN_PROGRESS
    assert len(campaigns.mutations) == 2


@pytest.mark.parametrize("state", ["", "Undocumented"])
def test_a_conflict_that_says_nothing_is_polled_again(run_to_end, state):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(InvalidCampaignStateException, state=state))
    assert entries(run_to_end(campaign_work("a"), campaigns))["a"].phase is Phase.COMPLETE


@pytest.mark.parametrize("error", [ConflictException, ServiceUnavailableException])
def test_polls_again_after_a_refusal_that_passes(run_to_end, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(error))
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert entry.phase is Phase.COMPLETE
    assert campaigns.calls == [
        ("poll", "a"),
        ("PauseCampaign", "a"),
        ("poll", "a"),
        ("PauseCampaign", "a"),
        ("poll", "a"),
    ]


@pytest.mark.parametrize("error", [ConflictException, ServiceUnavailableException])
def test_outlives_a_minute_in_which_no_mutation_is_answered(run_pass, manual_clock, error):
    campaigns = FakeCampaigns(a="Running")
    work = campaign_work("a")
    while manual_clock.time < NOW + 60:
        campaigns.will(Mutation.PAUSE, aws_error(error))
        seen = run_pass(work, campaigns)
        assert seen.phase is Phase.IN_PROGRESS
        work = seen.work
        manual_clock.advance(seen.wait_seconds)
    run_pass(work, campaigns)
    assert campaigns.states_of["a"] == "Paused"


def test_polls_before_it_repeats_a_mutation_whose_answer_was_lost(run_to_end):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, LostResponse())
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert entry.reason == Reason.TARGET_REACHED
    assert campaigns.mutations == [("PauseCampaign", "a")]


def test_a_delete_whose_answer_was_lost_is_seen_to_be_done(run_to_end):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, LostResponse())
    seen = run_to_end(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].reason == Reason.TARGET_REACHED
    assert campaigns.mutations == [("DeleteCampaign", "a")]


def test_a_pass_that_is_throttled_keeps_what_it_saw(run_pass):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will(Mutation.PAUSE, aws_error(ThrottlingException))
    seen = run_pass(campaign_work("a", "b"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a")]
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.polling.started_at == NOW
    for progress in seen.work.open.values():
        assert (progress.initial_state, progress.polls, progress.attempts) == ("Running", 1, 0)


def test_throttles_that_do_not_end_are_no_attempts_and_end_the_batch(run_to_end):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    throttle = ThrottlingException("PauseCampaign", "ThrottlingException", "Rate exceeded")
    campaigns.will(Mutation.PAUSE, *[throttle] * 100)
    ended = entries(run_to_end(campaign_work("a", "b", "c"), campaigns))
    assert MAX_THROTTLED_PASSES > MAX_ATTEMPTS
    assert len(campaigns.mutations) == MAX_THROTTLED_PASSES
    for entry in (ended["a"], ended["b"]):
        assert (entry.phase, entry.reason) == (Phase.FAILED, "ThrottlingException")
        assert entry.message.endswith("PauseCampaign: ThrottlingException: Rate exceeded")
        assert (entry.initial_state, entry.polls) == ("Running", MAX_THROTTLED_PASSES)
    assert ended["c"].reason == Reason.ALREADY_THERE


def test_any_other_answer_ends_a_row_of_throttles(run_to_end):
    campaigns = FakeCampaigns(a="Running", b="Running")
    throttles = [aws_error(ThrottlingException)] * (MAX_THROTTLED_PASSES - 1)
    conflict = aws_error(ConflictException)
    campaigns.will(("PauseCampaign", "a"), *throttles, conflict, *throttles)
    ended = entries(run_to_end(campaign_work("a", "b"), campaigns, most=100))
    assert {entry.reason for entry in ended.values()} == {"TargetReached"}
    assert len(campaigns.mutations) == 2 * len(throttles) + 3


def test_throttles_do_not_keep_a_deadline_from_passing(run_to_end):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, *[aws_error(ThrottlingException)] * 100)
    seen = run_to_end(campaign_work("a", deadline_seconds=5), campaigns)
    assert entries(seen)["a"].reason == Reason.DEADLINE_EXCEEDED


def test_a_throttle_after_progress_keeps_the_progress(run_pass):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Running")
    campaigns.will(("PauseCampaign", "b"), aws_error(ThrottlingException))
    seen = run_pass(campaign_work("a", "b", "c"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a"), ("PauseCampaign", "b")]
    assert seen.phase is Phase.IN_PROGRESS
    assert {name: one.attempts for name, one in seen.work.open.items()} == {"a": 1, "b": 0, "c": 0}


def test_a_throttle_does_not_hide_what_was_true_already(run_to_end):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    campaigns.will(("PauseCampaign", "b"), aws_error(ThrottlingException))
    ended = entries(run_to_end(campaign_work("a", "b", "c"), campaigns))
    assert ended["c"].reason == Reason.ALREADY_THERE


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_pass_that_aws_does_not_answer_is_raised(run_pass, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("poll", aws_error(error))
    with pytest.raises(error):
        run_pass(campaign_work("a"), campaigns)


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_pass_that_can_never_succeed_fails_what_is_open(run_pass, error):
    campaigns = FakeCampaigns(a="Running", b="Paused")
    campaigns.will("poll", *[aws_error(error)] * 3)
    seen = run_pass(campaign_work("a", "b"), campaigns)
    assert seen.phase is Phase.FAILED
    for entry in entries(seen).values():
        assert (entry.phase, entry.reason) == (Phase.FAILED, error.__name__)
        assert "any message" in entry.message


@pytest.mark.parametrize(
    "error",
    [
        AccessDeniedException,
        ValidationException,
        UnclassifiedException,
    ],
)
def test_a_permanent_error_ends_one_campaign_and_not_its_neighbours(run_to_end, error):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will(("PauseCampaign", "a"), aws_error(error))
    ended = entries(run_to_end(campaign_work("a", "b"), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, error.__name__)
    assert ended["b"].phase is Phase.COMPLETE
    assert campaigns.mutations.count(("PauseCampaign", "a")) == 1


def test_a_campaign_that_disappears_before_the_mutation_is_gone(run_pass):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(ResourceNotFoundException))
    entry = entries(run_pass(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.CAMPAIGN_GONE)


def test_a_campaign_that_someone_else_deletes_first_is_deleted(run_pass):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(ResourceNotFoundException))
    entry = entries(run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)


@pytest.mark.parametrize("error", [ValidationException, UnclassifiedException, ConflictException])
def test_a_delete_that_is_refused_is_polled_again(run_to_end, error: type[AwsError]):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(error))
    seen = run_to_end(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].phase is Phase.COMPLETE


def test_a_delete_that_may_not_be_done_ends_at_once(run_pass):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(AccessDeniedException))
    seen = run_pass(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].reason == "AccessDeniedException"


def test_a_delete_that_is_always_refused_ends(run_to_end):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, *[aws_error(ValidationException) for _ in range(50)])
    seen = run_to_end(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    entry = entries(seen)["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.LOST_RACE)
    assert "ValidationException" in entry.message
    assert len(campaigns.mutations) == MAX_ATTEMPTS


def test_an_unreadable_campaign_is_waited_for_and_then_fails_alone(run_to_end):
    campaigns = FakeCampaigns(a=None, b="Running")
    ended = entries(run_to_end(campaign_work("a", "b"), campaigns))
    assert (ended["a"].reason, ended["a"].polls) == (Reason.UNREADABLE, MAX_UNEXPLAINED_POLLS)
    assert ended["b"].phase is Phase.COMPLETE


def test_a_campaign_that_is_unreadable_for_a_while_is_changed_later(run_pass, run_to_end):
    campaigns = FakeCampaigns(a=None)
    seen = run_pass(campaign_work("a"), campaigns)
    assert not campaigns.mutations
    campaigns.states_of["a"] = "Running"
    assert entries(run_to_end(seen.work, campaigns))["a"].reason == Reason.TARGET_REACHED


def test_an_undocumented_state_is_waited_for_and_then_fails(run_to_end):
    campaigns = FakeCampaigns(a="Hibernating")
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.UNKNOWN_STATE)
    assert entry.polls == MAX_UNEXPLAINED_POLLS
    assert not campaigns.mutations


def test_a_fight_with_another_actor_ends(run_to_end):
    class Fought(FakeCampaigns):
        def apply(self, mutation: Mutation, campaign_id: str) -> None:
            super().apply(mutation, campaign_id)
            self.states_of[campaign_id] = "Running"

    campaigns = Fought(a="Running")
    entry = entries(run_to_end(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.LOST_RACE)
    assert len(campaigns.mutations) == MAX_ATTEMPTS


def test_a_watched_campaign_is_not_touched_until_it_ends(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    for _ in range(5):
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, campaigns)
        assert seen.phase is Phase.IN_PROGRESS
    campaigns.states_of["a"] = "Completed"
    seen = run_pass(seen.work, campaigns)
    assert entries(seen)["a"].reason == Reason.TARGET_REACHED
    assert not campaigns.mutations


def test_the_deadline_fails_what_is_open_and_nothing_else(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    seen = run_pass(
        campaign_work("a", "b", "c", target=CampaignTarget.FINISHED, deadline_seconds=600),
        campaigns,
    )
    manual_clock.advance(600)
    campaigns.states_of["b"] = "Completed"
    ended = entries(run_pass(seen.work, campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)
    assert ended["b"].phase is Phase.COMPLETE


def test_after_the_deadline_nothing_is_changed(run_pass, manual_clock):
    campaigns = FakeCampaigns(a=None)
    seen = run_pass(campaign_work("a", deadline_seconds=600), campaigns)
    manual_clock.advance(601)
    campaigns.states_of["a"] = "Running"
    seen = run_pass(seen.work, campaigns)
    assert not campaigns.mutations
    assert entries(seen)["a"].reason == Reason.DEADLINE_EXCEEDED


def test_what_reached_its_target_late_has_still_reached_it(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = run_pass(campaign_work("a", deadline_seconds=60), campaigns)
    manual_clock.advance(61)
    assert entries(run_pass(seen.work, campaigns))["a"].phase is Phase.COMPLETE


def test_the_last_wait_ends_at_the_deadline(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    work = campaign_work("a", target=CampaignTarget.FINISHED, deadline_seconds=3_600)
    seen = run_pass(work, campaigns)
    while seen.phase is Phase.IN_PROGRESS:
        assert manual_clock.time + seen.wait_seconds <= NOW + 3_601
        manual_clock.advance(seen.wait_seconds)
        seen = run_pass(seen.work, campaigns)
    assert manual_clock.time == pytest.approx(NOW + 3_600, abs=1)


def test_waits_longer_and_for_no_event_when_the_history_is_far_ahead_of_its_age(run_pass):
    work = campaign_work("a", target=CampaignTarget.FINISHED, deadline_seconds=86_400)
    soon = run_pass(work, FakeCampaigns(a="Running"))
    late = run_pass(work, FakeCampaigns(a="Running"), history_events=10_000)
    assert soon.wait_seconds < 60
    assert 120 < late.wait_seconds < work.deadline_seconds
    assert late.wake is None


def test_a_batch_that_ends_ends_whatever_its_history(run_pass):
    seen = run_pass(campaign_work("a"), FakeCampaigns(a="Paused"), history_events=24_000)
    assert seen.phase is Phase.COMPLETE


def test_ends_every_campaign_exactly_once(run_to_end):
    names = [f"c-{number}" for number in range(25)]
    campaigns = FakeCampaigns(
        **dict(zip(names, ["Running", "Paused", "Stopped", None, "Undocumented"] * 5, strict=True))
    )
    seen = run_to_end(campaign_work(*names), campaigns)
    assert sorted(entry.id for entry in seen.entries) == sorted(names)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("You have reached the limit of active campaigns", "stop one, or ask for more"),
        ("The limit of concurrent calls is 0", "concurrent campaign active calls"),
    ],
)
def test_a_quota_that_is_used_up_ends_one_campaign_with_advice(run_to_end, message, advice):
    campaigns = FakeCampaigns(a="Initialized", b="Paused")
    used_up = ServiceQuotaExceededException("StartCampaign", "AnyCode", message)
    campaigns.will(("StartCampaign", "a"), used_up)
    ended = entries(run_to_end(campaign_work("a", "b", target=CampaignTarget.RUNNING), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.QUOTA_EXCEEDED)
    assert advice in ended["a"].message
    assert ended["b"].phase is Phase.COMPLETE


class Rejecting(FakeCampaigns):
    """Rejects a poll as a whole for each id that it does not accept."""

    def __init__(self, *rejected: str, **states: str) -> None:
        super().__init__(**states)
        self.rejected = set(rejected)

    def states(self, campaign_ids):
        answer = super().states(campaign_ids)
        if self.rejected & set(campaign_ids):
            raise aws_error(ValidationException)
        return answer


def test_an_id_that_aws_rejects_fails_alone(run_to_end):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Rejecting("c3", "c17", **dict.fromkeys(ids, "Running"))
    ended = entries(run_to_end(campaign_work(*ids), campaigns))
    failed = {name: entry.reason for name, entry in ended.items() if entry.phase is Phase.FAILED}
    assert failed == {"c3": "ValidationException", "c17": "ValidationException"}
    assert len(ended) == 25
    reads = [call for call in campaigns.calls if call[0] == "poll"]
    assert len(reads) <= 1 + 5 + 2 * 5 + 1, "by fives, then alone, and a poll to confirm"


class Slow(Rejecting):
    """Lets time pass with each call, and fails some of the calls that read.

    Attributes:
        errors: by the number of the call.
    """

    def __init__(self, clock: ManualClock, seconds: float, *rejected: str, **states: str) -> None:
        super().__init__(*rejected, **states)
        self.clock = clock
        self.seconds = seconds
        self.errors: dict[int, AwsError] = {}

    def states(self, campaign_ids):
        self.clock.advance(self.seconds)
        number = sum(call[0] == "poll" for call in self.calls)
        if number in self.errors:
            raise self.errors[number]
        return super().states(campaign_ids)

    def apply(self, mutation, campaign_id):
        self.clock.advance(self.seconds)
        super().apply(mutation, campaign_id)


def test_a_pass_ends_in_time_and_the_next_one_goes_on_where_it_ended(run_pass, manual_clock):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(manual_clock, 6, *ids[:12], **dict.fromkeys(ids, "Running"))
    ended: dict[str, Entry] = {}
    work, passes = campaign_work(*ids), 0
    while work is not None:
        began = manual_clock.time
        seen = run_pass(work, campaigns)
        assert manual_clock.time - began <= 60 - LAST_CALL_SECONDS + 6
        ended |= {entry.id: entry for entry in (seen.entries or seen.work.entries)}
        work, passes = seen.work, passes + 1
        manual_clock.advance(seen.wait_seconds)
    assert passes <= 20
    assert {name for name, entry in ended.items() if entry.phase is Phase.FAILED} == set(ids[:12])
    assert {ended[name].reason for name in ids[:12]} == {"ValidationException"}
    assert {ended[name].reason for name in ids[12:]} == {"TargetReached"}
    reads = [call for call in campaigns.calls if call[0] == "poll"]
    assert len(reads) <= 1 + 5 + 3 * 5 + passes


def test_what_is_not_polled_in_a_pass_is_not_changed_on_what_an_earlier_one_saw(
    run_pass, manual_clock
):
    ids = [f"c{number}" for number in range(10)]
    campaigns = Slow(manual_clock, 0, "c9", **dict.fromkeys(ids, "Running"))
    seen = run_pass(campaign_work(*ids), campaigns)
    campaigns.seconds = 16
    campaigns.states_of |= dict.fromkeys(ids, "Running")
    campaigns.rejected |= {"c0"}
    campaigns.calls.clear()
    seen = run_pass(seen.work, campaigns)
    assert [call[0] for call in campaigns.calls] == ["poll"]
    assert all(progress.polls == 1 for progress in seen.work.open.values())


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_read_that_fails_in_a_search_keeps_what_the_search_has_learned(
    run_pass, manual_clock, error
):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(manual_clock, 0, "c24", **dict.fromkeys(ids, "Running"))
    campaigns.errors[2] = aws_error(error)
    seen = run_pass(campaign_work(*ids), campaigns)
    assert campaigns.mutations == []
    assert seen.phase is Phase.IN_PROGRESS
    assert {name for name, progress in seen.work.open.items() if progress.polls} == set(ids[:5])
    assert [progress.group_size for progress in seen.work.open.values()] == [25] * 5 + [5] * 20


def test_a_deadline_claims_nothing_of_what_was_not_read(run_pass, manual_clock):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(manual_clock, 10, "c24", **dict.fromkeys(ids, "Running"))
    seen = run_pass(campaign_work(*ids, deadline_seconds=60), campaigns)
    manual_clock.advance(60)
    ended = entries(run_pass(seen.work, campaigns))
    messages = {entry.message for entry in ended.values()}
    assert {entry.reason for entry in ended.values()} == {Reason.DEADLINE_EXCEEDED}
    assert messages == {"not PAUSED after 60 s", "not known to be PAUSED after 60 s"}
    assert "known" in ended["c24"].message


def test_schedules_are_asked_for_while_there_is_time(run_pass, manual_clock):
    campaigns = Slow(manual_clock, 31, a="Running")
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert ("describe", "a") not in campaigns.calls
    campaigns.seconds = 0
    run_pass(seen.work, campaigns)
    assert ("describe", "a") in campaigns.calls


def test_a_watch_asks_once_when_each_schedule_ends(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Stopped")
    campaigns.schedules["a"] = NOW + 5_000.5
    seen = run_pass(campaign_work("a", "b", "c", target=CampaignTarget.FINISHED), campaigns)
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, campaigns)
    described = [call for call in campaigns.calls if call[0] == "describe"]
    assert described == [("describe", "a"), ("describe", "b")]


def test_a_watch_polls_just_after_a_schedule_ends(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running")
    campaigns.schedules["a"] = NOW + 7
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert seen.wait_seconds == 7 + AFTER_SCHEDULE_END
    manual_clock.advance(seen.wait_seconds)
    campaigns.states_of["a"] = "Completed"
    assert run_pass(seen.work, campaigns).phase is Phase.COMPLETE


@pytest.mark.parametrize("error", [AccessDeniedException, ServiceUnavailableException])
def test_a_schedule_that_is_not_returned_is_done_without(run_pass, manual_clock, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("describe", aws_error(error))
    seen = run_pass(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert seen.phase is Phase.IN_PROGRESS
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, campaigns)
    assert campaigns.calls.count(("describe", "a")) == 1


def test_a_schedule_that_is_throttled_is_asked_for_again(run_pass, manual_clock):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will("describe", aws_error(ThrottlingException))
    seen = run_pass(campaign_work("a", "b", target=CampaignTarget.FINISHED), campaigns)
    assert campaigns.calls[-1] == ("describe", "a"), "and no more in this pass"
    manual_clock.advance(seen.wait_seconds)
    run_pass(seen.work, campaigns)
    assert campaigns.calls[-2:] == [("describe", "a"), ("describe", "b")]
