"""What is remembered of a campaign from pass to pass, and what follows from it."""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.campaigns import batch as campaign_batch
from lambdas.campaigns import paces
from lambdas.campaigns.batch import (
    MAX_ATTEMPTS,
    MAX_DELETION_SECONDS,
    MAX_THROTTLED_PASSES,
    SUSPECTED_GROUP,
    end_of,
    next_decision,
    phase_of,
    read_groups,
    seen,
)
from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.transitions import (
    TABLE_TARGETS,
    Act,
    CampaignState,
    Mutation,
    Reached,
    Refuse,
    Wait,
)
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.jobs import cadence
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS, Polling
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH
from tests.unit.builders import NOW, any_progress, campaign_work


def after_polls(*states: str | None) -> CampaignProgress:
    progress = CampaignProgress()
    for state in states:
        progress = seen(progress, state)
    return progress


def test_remembers_the_first_state_and_the_last():
    progress = after_polls("Running", "Paused", "Stopped")
    assert (progress.initial_state, progress.state, progress.polls) == ("Running", "Stopped", 3)


def test_keeps_the_last_state_that_aws_returned():
    progress = after_polls(None, "Running", None)
    assert (progress.initial_state, progress.state, progress.unexplained_polls) == (
        "Running",
        "Running",
        1,
    )


def test_an_explained_poll_ends_a_row_of_unexplained_ones():
    assert after_polls("Undocumented", None, "Undocumented").unexplained_polls == 3
    assert after_polls("Undocumented", None, "Running").unexplained_polls == 0


@pytest.mark.parametrize(
    ("state", "target", "reason"),
    [
        ("Paused", CampaignTarget.PAUSED, Reason.ALREADY_THERE),
        ("Running", CampaignTarget.RUNNING, Reason.ALREADY_THERE),
        ("Stopped", CampaignTarget.FINISHED, Reason.ALREADY_THERE),
        (CampaignState.GONE, CampaignTarget.DELETED, Reason.ALREADY_GONE),
        ("Completed", CampaignTarget.STOPPED, Reason.ENDED_BY_ITSELF),
    ],
)
def test_distinguishes_what_was_true_before_the_first_poll(state, target, reason):
    assert next_decision(after_polls(state), target, NOW)[0] is reason


@pytest.mark.parametrize("before", [("Paused", "Undocumented"), (None,), ("CREATING",)])
@pytest.mark.parametrize(
    ("state", "target"),
    [("Paused", CampaignTarget.PAUSED), (CampaignState.GONE, CampaignTarget.DELETED)],
)
def test_what_came_true_after_the_first_poll_was_not_there_already(before, state, target):
    decision = next_decision(after_polls(*before, state), target, NOW)
    assert decision == Reached(Reason.TARGET_REACHED)


def test_the_state_in_a_refusal_was_not_there_at_the_first_poll():
    progress = campaign_batch.refused(after_polls("Running"), "Any", "Paused")
    assert next_decision(progress, CampaignTarget.PAUSED, NOW) == Reached(Reason.TARGET_REACHED)


def test_a_campaign_that_never_existed_cannot_be_watched():
    refused = Refuse(Reason.CAMPAIGN_NOT_FOUND, "the campaign does not exist")
    assert next_decision(after_polls(CampaignState.GONE), CampaignTarget.FINISHED, NOW) == refused


def test_a_campaign_that_never_existed_cannot_be_watched_after_an_unreadable_pass_either():
    decision = next_decision(after_polls(None, CampaignState.GONE), CampaignTarget.FINISHED, NOW)
    assert isinstance(decision, Refuse)


def test_a_campaign_that_disappears_under_watch_is_finished_with_a_warning():
    decision = next_decision(
        after_polls("Running", CampaignState.GONE), CampaignTarget.FINISHED, NOW
    )
    assert isinstance(decision, Reached)
    assert decision.warning


@pytest.mark.parametrize("target", [CampaignTarget.PAUSED, CampaignTarget.RUNNING])
@pytest.mark.parametrize("gone", [CampaignState.GONE, CampaignState.DELETED])
def test_a_campaign_that_was_there_and_one_that_never_existed_are_distinguished(target, gone):
    gone = next_decision(after_polls("Stopped", gone), target, NOW)
    assert gone == Refuse(
        Reason.CAMPAIGN_GONE, "the campaign no longer exists; it was Stopped when first read"
    )


