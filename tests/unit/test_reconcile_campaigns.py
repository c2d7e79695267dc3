"""One look at a batch of campaigns after the other, against campaigns that answer strictly."""

from __future__ import annotations

from typing import cast

import pytest

from lambdas.campaigns.batch import MAX_ATTEMPTS, MAX_THROTTLED_PASSES, MAX_UNEXPLAINED_POLLS
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.paces import AFTER_SCHEDULE_END
from lambdas.campaigns.rates import UNLIMITED, CampaignLimits
from lambdas.campaigns.reconcile_campaigns import LAST_CALL_SECONDS, reconcile
from lambdas.campaigns.transitions import TABLE_TARGETS, Mutation
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
from tests.unit.conftest import HandClock
from tests.unit.fake_moves import FakeMoves
from tests.unit.fakes import FakeCampaigns, LostResponse, aws_error

ENDS = {Phase.COMPLETE, Phase.FAILED}


@pytest.fixture
def look(hand_clock):
    """Take one look, with the work as Step Functions carries it."""

    def look(
        work: CampaignWork,
        campaigns: FakeCampaigns,
        limits: CampaignLimits = UNLIMITED,
        history_events: int = 0,
    ) -> PassResult:
        ends_at = hand_clock.time + 60
        return reconcile(
            carried(work),
            cast(Campaigns, campaigns),
            limits,
            history_events,
            ends_at,
            moves=FakeMoves().of_work(work),
        )

    return look


@pytest.fixture
def settle(look, hand_clock):
    """Look again and again, waiting in between, until the batch is settled."""

    def settle(work: CampaignWork, campaigns: FakeCampaigns, most: int = 60) -> PassResult:
        for _ in range(most):
            seen = look(work, campaigns)
            if seen.phase in ENDS:
                return seen
            work = seen.work
            assert seen.wait_seconds >= 1
            hand_clock.move(seen.wait_seconds)
        raise AssertionError(f"not settled after {most} looks: {work}")

    return settle


def entries(seen: PassResult) -> dict[str, Entry]:
    assert seen.phase in ENDS
    assert (seen.work, seen.wait_seconds) == (None, 0)
    return {entry.id: entry for entry in seen.entries}


def test_ends_at_once_where_all_is_true_already(look):
    campaigns = FakeCampaigns(a="Paused", b="Paused")
    seen = look(campaign_work("a", "b"), campaigns)
    assert seen.phase is Phase.COMPLETE
    assert seen.wait_seconds == 0
    assert campaigns.calls == [("look", "a", "b")]
    for entry in entries(seen).values():
        assert entry.reason == Reason.ALREADY_THERE
        assert (entry.initial_state, entry.final_state) == ("Paused", "Paused")
        assert (entry.polls, entry.elapsed_seconds) == (1, 0)


