"""What is remembered of a campaign from look to look, and what follows from it."""

from __future__ import annotations

import pytest

from lambdas.domain import cadence, campaign_batch
from lambdas.domain.campaign_batch import (
    MAX_ATTEMPTS,
    MAX_ODD_LOOKS,
    end_of,
    next_move,
    phase_of,
    seen,
)
from lambdas.domain.campaign_states import Act, CampaignState, Mutation, Reached, Refuse, Wait
from lambdas.domain.phases import Phase, Reason
from lambdas.domain.requests import CampaignTarget
from lambdas.domain.work import CampaignProgress, Memo
from tests.unit.builders import NOW, any_progress, campaign_work


def after_looks(*states: str | None) -> CampaignProgress:
    progress = CampaignProgress()
    for state in states:
        progress = seen(progress, state)
    return progress


def test_remembers_the_first_state_and_the_last():
    progress = after_looks("Running", "Paused", "Stopped")
    assert (progress.previous_state, progress.state, progress.looks) == ("Running", "Stopped", 3)


def test_keeps_the_last_state_that_aws_could_tell():
    progress = after_looks(None, "Running", None)
    assert (progress.previous_state, progress.state, progress.odd_looks) == (
        "Running",
        "Running",
        1,
    )


def test_a_look_that_makes_sense_ends_a_row_of_odd_ones():
    assert after_looks("Odd", None, "Odd").odd_looks == 3
    assert after_looks("Odd", None, "Running").odd_looks == 0


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
def test_tells_what_was_true_before_the_first_look(state, target, reason):
    assert next_move(after_looks(state), target)[0] is reason


def test_a_campaign_that_only_an_unreadable_look_delayed_was_already_there():
    move = next_move(after_looks(None, "Paused"), CampaignTarget.PAUSED)
    assert move == Reached(Reason.ALREADY_THERE)


def test_a_campaign_that_never_was_can_not_be_watched():
    refused = Refuse(Reason.CAMPAIGN_GONE, "the campaign does not exist")
    assert next_move(after_looks(CampaignState.GONE), CampaignTarget.FINISHED) == refused


def test_a_campaign_that_never_was_can_not_be_watched_after_an_unreadable_look_either():
    move = next_move(after_looks(None, CampaignState.GONE), CampaignTarget.FINISHED)
    assert isinstance(move, Refuse)


def test_a_campaign_that_disappears_under_watch_is_finished_with_a_warning():
    move = next_move(after_looks("Running", CampaignState.GONE), CampaignTarget.FINISHED)
    assert isinstance(move, Reached)
    assert move.warning


@pytest.mark.parametrize("target", CampaignTarget)
def test_waits_out_a_state_that_nobody_has_documented(target):
    assert next_move(after_looks("Odd"), target) == Wait()


@pytest.mark.parametrize("target", CampaignTarget)
@pytest.mark.parametrize("odd", ["Odd", ""])
def test_gives_an_undocumented_state_up_by_its_name(target, odd):
    assert next_move(after_looks(*[odd] * (MAX_ODD_LOOKS - 1)), target) == Wait()
    move = next_move(after_looks(*[odd] * MAX_ODD_LOOKS), target)
    assert isinstance(move, Refuse)
    assert move.reason is Reason.UNKNOWN_STATE
    assert repr(odd) in move.why


@pytest.mark.parametrize("before", [(), ("Running",)], ids=["never read", "read before"])
def test_gives_an_unreadable_campaign_up_as_unreadable(before):
    progress = after_looks(*before, *[None] * MAX_ODD_LOOKS)
    move = next_move(progress, CampaignTarget.PAUSED)
    assert isinstance(move, Refuse)
    assert move.reason is Reason.UNREADABLE


def test_a_known_state_counts_whatever_odd_looks_came_before():
    progress = after_looks(*["Odd"] * (MAX_ODD_LOOKS - 1), "Running")
    assert next_move(progress, CampaignTarget.PAUSED) == Act(Mutation.PAUSE)


def test_gives_up_a_fight_with_another_actor():
    progress = any_progress(attempts=MAX_ATTEMPTS - 1)
    assert next_move(progress, CampaignTarget.PAUSED) == Act(Mutation.PAUSE)
    move = next_move(any_progress(attempts=MAX_ATTEMPTS), CampaignTarget.PAUSED)
    assert isinstance(move, Refuse)
    assert move.reason is Reason.LOST_RACE
    assert "Running" in move.why