@pytest.mark.parametrize("before", [(), (None,), ("CREATING",)])
@pytest.mark.parametrize("target", sorted({*TABLE_TARGETS} - {CampaignTarget.DELETED}))
def test_only_a_campaign_that_was_never_seen_is_not_found(before, target):
    decision = next_decision(after_polls(*before, CampaignState.GONE), target, NOW)
    seen = before == ("CREATING",)
    watched = seen and target is CampaignTarget.FINISHED
    assert isinstance(decision, Reached if watched else Refuse)
    assert decision.reason is (Reason.CAMPAIGN_GONE if seen else Reason.CAMPAIGN_NOT_FOUND)


@pytest.mark.parametrize("target", sorted({*TABLE_TARGETS} - {CampaignTarget.DELETED}))
def test_a_campaign_that_aws_calls_deleted_was_there(target):
    decision = next_decision(after_polls(CampaignState.DELETED), target, NOW)
    assert decision.reason is Reason.CAMPAIGN_GONE


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=3),
        st.tuples(st.sampled_from([1, SUSPECTED_GROUP, CAMPAIGNS_PER_BATCH]), st.integers(0, 3)),
        max_size=CAMPAIGNS_PER_BATCH,
    )
)
def test_each_campaign_is_read_once_in_a_group_that_is_small_enough_for_it(campaigns):
    progress = {
        name: CampaignProgress(group_size=size, polls=polls)
        for name, (size, polls) in campaigns.items()
    }
    groups = read_groups(progress)
    assert Counter(name for group in groups for name in group) == Counter(list(progress))
    assert all(len(group) <= progress[name].group_size for group in groups for name in group)
    firsts = [min(progress[name].polls for name in group) for group in groups]
    assert firsts == sorted(firsts), "so that nobody is left unread pass after pass"


@pytest.mark.parametrize(("group", "size"), [(25, 5), (6, 5), (5, 1), (3, 1), (2, 1)])
def test_a_group_that_was_rejected_is_read_in_smaller_ones(group, size):
    assert campaign_batch.suspected(any_progress(), group).group_size == size


def test_a_campaign_that_was_read_is_suspected_no_longer():
    read = seen(campaign_batch.suspected(any_progress(), 5), "Running")
    assert read.group_size == CAMPAIGNS_PER_BATCH


@pytest.mark.parametrize("target", TABLE_TARGETS)
def test_waits_out_a_state_that_nobody_has_documented(target):
    assert next_decision(after_polls("Undocumented"), target, NOW) == Wait()


@pytest.mark.parametrize("target", TABLE_TARGETS)
@pytest.mark.parametrize("undocumented", ["Undocumented", ""])
def test_fails_for_an_undocumented_state_by_its_name(target, undocumented):
    assert (
        next_decision(after_polls(*[undocumented] * (MAX_UNEXPLAINED_POLLS - 1)), target, NOW)
        == Wait()
    )
    decision = next_decision(after_polls(*[undocumented] * MAX_UNEXPLAINED_POLLS), target, NOW)
    assert isinstance(decision, Refuse)
    assert decision.reason is Reason.UNKNOWN_STATE
    assert repr(undocumented) in decision.why


@pytest.mark.parametrize("before", [(), ("Running",)], ids=["never read", "read before"])
def test_gives_an_unreadable_campaign_up_as_unreadable(before):
    progress = after_polls(*before, *[None] * MAX_UNEXPLAINED_POLLS)
    decision = next_decision(progress, CampaignTarget.PAUSED, NOW)
    assert isinstance(decision, Refuse)
    assert decision.reason is Reason.UNREADABLE


def test_a_known_state_counts_whatever_unexplained_polls_came_before():
    progress = after_polls(*["Undocumented"] * (MAX_UNEXPLAINED_POLLS - 1), "Running")
    assert next_decision(progress, CampaignTarget.PAUSED, NOW) == Act(Mutation.PAUSE)


def test_fails_after_a_fight_with_another_caller():
    progress = any_progress(attempts=MAX_ATTEMPTS - 1)
    assert next_decision(progress, CampaignTarget.PAUSED, NOW) == Act(Mutation.PAUSE)
    decision = next_decision(any_progress(attempts=MAX_ATTEMPTS), CampaignTarget.PAUSED, NOW)
    assert isinstance(decision, Refuse)
    assert decision.reason is Reason.LOST_RACE
    assert "Running" in decision.why


