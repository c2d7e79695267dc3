"""What is done about a campaign that is to be as an earlier job found it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.campaigns import batch as campaign_batch
from lambdas.campaigns.batch import (
    MAX_ATTEMPTS,
    MAX_CONFIRM_SECONDS,
    next_decision,
)
from lambdas.campaigns.clean_up import batches, in_one
from lambdas.campaigns.contract import ApiVersion, CampaignJob, CampaignTarget
from lambdas.campaigns.moves import NotedMove
from lambdas.campaigns.restoring import restored
from lambdas.campaigns.transitions import (
    Act,
    CampaignState,
    Decision,
    Move,
    Mutation,
    Reached,
    Refuse,
    Wait,
    restore,
)
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.polling import MAX_UNEXPLAINED_POLLS
from lambdas.jobs.resolution import Context
from tests import campaign_rules
from tests.unit.builders import EXECUTION, NOW, campaign_work

PAUSED = Move(found="Running", asked="Paused")
RESUMED = Move(found="Paused", asked="Running")
STARTED = Move(found="Initialized", asked="Running")

EXPECTED = """
state        paused          resumed         started            untouched
Initialized  ChangedSince    ChangedSince    reached            Untouched
Running      reached         PauseCampaign   IllegalTransition  Untouched
Paused       ResumeCampaign  reached         ChangedSince       Untouched
Stopped      ChangedSince    ChangedSince    ChangedSince       Untouched
Completed    ChangedSince    ChangedSince    ChangedSince       Untouched
Failed       ChangedSince    ChangedSince    ChangedSince       Untouched
CREATING     ChangedSince    ChangedSince    ChangedSince       Untouched
CREATED      ChangedSince    ChangedSince    reached            Untouched
DELETING     ChangedSince    ChangedSince    ChangedSince       Untouched
DELETED      ChangedSince    ChangedSince    ChangedSince       Untouched
NotFound     ChangedSince    ChangedSince    ChangedSince       Untouched
Unheard-of   wait            wait            wait               Untouched
"""

_HEADER, *_ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
MOVES = {"paused": PAUSED, "resumed": RESUMED, "started": STARTED, "untouched": None}
CELLS = [
    (state, MOVES[move], word)
    for state, *words in _ROWS
    for move, word in zip(_HEADER[1:], words, strict=True)
]


def in_words(decision: Decision | None) -> str:
    match decision:
        case None:
            return "wait"
        case Act(mutation):
            return mutation.value
        case Reached(Reason.TARGET_REACHED):
            return "reached"
        case Reached(reason) | Refuse(reason):
            return reason.value
    raise AssertionError(decision)


@pytest.mark.parametrize(("state", "move", "word"), CELLS)
def test_does_what_the_table_says(state: str, move: Move | None, word: str) -> None:
    assert in_words(restore(state, move)) == word


def test_the_table_covers_every_documented_state() -> None:
    assert {state for state, *_ in _ROWS} == {*CampaignState, "Unheard-of"}


@given(
    st.sampled_from([*CampaignState, "Unheard-of", ""]),
    st.one_of(st.none(), st.builds(Move, found=st.text(), asked=st.text())),
)
def test_no_note_is_too_strange_to_be_decided_on(state: str, move: Move | None) -> None:
    assert isinstance(restore(state, move), Act | Reached | Refuse | None)


def test_a_mutation_is_legal_and_leads_back_to_what_was_found() -> None:
    for state, found, asked, via in product(CampaignState, repeat=4):
        decision = restore(state, Move(found=found, asked=asked, via=(via,)))
        if isinstance(decision, Act):
            assert state in {asked, via}
            assert campaign_rules.after(decision.mutation, state) == found


def test_a_campaign_is_restored_whichever_of_two_jobs_mutations_had_no_effect() -> None:
    paused_and_resumed = in_one([PAUSED, RESUMED])
    assert restore("Running", paused_and_resumed) == Reached(Reason.TARGET_REACHED)
    assert restore("Paused", paused_and_resumed) == Act(Mutation.RESUME)
    assert in_words(restore("Stopped", paused_and_resumed)) == "ChangedSince"


def test_a_warning_says_what_was_found_and_left() -> None:
    decision = restore("Stopped", PAUSED)
    assert isinstance(decision, Reached)
    assert decision.warning == (
        "another caller has changed it: found Running, left Paused, now Stopped"
    )


def progress(*states: str | None, move: Move | None = PAUSED, **fields: object) -> CampaignProgress:
    """Return the progress of a campaign after polls that returned these states."""
    now = CampaignProgress(move=move)
    for state in states:
        now = campaign_batch.seen(now, state)
    return now.model_copy(update=fields)


def decide(now: CampaignProgress, at: float = NOW) -> Decision:
    return next_decision(now, CampaignTarget.RESTORED, at)


def test_what_is_as_it_was_found_at_the_first_poll_was_there_already() -> None:
    assert decide(progress("Running")) == Reached(Reason.ALREADY_THERE)
    assert decide(progress("Paused", "Running")) == Reached(Reason.TARGET_REACHED)


def test_an_accepted_mutation_is_waited_for_and_never_made_again() -> None:
    """Another caller that pauses the campaign after it was resumed means it."""
    done = campaign_batch.accepted(progress("Paused"), Mutation.RESUME, NOW)
    later = campaign_batch.seen(done, "Paused")
    assert decide(later, NOW + MAX_CONFIRM_SECONDS - 1) == Wait()
    end = decide(later, NOW + MAX_CONFIRM_SECONDS)
    assert isinstance(end, Reached)
    assert end.reason is Reason.CHANGED_SINCE
    assert decide(campaign_batch.seen(later, "Running"), NOW + 1) == Reached(Reason.TARGET_REACHED)


def test_a_mutation_whose_response_was_lost_is_made_again_within_bounds() -> None:
    now = progress("Paused")
    for _ in range(MAX_ATTEMPTS):
        assert decide(now) == Act(Mutation.RESUME)
        now = campaign_batch.refused(now, "ServiceUnavailableException")
    end = decide(now)
    assert isinstance(end, Refuse)
    assert end.reason is Reason.LOST_RACE


def test_an_undocumented_state_is_waited_for_within_bounds() -> None:
    assert decide(progress("Unheard-of")) == Wait()
    end = decide(progress(*["Unheard-of"] * MAX_UNEXPLAINED_POLLS))
    assert isinstance(end, Refuse)
    assert end.reason is Reason.UNKNOWN_STATE
    unread = decide(progress(*[None] * MAX_UNEXPLAINED_POLLS))
    assert isinstance(unread, Refuse)
    assert unread.reason is Reason.UNREADABLE


ENDED = """
state      PAUSED         STOPPED
Stopped    EndedByItself  reached
Completed  EndedByItself  EndedByItself
NotFound   EndedByItself  EndedByItself
DELETED    EndedByItself  EndedByItself
DELETING   wait           wait
Failed     CampaignFailed CampaignFailed
Running    PauseCampaign  StopCampaign
Paused     reached        StopCampaign
Initialized IllegalTransition IllegalTransition
"""


@pytest.mark.parametrize("row", ENDED.strip().splitlines()[1:])
def test_an_ended_campaign_is_accepted_where_the_job_says_so(row: str) -> None:
    state, *words = row.split()
    for target, word in zip((CampaignTarget.PAUSED, CampaignTarget.STOPPED), words, strict=True):
        seen = progress("Running", state, move=None)
        decision = next_decision(seen, target, NOW, accepts_ended=True)
        assert ("wait" if isinstance(decision, Wait) else in_words(decision)) == word
        if word == "EndedByItself":
            assert isinstance(decision, Reached)
            assert decision.warning


@pytest.mark.parametrize("target", [CampaignTarget.PAUSED, CampaignTarget.STOPPED])
def test_an_id_that_never_existed_is_not_accepted_as_ended(target: CampaignTarget) -> None:
    unknown = progress("NotFound", move=None)
    decision = next_decision(unknown, target, NOW, accepts_ended=True)
    assert isinstance(decision, Refuse)
    assert decision.reason is Reason.CAMPAIGN_NOT_FOUND


def noted(job: str, campaign_id: str, move: Move = PAUSED, **fields: object) -> NotedMove:
    given = NotedMove(job, campaign_id, move, ApiVersion.V2, restore_on_abort=True, noted_at=NOW)
    return given._replace(**fields)  # type: ignore[arg-type]


MOVE = st.sampled_from([PAUSED, RESUMED, STARTED])


@given(st.lists(MOVE, min_size=1, max_size=5))
def test_moves_one_after_the_other_are_one_until_another_caller_came_between(
    moves: list[Move],
) -> None:
    whole = in_one(moves)
    assert whole.asked == moves[-1].asked
    unbroken = len(moves) - 1
    while unbroken and moves[unbroken - 1].asked == moves[unbroken].found:
        unbroken -= 1
    assert whole.found == moves[unbroken].found


def test_a_clean_up_restores_each_campaign_once_in_batches_of_one_version() -> None:
    many = [noted("a", f"c-{number}") for number in range(30)]
    both = [noted("b", "c-0", RESUMED), noted("b", "old", api_version=ApiVersion.V1)]
    left = list(batches(EXECUTION, [*many, *both]))

    assert sum(len(each.jobs_of) for each in left) == 31
    by_id = {
        campaign_id: (work, each.jobs_of[campaign_id])
        for each in left
        for work in [each.work]
        if isinstance(work, CampaignWork)
        for campaign_id in work.open
    }
    assert len(by_id) == 31
    work, jobs = by_id["c-0"]
    assert jobs == ("a", "b")
    assert work.open["c-0"].move == Move(found="Running", asked="Running", via=("Paused",))
    assert work.undoes is not None
    assert (work.undoes.execution_arn, work.undoes.jobs) == (EXECUTION, ("a", "b"))
    assert by_id["old"][0].api_version is ApiVersion.V1
    assert all(len(work.open) <= 25 for work, _ in by_id.values())


def test_a_job_restores_what_is_noted_and_reports_the_rest_as_untouched() -> None:
    job = CampaignJob(kind="campaigns", of="pause", target=CampaignTarget.RESTORED, id="again")
    ended = campaign_work("moved", "left").model_copy(update={"job_label": "pause"})
    entries = ended.fail_all(reason="AnyReason", message="any", now=NOW).entries
    context = Context(EXECUTION, entries, NOW, 250)

    moves = [noted("pause", "moved"), noted("pause", "lost")]
    resolved = restored(job, "2.0", context, entries, moves)

    (work,) = resolved.work
    assert isinstance(work, CampaignWork)
    assert (work.key, work.job_label, work.target) == ("2.0.0", "again", CampaignTarget.RESTORED)
    assert {name: one.move for name, one in work.open.items()} == {
        "moved": PAUSED,
        "lost": PAUSED,
    }
    assert work.undoes is not None
    assert (work.undoes.execution_arn, work.undoes.jobs) == (EXECUTION, ("pause",))
    (entry,) = resolved.entries
    assert (entry.id, entry.job, entry.phase) == ("left", "again", Phase.COMPLETE)
    assert entry.reason == Reason.UNTOUCHED