def test_names_the_last_refusal_of_a_lost_fight():
    progress = any_progress(attempts=MAX_ATTEMPTS, refusal="ConflictException")
    assert "ConflictException" in next_move(progress, CampaignTarget.PAUSED).why


def test_a_target_that_is_reached_counts_however_many_moves_it_took():
    progress = any_progress(state="Paused", attempts=MAX_ATTEMPTS)
    assert next_move(progress, CampaignTarget.PAUSED) == Reached(Reason.TARGET_REACHED)


@pytest.mark.parametrize("state", ["Initialized", "Stopped", "Completed", "Failed"])
def test_deletes_once_and_then_waits_for_it_to_disappear(state):
    progress = campaign_batch.accepted(any_progress(state=state), Mutation.DELETE)
    assert next_move(progress, CampaignTarget.DELETED) == Wait(deleting=True)
    gone = seen(progress, CampaignState.GONE)
    assert next_move(gone, CampaignTarget.DELETED) == Reached(Reason.TARGET_REACHED)


def test_a_refusal_brings_the_state_along():
    progress = campaign_batch.refused(any_progress(), "InvalidCampaignStateException", "Stopped")
    assert (progress.state, progress.attempts) == ("Stopped", 1)
    assert progress.refusal == "InvalidCampaignStateException"


@pytest.mark.parametrize("state", [None, ""])
def test_a_refusal_without_a_state_leaves_the_last_one(state):
    assert campaign_batch.refused(any_progress(), "Any", state).state == "Running"


def test_an_accepted_move_forgets_the_last_refusal():
    progress = campaign_batch.refused(any_progress(), "ConflictException")
    assert campaign_batch.accepted(progress, Mutation.PAUSE).refusal is None


def test_a_batch_is_deleting_when_nothing_else_is_left():
    deleted = campaign_batch.accepted(any_progress(state="Stopped"), Mutation.DELETE)
    work = campaign_work(target=CampaignTarget.DELETED, open={"a": deleted, "b": any_progress()})
    assert phase_of(work) is Phase.IN_PROGRESS
    assert phase_of(work.model_copy(update={"open": {"a": deleted}})) is Phase.DELETING


def test_a_batch_that_someone_else_deletes_is_deleting_too():
    work = campaign_work(target=CampaignTarget.DELETED, open={"a": after_looks("DELETING")})
    assert phase_of(work) is Phase.DELETING


def test_a_batch_ends_failed_when_one_of_it_failed():
    work = campaign_work("a", "b")
    half = work.close("a", phase=Phase.FAILED, reason="Any", message="any", now=NOW)
    assert phase_of(half) is Phase.IN_PROGRESS
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
        (CampaignTarget.FINISHED, any_progress(), cadence.WATCH),
        (CampaignTarget.DELETED, any_progress(delete_accepted=True), cadence.DELETION),
    ],
)
@pytest.mark.parametrize("age", [0, 30, 3_000])
def test_waits_at_the_pace_of_what_it_waits_for(target, progress, pace, age):
    work = campaign_work(
        target=target,
        open={"a": progress},
        memo=Memo(started_at=NOW - age, looks=1, child_looks=1),
        deadline_seconds=90_000,
    )
    assert campaign_batch.wait_seconds(work, NOW, 0.0) == cadence.wait_seconds(pace, age, 0.0)


@pytest.mark.parametrize("target", CampaignTarget)
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


def test_moves_that_were_accepted_make_no_wait_longer():
    moved = any_progress(attempts=MAX_ATTEMPTS - 1)
    work = campaign_work(open={"a": moved})
    assert campaign_batch.wait_seconds(work, NOW, 0.0) == cadence.CONFIRM.floor


@pytest.mark.parametrize(("left", "wait"), [(40, 40), (1.4, 2), (0, 1), (-100, 1)])
def test_waits_no_further_than_to_the_second_of_the_deadline(left, wait):
    work = campaign_work(
        target=CampaignTarget.FINISHED,
        memo=Memo(started_at=NOW - 86_400 + left, looks=1, child_looks=1),
        deadline_seconds=86_400,
    )
    assert campaign_batch.wait_seconds(work, NOW, 0.0) == wait