def test_names_the_last_refusal_of_a_lost_fight():
    progress = any_progress(attempts=MAX_ATTEMPTS, refusal="ConflictException")
    assert "ConflictException" in next_decision(progress, CampaignTarget.PAUSED, NOW).why


def test_a_target_that_is_reached_counts_however_many_mutations_it_took():
    progress = any_progress(state="Paused", attempts=MAX_ATTEMPTS)
    assert next_decision(progress, CampaignTarget.PAUSED, NOW) == Reached(Reason.TARGET_REACHED)


@pytest.mark.parametrize("state", ["Initialized", "Stopped", "Completed", "Failed"])
def test_deletes_once_and_then_waits_for_it_to_disappear(state):
    progress = campaign_batch.accepted(any_progress(state=state), Mutation.DELETE, NOW)
    assert next_decision(progress, CampaignTarget.DELETED, NOW) == Wait(deleting=True)
    gone = seen(progress, CampaignState.GONE)
    assert next_decision(gone, CampaignTarget.DELETED, NOW) == Reached(Reason.TARGET_REACHED)


def test_a_refusal_brings_the_state_along():
    progress = campaign_batch.refused(any_progress(), "InvalidCampaignStateException", "Stopped")
    assert (progress.state, progress.attempts) == ("Stopped", 1)
    assert progress.refusal == "InvalidCampaignStateException"


@pytest.mark.parametrize("state", [None, ""])
def test_a_refusal_without_a_state_leaves_the_last_one(state):
    assert campaign_batch.refused(any_progress(), "Any", state).state == "Running"


def test_an_accepted_mutation_forgets_the_last_refusal():
    progress = campaign_batch.refused(any_progress(), "ConflictException")
    assert campaign_batch.accepted(progress, Mutation.PAUSE, NOW).refusal is None


def test_a_batch_is_deleting_when_nothing_else_is_left():
    deleted = campaign_batch.accepted(any_progress(state="Stopped"), Mutation.DELETE, NOW)
    work = campaign_work(target=CampaignTarget.DELETED, open={"a": deleted, "b": any_progress()})
    assert phase_of(work, NOW) is Phase.IN_PROGRESS
    assert phase_of(work.replace(open={"a": deleted}), NOW) is Phase.DELETING


def test_a_batch_that_someone_else_deletes_is_deleting_too():
    work = campaign_work(target=CampaignTarget.DELETED, open={"a": after_polls("DELETING")})
    assert phase_of(work, NOW) is Phase.DELETING


def test_a_batch_ends_failed_when_one_of_it_failed():
    work = campaign_work("a", "b")
    half = work.close("a", phase=Phase.FAILED, reason="Any", message="any", now=NOW)
    assert phase_of(half, NOW) is Phase.IN_PROGRESS
    whole = half.close("b", phase=Phase.COMPLETE, reason="Any", message="any", now=NOW)
    assert end_of(whole) is Phase.FAILED


def test_a_batch_ends_complete_when_none_of_it_failed():
    work = campaign_work("a")
    whole = work.close("a", phase=Phase.COMPLETE, reason="Any", message="any", now=NOW)
    assert end_of(whole) is Phase.COMPLETE


@pytest.mark.parametrize(
    ("target", "progress", "pace"),
    [
        (CampaignTarget.PAUSED, any_progress(), cadence.CONFIRM),
        (CampaignTarget.FINISHED, any_progress(), paces.WATCH),
        (CampaignTarget.DELETED, any_progress(delete_accepted_at=NOW), paces.DELETION),
    ],
)
@pytest.mark.parametrize("age", [0, 30, 3_000])
def test_waits_at_the_pace_of_what_it_waits_for(target, progress, pace, age):
    work = campaign_work(
        target=target,
        open={"a": progress},
        polling=Polling(started_at=NOW - age, polls=1),
        deadline_seconds=90_000,
    )
    assert campaign_batch.wait_seconds(work, NOW, 0.0) == cadence.wait_seconds(pace, age, 0.0)


@pytest.mark.parametrize("target", sorted(set(CampaignTarget) - {CampaignTarget.FINISHED}))
def test_waits_longer_with_each_refusal_of_any_campaign(target):
    waits = []
    for attempts in range(MAX_ATTEMPTS):
        worst, other = (
            any_progress(attempts=tried, refusal="ConflictException") for tried in (attempts, 0)
        )
        work = campaign_work(target=target, open={"a": any_progress(), "b": worst, "c": other})
        waits.append(campaign_batch.wait_seconds(work, NOW, 0.0))
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