def test_pauses_only_what_runs(look):
    campaigns = FakeCampaigns(a="Running", b="Paused", c="Running")
    seen = look(campaign_work("a", "b", "c"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a"), ("PauseCampaign", "c")]
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.wait_seconds >= 1
    assert set(seen.work.open) == {"a", "c"}
    assert [entry.id for entry in seen.work.entries] == ["b"]


def test_a_look_that_waits_tells_what_wakes_it_and_one_that_ends_does_not(look, hand_clock):
    campaigns = FakeCampaigns(a="Running")
    first = look(campaign_work("a"), campaigns)
    hand_clock.move(first.wait_seconds)
    assert first.wake == wake(CAMPAIGNS, NOW, NOW, first.wait_seconds)
    assert look(first.work, campaigns).wake is None


def test_confirms_a_move_with_another_look(look, hand_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = look(campaign_work("a"), campaigns)
    hand_clock.move(seen.wait_seconds)
    seen = look(seen.work, campaigns)
    entry = entries(seen)["a"]
    assert seen.phase is Phase.COMPLETE
    assert entry.reason == Reason.TARGET_REACHED
    assert (entry.initial_state, entry.final_state) == ("Running", "Paused")
    assert entry.polls == 2
    assert entry.elapsed_seconds == pytest.approx(hand_clock.time - NOW)
    assert campaigns.mutations == [("PauseCampaign", "a")]


@pytest.mark.parametrize(
    ("state", "target", "moves"),
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
def test_goes_the_whole_way(settle, state, target, moves):
    campaigns = FakeCampaigns(a=state)
    entry = entries(settle(campaign_work("a", target=target), campaigns))["a"]
    assert [operation for operation, _ in campaigns.mutations] == moves
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)
    assert entry.initial_state == state


def test_a_stop_is_seen_before_the_delete(look):
    campaigns = FakeCampaigns(a="Running")
    seen = look(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert campaigns.mutations == [("StopCampaign", "a")]
    assert seen.phase is Phase.IN_PROGRESS
    seen = look(seen.work, campaigns)
    assert campaigns.mutations[1:] == [("DeleteCampaign", "a")]
    assert seen.phase is Phase.DELETING


def test_a_delete_that_takes_its_time_is_asked_for_once(look, hand_clock):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.stale["a"] = "Stopped"
    seen = look(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    for _ in range(3):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, campaigns)
        assert seen.phase is Phase.DELETING
    campaigns.stale.clear()
    seen = look(seen.work, campaigns)
    assert seen.phase is Phase.COMPLETE
    assert campaigns.mutations == [("DeleteCampaign", "a")]


def test_what_is_gone_before_the_first_look_was_already_gone(look):
    seen = look(campaign_work("a", target=CampaignTarget.DELETED), FakeCampaigns())
    assert entries(seen)["a"].reason == Reason.ALREADY_GONE


@pytest.mark.parametrize("target", sorted({*TABLE_TARGETS} - {CampaignTarget.DELETED}))
def test_a_campaign_that_does_not_exist_fails_any_other_target(look, target):
    seen = look(campaign_work("a", target=target), FakeCampaigns())
    assert seen.phase is Phase.FAILED
    entry = entries(seen)["a"]
    assert entry.reason == Reason.CAMPAIGN_NOT_FOUND
    assert entry.message == (
        "the campaign does not exist: check the id, that the campaign is in this stack's Region,"
        " and api_version, which is v2"
    )


def test_an_illegal_target_fails_one_campaign_and_not_its_neighbours(settle):
    campaigns = FakeCampaigns(a="Stopped", b="Initialized")
    ended = entries(settle(campaign_work("a", "b", target=CampaignTarget.RUNNING), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.ILLEGAL_TRANSITION)
    assert ended["b"].phase is Phase.COMPLETE
    assert campaigns.mutations == [("StartCampaign", "b")]


def test_decides_again_from_the_state_that_a_conflict_carries(look):
    campaigns = FakeCampaigns(a="Running")
    stopped = aws_error(InvalidCampaignStateException, state="Stopped")
    campaigns.will(Mutation.PAUSE, stopped)
    seen = look(campaign_work("a"), campaigns)
    entry = entries(seen)["a"]
    assert campaigns.calls == [("look", "a"), ("PauseCampaign", "a")]
    assert (entry.reason, entry.final_state) == (Reason.ILLEGAL_TRANSITION, "Stopped")
    assert entry.initial_state == "Running"


def test_a_conflict_that_carries_the_target_completes(look):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(InvalidCampaignStateException, state="Paused"))
    seen = look(campaign_work("a"), campaigns)
    assert entries(seen)["a"].phase is Phase.COMPLETE


def test_makes_the_move_that_a_conflict_shows_to_be_legal(look):
    campaigns = FakeCampaigns(a="Initialized")
    campaigns.stale["a"] = "Paused"
    look(campaign_work("a", target=CampaignTarget.RUNNING), campaigns)
    assert campaigns.mutations == [("ResumeCampaign", "a"), ("StartCampaign", "a")]
    assert campaigns.states_of["a"] == "Running"


def test_a_conflict_that_repeats_itself_ends_the_look_not_the_campaign(look):
    campaigns = FakeCampaigns(a="Running")
    again = [aws_error(InvalidCampaignStateException, state="Running") for _ in range(2)]
    campaigns.will(Mutation.PAUSE, *again)
    seen = look(campaign_work("a"), campaigns)
    assert seen.phase is Phase.IN_PROGRESS
    assert len(campaigns.mutations) == 2


@pytest.mark.parametrize("state", ["", "Odd"])
def test_a_conflict_that_tells_nothing_is_looked_at_again(settle, state):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(InvalidCampaignStateException, state=state))
    assert entries(settle(campaign_work("a"), campaigns))["a"].phase is Phase.COMPLETE


@pytest.mark.parametrize("error", [ConflictException, ServiceUnavailableException])
def test_looks_again_after_a_refusal_that_passes(settle, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(error))
    entry = entries(settle(campaign_work("a"), campaigns))["a"]
    assert entry.phase is Phase.COMPLETE
    assert campaigns.calls == [
        ("look", "a"),
        ("PauseCampaign", "a"),
        ("look", "a"),
        ("PauseCampaign", "a"),
        ("look", "a"),
    ]


@pytest.mark.parametrize("error", [ConflictException, ServiceUnavailableException])
def test_outlives_a_minute_in_which_no_move_is_answered(look, hand_clock, error):
    campaigns = FakeCampaigns(a="Running")
    work = campaign_work("a")
    while hand_clock.time < NOW + 60:
        campaigns.will(Mutation.PAUSE, aws_error(error))
        seen = look(work, campaigns)
        assert seen.phase is Phase.IN_PROGRESS
        work = seen.work
        hand_clock.move(seen.wait_seconds)
    look(work, campaigns)
    assert campaigns.states_of["a"] == "Paused"


def test_looks_before_it_repeats_a_move_whose_answer_was_lost(settle):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, LostResponse())
    entry = entries(settle(campaign_work("a"), campaigns))["a"]
    assert entry.reason == Reason.TARGET_REACHED
    assert campaigns.mutations == [("PauseCampaign", "a")]


def test_a_delete_whose_answer_was_lost_is_seen_to_be_done(settle):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, LostResponse())
    seen = settle(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].reason == Reason.TARGET_REACHED
    assert campaigns.mutations == [("DeleteCampaign", "a")]


def test_a_pass_that_is_throttled_keeps_what_it_saw(look):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will(Mutation.PAUSE, aws_error(ThrottlingException))
    seen = look(campaign_work("a", "b"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a")]
    assert seen.phase is Phase.IN_PROGRESS
    assert seen.work.polling.started_at == NOW
    for progress in seen.work.open.values():
        assert (progress.initial_state, progress.polls, progress.attempts) == ("Running", 1, 0)


def test_throttles_that_do_not_end_are_no_attempts_and_end_the_batch(settle):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    throttle = ThrottlingException("PauseCampaign", "ThrottlingException", "Rate exceeded")
    campaigns.will(Mutation.PAUSE, *[throttle] * 100)
    ended = entries(settle(campaign_work("a", "b", "c"), campaigns))
    assert MAX_THROTTLED_PASSES > MAX_ATTEMPTS
    assert len(campaigns.mutations) == MAX_THROTTLED_PASSES
    for entry in (ended["a"], ended["b"]):
        assert (entry.phase, entry.reason) == (Phase.FAILED, "ThrottlingException")
        assert entry.message.endswith("PauseCampaign: ThrottlingException: Rate exceeded")
        assert (entry.initial_state, entry.polls) == ("Running", MAX_THROTTLED_PASSES)
    assert ended["c"].reason == Reason.ALREADY_THERE


def test_any_other_answer_ends_a_row_of_throttles(settle):
    campaigns = FakeCampaigns(a="Running", b="Running")
    throttles = [aws_error(ThrottlingException)] * (MAX_THROTTLED_PASSES - 1)
    conflict = aws_error(ConflictException)
    campaigns.will(("PauseCampaign", "a"), *throttles, conflict, *throttles)
    ended = entries(settle(campaign_work("a", "b"), campaigns, most=100))
    assert {entry.reason for entry in ended.values()} == {"TargetReached"}
    assert len(campaigns.mutations) == 2 * len(throttles) + 3


def test_throttles_do_not_keep_a_deadline_from_passing(settle):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, *[aws_error(ThrottlingException)] * 100)
    seen = settle(campaign_work("a", deadline_seconds=5), campaigns)
    assert entries(seen)["a"].reason == Reason.DEADLINE_EXCEEDED


def test_a_throttle_after_progress_keeps_the_progress(look):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Running")
    campaigns.will(("PauseCampaign", "b"), aws_error(ThrottlingException))
    seen = look(campaign_work("a", "b", "c"), campaigns)
    assert campaigns.mutations == [("PauseCampaign", "a"), ("PauseCampaign", "b")]
    assert seen.phase is Phase.IN_PROGRESS
    assert {name: one.attempts for name, one in seen.work.open.items()} == {"a": 1, "b": 0, "c": 0}


def test_a_throttle_does_not_hide_what_was_true_already(settle):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    campaigns.will(("PauseCampaign", "b"), aws_error(ThrottlingException))
    ended = entries(settle(campaign_work("a", "b", "c"), campaigns))
    assert ended["c"].reason == Reason.ALREADY_THERE


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_look_that_aws_does_not_answer_is_raised(look, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("look", aws_error(error))
    with pytest.raises(error):
        look(campaign_work("a"), campaigns)


@pytest.mark.parametrize("error", [AccessDeniedException, ValidationException])
def test_a_look_that_can_never_succeed_fails_what_is_open(look, error):
    campaigns = FakeCampaigns(a="Running", b="Paused")
    campaigns.will("look", *[aws_error(error)] * 3)
    seen = look(campaign_work("a", "b"), campaigns)
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
def test_a_permanent_error_ends_one_campaign_and_not_its_neighbours(settle, error):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will(("PauseCampaign", "a"), aws_error(error))
    ended = entries(settle(campaign_work("a", "b"), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, error.__name__)
    assert ended["b"].phase is Phase.COMPLETE
    assert campaigns.mutations.count(("PauseCampaign", "a")) == 1


def test_a_campaign_that_disappears_before_the_move_is_gone(look):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will(Mutation.PAUSE, aws_error(ResourceNotFoundException))
    entry = entries(look(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.CAMPAIGN_GONE)


def test_a_campaign_that_someone_else_deletes_first_is_deleted(look):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(ResourceNotFoundException))
    entry = entries(look(campaign_work("a", target=CampaignTarget.DELETED), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, Reason.TARGET_REACHED)


@pytest.mark.parametrize("error", [ValidationException, UnclassifiedException, ConflictException])
def test_a_delete_that_is_refused_is_looked_at_again(settle, error: type[AwsError]):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(error))
    seen = settle(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].phase is Phase.COMPLETE


def test_a_delete_that_may_not_be_done_ends_at_once(look):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, aws_error(AccessDeniedException))
    seen = look(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    assert entries(seen)["a"].reason == "AccessDeniedException"


def test_a_delete_that_is_always_refused_ends(settle):
    campaigns = FakeCampaigns(a="Stopped")
    campaigns.will(Mutation.DELETE, *[aws_error(ValidationException) for _ in range(50)])
    seen = settle(campaign_work("a", target=CampaignTarget.DELETED), campaigns)
    entry = entries(seen)["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.LOST_RACE)
    assert "ValidationException" in entry.message
    assert len(campaigns.mutations) == MAX_ATTEMPTS


def test_an_unreadable_campaign_is_waited_for_and_given_up_alone(settle):
    campaigns = FakeCampaigns(a=None, b="Running")
    ended = entries(settle(campaign_work("a", "b"), campaigns))
    assert (ended["a"].reason, ended["a"].polls) == (Reason.UNREADABLE, MAX_UNEXPLAINED_POLLS)
    assert ended["b"].phase is Phase.COMPLETE


def test_a_campaign_that_is_unreadable_for_a_while_is_moved_later(look, settle):
    campaigns = FakeCampaigns(a=None)
    seen = look(campaign_work("a"), campaigns)
    assert not campaigns.mutations
    campaigns.states_of["a"] = "Running"
    assert entries(settle(seen.work, campaigns))["a"].reason == Reason.TARGET_REACHED


def test_an_undocumented_state_is_waited_for_and_given_up(settle):
    campaigns = FakeCampaigns(a="Hibernating")
    entry = entries(settle(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.UNKNOWN_STATE)
    assert entry.polls == MAX_UNEXPLAINED_POLLS
    assert not campaigns.mutations


def test_a_fight_with_another_actor_ends(settle):
    class Fought(FakeCampaigns):
        def apply(self, mutation: Mutation, campaign_id: str) -> None:
            super().apply(mutation, campaign_id)
            self.states_of[campaign_id] = "Running"

    campaigns = Fought(a="Running")
    entry = entries(settle(campaign_work("a"), campaigns))["a"]
    assert (entry.phase, entry.reason) == (Phase.FAILED, Reason.LOST_RACE)
    assert len(campaigns.mutations) == MAX_ATTEMPTS


def test_a_watched_campaign_is_not_touched_until_it_ends(look, hand_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = look(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    for _ in range(5):
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, campaigns)
        assert seen.phase is Phase.IN_PROGRESS
    campaigns.states_of["a"] = "Completed"
    seen = look(seen.work, campaigns)
    assert entries(seen)["a"].reason == Reason.TARGET_REACHED
    assert not campaigns.mutations


def test_the_deadline_fails_what_is_open_and_nothing_else(look, hand_clock):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Paused")
    seen = look(
        campaign_work("a", "b", "c", target=CampaignTarget.FINISHED, deadline_seconds=600),
        campaigns,
    )
    hand_clock.move(600)
    campaigns.states_of["b"] = "Completed"
    ended = entries(look(seen.work, campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.DEADLINE_EXCEEDED)
    assert ended["b"].phase is Phase.COMPLETE


def test_after_the_deadline_nothing_is_moved(look, hand_clock):
    campaigns = FakeCampaigns(a=None)
    seen = look(campaign_work("a", deadline_seconds=600), campaigns)
    hand_clock.move(601)
    campaigns.states_of["a"] = "Running"
    seen = look(seen.work, campaigns)
    assert not campaigns.mutations
    assert entries(seen)["a"].reason == Reason.DEADLINE_EXCEEDED


def test_what_reached_its_target_late_has_still_reached_it(look, hand_clock):
    campaigns = FakeCampaigns(a="Running")
    seen = look(campaign_work("a", deadline_seconds=60), campaigns)
    hand_clock.move(61)
    assert entries(look(seen.work, campaigns))["a"].phase is Phase.COMPLETE


def test_the_last_wait_ends_at_the_deadline(look, hand_clock):
    campaigns = FakeCampaigns(a="Running")
    work = campaign_work("a", target=CampaignTarget.FINISHED, deadline_seconds=3_600)
    seen = look(work, campaigns)
    while seen.phase is Phase.IN_PROGRESS:
        assert hand_clock.time + seen.wait_seconds <= NOW + 3_601
        hand_clock.move(seen.wait_seconds)
        seen = look(seen.work, campaigns)
    assert hand_clock.time == pytest.approx(NOW + 3_600, abs=1)


def test_waits_longer_and_for_no_event_when_the_history_is_far_ahead_of_its_age(look):
    work = campaign_work("a", target=CampaignTarget.FINISHED, deadline_seconds=86_400)
    soon = look(work, FakeCampaigns(a="Running"))
    late = look(work, FakeCampaigns(a="Running"), history_events=10_000)
    assert soon.wait_seconds < 60
    assert 120 < late.wait_seconds < work.deadline_seconds
    assert late.wake is None


def test_a_batch_that_ends_is_settled_whatever_its_history(look):
    seen = look(campaign_work("a"), FakeCampaigns(a="Paused"), history_events=24_000)
    assert seen.phase is Phase.COMPLETE


def test_settles_every_campaign_exactly_once(settle):
    names = [f"c-{number}" for number in range(25)]
    campaigns = FakeCampaigns(
        **dict(zip(names, ["Running", "Paused", "Stopped", None, "Odd"] * 5, strict=True))
    )
    seen = settle(campaign_work(*names), campaigns)
    assert sorted(entry.id for entry in seen.entries) == sorted(names)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("You have reached the limit of active campaigns", "stop one, or ask for more"),
        ("The limit of concurrent calls is 0", "concurrent campaign active calls"),
    ],
)
def test_a_quota_that_is_used_up_ends_one_campaign_with_advice(settle, message, advice):
    campaigns = FakeCampaigns(a="Initialized", b="Paused")
    used_up = ServiceQuotaExceededException("StartCampaign", "AnyCode", message)
    campaigns.will(("StartCampaign", "a"), used_up)
    ended = entries(settle(campaign_work("a", "b", target=CampaignTarget.RUNNING), campaigns))
    assert (ended["a"].phase, ended["a"].reason) == (Phase.FAILED, Reason.QUOTA_EXCEEDED)
    assert advice in ended["a"].message
    assert ended["b"].phase is Phase.COMPLETE


class Rejecting(FakeCampaigns):
    """Rejects a look as a whole for each id that is not to its liking."""

    def __init__(self, *rejected: str, **states: str) -> None:
        super().__init__(**states)
        self.rejected = set(rejected)

    def states(self, campaign_ids):
        answer = super().states(campaign_ids)
        if self.rejected & set(campaign_ids):
            raise aws_error(ValidationException)
        return answer


def test_an_id_that_aws_rejects_fails_alone(settle):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Rejecting("c3", "c17", **dict.fromkeys(ids, "Running"))
    ended = entries(settle(campaign_work(*ids), campaigns))
    failed = {name: entry.reason for name, entry in ended.items() if entry.phase is Phase.FAILED}
    assert failed == {"c3": "ValidationException", "c17": "ValidationException"}
    assert len(ended) == 25
    looks = [call for call in campaigns.calls if call[0] == "look"]
    assert len(looks) <= 1 + 5 + 2 * 5 + 1, "by fives, then alone, and a look to confirm"


class Slow(Rejecting):
    """Lets time pass with each call, and fails some of the calls that read.

    Attributes:
        errors: by the number of the call.
    """

    def __init__(self, clock: HandClock, seconds: float, *rejected: str, **states: str) -> None:
        super().__init__(*rejected, **states)
        self.clock = clock
        self.seconds = seconds
        self.errors: dict[int, AwsError] = {}

    def states(self, campaign_ids):
        self.clock.move(self.seconds)
        number = sum(call[0] == "look" for call in self.calls)
        if number in self.errors:
            raise self.errors[number]
        return super().states(campaign_ids)

    def apply(self, mutation, campaign_id):
        self.clock.move(self.seconds)
        super().apply(mutation, campaign_id)


def test_a_pass_ends_in_time_and_the_next_one_goes_on_where_it_ended(look, hand_clock):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(hand_clock, 6, *ids[:12], **dict.fromkeys(ids, "Running"))
    ended: dict[str, Entry] = {}
    work, passes = campaign_work(*ids), 0
    while work is not None:
        began = hand_clock.time
        seen = look(work, campaigns)
        assert hand_clock.time - began <= 60 - LAST_CALL_SECONDS + 6
        ended |= {entry.id: entry for entry in (seen.entries or seen.work.entries)}
        work, passes = seen.work, passes + 1
        hand_clock.move(seen.wait_seconds)
    assert passes <= 20
    assert {name for name, entry in ended.items() if entry.phase is Phase.FAILED} == set(ids[:12])
    assert {ended[name].reason for name in ids[:12]} == {"ValidationException"}
    assert {ended[name].reason for name in ids[12:]} == {"TargetReached"}
    reads = [call for call in campaigns.calls if call[0] == "look"]
    assert len(reads) <= 1 + 5 + 3 * 5 + passes


def test_what_is_not_polled_in_a_pass_is_not_moved_on_what_an_earlier_one_saw(look, hand_clock):
    ids = [f"c{number}" for number in range(10)]
    campaigns = Slow(hand_clock, 0, "c9", **dict.fromkeys(ids, "Running"))
    seen = look(campaign_work(*ids), campaigns)
    campaigns.seconds = 16
    campaigns.states_of |= dict.fromkeys(ids, "Running")
    campaigns.rejected |= {"c0"}
    campaigns.calls.clear()
    seen = look(seen.work, campaigns)
    assert [call[0] for call in campaigns.calls] == ["look"]
    assert all(progress.polls == 1 for progress in seen.work.open.values())


@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailableException])
def test_a_read_that_fails_in_a_search_keeps_what_the_search_has_learned(look, hand_clock, error):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(hand_clock, 0, "c24", **dict.fromkeys(ids, "Running"))
    campaigns.errors[2] = aws_error(error)
    seen = look(campaign_work(*ids), campaigns)
    assert campaigns.mutations == []
    assert seen.phase is Phase.IN_PROGRESS
    assert {name for name, progress in seen.work.open.items() if progress.polls} == set(ids[:5])
    assert [progress.group_size for progress in seen.work.open.values()] == [25] * 5 + [5] * 20


def test_a_deadline_claims_nothing_of_what_was_not_read(look, hand_clock):
    ids = [f"c{number}" for number in range(25)]
    campaigns = Slow(hand_clock, 10, "c24", **dict.fromkeys(ids, "Running"))
    seen = look(campaign_work(*ids, deadline_seconds=60), campaigns)
    hand_clock.move(60)
    ended = entries(look(seen.work, campaigns))
    messages = {entry.message for entry in ended.values()}
    assert {entry.reason for entry in ended.values()} == {Reason.DEADLINE_EXCEEDED}
    assert messages == {"not PAUSED after 60 s", "not known to be PAUSED after 60 s"}
    assert "known" in ended["c24"].message


def test_schedules_are_asked_for_while_there_is_time(look, hand_clock):
    campaigns = Slow(hand_clock, 31, a="Running")
    seen = look(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert ("describe", "a") not in campaigns.calls
    campaigns.seconds = 0
    look(seen.work, campaigns)
    assert ("describe", "a") in campaigns.calls


def test_a_watch_asks_once_when_each_schedule_ends(look, hand_clock):
    campaigns = FakeCampaigns(a="Running", b="Running", c="Stopped")
    campaigns.schedules["a"] = NOW + 5_000.5
    seen = look(campaign_work("a", "b", "c", target=CampaignTarget.FINISHED), campaigns)
    hand_clock.move(seen.wait_seconds)
    look(seen.work, campaigns)
    described = [call for call in campaigns.calls if call[0] == "describe"]
    assert described == [("describe", "a"), ("describe", "b")]


def test_a_watch_looks_just_after_a_schedule_ends(look, hand_clock):
    campaigns = FakeCampaigns(a="Running")
    campaigns.schedules["a"] = NOW + 7
    seen = look(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert seen.wait_seconds == 7 + AFTER_SCHEDULE_END
    hand_clock.move(seen.wait_seconds)
    campaigns.states_of["a"] = "Completed"
    assert look(seen.work, campaigns).phase is Phase.COMPLETE


@pytest.mark.parametrize("error", [AccessDeniedException, ServiceUnavailableException])
def test_a_schedule_that_is_not_told_is_done_without(look, hand_clock, error):
    campaigns = FakeCampaigns(a="Running")
    campaigns.will("describe", aws_error(error))
    seen = look(campaign_work("a", target=CampaignTarget.FINISHED), campaigns)
    assert seen.phase is Phase.IN_PROGRESS
    hand_clock.move(seen.wait_seconds)
    look(seen.work, campaigns)
    assert campaigns.calls.count(("describe", "a")) == 1


def test_a_schedule_that_is_throttled_is_asked_for_again(look, hand_clock):
    campaigns = FakeCampaigns(a="Running", b="Running")
    campaigns.will("describe", aws_error(ThrottlingException))
    seen = look(campaign_work("a", "b", target=CampaignTarget.FINISHED), campaigns)
    assert campaigns.calls[-1] == ("describe", "a"), "and no more in this look"
    hand_clock.move(seen.wait_seconds)
    look(seen.work, campaigns)
    assert campaigns.calls[-2:] == [("describe", "a"), ("describe", "b")]