def test_mutations_that_were_accepted_make_no_wait_longer():
    changed = any_progress(attempts=MAX_ATTEMPTS - 1)
    work = campaign_work(open={"a": changed})
    assert campaign_batch.wait_seconds(work, NOW, 0.0) == cadence.CONFIRM.floor


def test_waits_longer_with_each_throttled_pass_and_no_two_batches_the_same():
    waits = []
    work = campaign_work()
    for _ in range(MAX_THROTTLED_PASSES):
        work = campaign_batch.throttled(work)
        waits.append([campaign_batch.wait_until(work, NOW, NOW, jitter) for jitter in (0, 0.5, 1)])
    assert [most for _, _, most in waits] == [2, 4, 8, 16, 32, *[60] * 5]
    assert all(none == 1 and half == ceil(most / 2) for none, half, most in waits)


def test_a_throttled_pass_waits_for_the_rate_too():
    work = campaign_batch.throttled(campaign_work())
    assert campaign_batch.wait_until(work, NOW + 30, NOW, 1.0) == 30


@pytest.mark.parametrize(("left", "wait"), [(40, 40), (1.4, 2), (0, 1), (-100, 1)])
def test_waits_no_further_than_to_the_second_of_the_deadline(left, wait):
    work = campaign_work(
        target=CampaignTarget.FINISHED,
        polling=Polling(started_at=NOW - 86_400 + left, polls=1),
        deadline_seconds=86_400,
    )
    assert campaign_batch.wait_seconds(work, NOW, 0.0) == wait


def watched(*schedule_ends_at: float | None, age: float = 100_000) -> CampaignWork:
    return campaign_work(
        target=CampaignTarget.FINISHED,
        open={
            f"c-{number}": any_progress(schedule_ends_at=end)
            for number, end in enumerate(schedule_ends_at)
        },
        polling=Polling(started_at=NOW - age, polls=1),
        deadline_seconds=10_000_000,
    )


def test_a_watch_polls_just_after_the_first_schedule_ends():
    work = watched(NOW + 500, NOW + 200, 0.0, None)
    wait = campaign_batch.wait_seconds(work, NOW, 1.0)
    assert wait == 200 + paces.AFTER_SCHEDULE_END


@pytest.mark.parametrize("end", [None, 0.0, NOW + 80_000])
def test_a_schedule_that_ends_late_or_never_changes_no_wait(end):
    wait = campaign_batch.wait_seconds(watched(end), NOW, 0.0)
    assert wait == paces.WATCH.cap


def test_a_campaign_that_outlives_its_schedule_is_polled_ever_less_often():
    ages = (0, 60, 600, 6_000, 60_000)
    waits = [campaign_batch.wait_seconds(watched(NOW - age), NOW, 0.0) for age in ages]
    assert waits[0] == paces.AFTER_SCHEDULE_END
    assert waits[1:] == sorted(waits[1:])
    assert waits[-1] == paces.WATCH.cap


def test_only_a_watch_of_api_v2_asks_for_schedules():
    unknown = {"a": any_progress(), "b": any_progress(schedule_ends_at=0.0)}
    asked = {
        (version, target): campaign_batch.unscheduled(
            campaign_work(target=target, api_version=version, open=unknown)
        )
        for version in ApiVersion
        for target in CampaignTarget
    }
    assert asked.pop((ApiVersion.V2, CampaignTarget.FINISHED)) == ["a"]
    assert set(map(tuple, asked.values())) == {()}


def test_a_deletion_that_never_finishes_ends_typed():
    deleted = campaign_batch.accepted(any_progress(state="Stopped"), Mutation.DELETE, NOW)
    bound = NOW + MAX_DELETION_SECONDS
    assert next_decision(deleted, CampaignTarget.DELETED, bound - 1) == Wait(deleting=True)
    refused = next_decision(deleted, CampaignTarget.DELETED, bound)
    assert refused.reason is Reason.DELETION_UNFINISHED
    assert "Stopped" in refused.why


def test_a_deletion_that_is_seen_at_last_is_no_failure():
    deleted = campaign_batch.accepted(any_progress(state="Stopped"), Mutation.DELETE, NOW)
    gone = campaign_batch.seen(deleted, CampaignState.GONE)
    decision = next_decision(gone, CampaignTarget.DELETED, NOW + 2 * MAX_DELETION_SECONDS)
    assert decision == Reached(Reason.TARGET_REACHED)
