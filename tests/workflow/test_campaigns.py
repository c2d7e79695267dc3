"""Campaigns and their targets, also when other callers change them."""

from __future__ import annotations

from tests.workflow.conftest import Orchestrate, entered
from tests.workflow.requests import campaign, campaigns, stages


def test_starts_stops_and_deletes_according_to_each_campaigns_state(
    orchestrate: Orchestrate,
) -> None:
    request = {
        "jobs": [
            campaigns("RUNNING", "new", "paused", "running", "missing"),
            campaigns("STOPPED", "to-stop", api_version="v1"),
            campaigns("DELETED", "to-delete", "ended"),
        ]
    }

    done = orchestrate(
        request,
        campaigns=[
            campaign("new", "Initialized"),
            campaign("paused", "Paused"),
            campaign("running"),
            campaign("to-stop", api_version="v1"),
            campaign("to-delete", deletion_s=30),
            campaign("ended", "Completed", deletion_s=30),
        ],
    )

    assert done.report["illegal"] == {}
    assert {job["id"]: (job["phase"], job["reason"]) for job in done.jobs} == {
        "new": ("COMPLETE", "TargetReached"),
        "paused": ("COMPLETE", "TargetReached"),
        "running": ("COMPLETE", "AlreadyThere"),
        "missing": ("FAILED", "CampaignNotFound"),
        "to-stop": ("COMPLETE", "TargetReached"),
        "to-delete": ("COMPLETE", "TargetReached"),
        "ended": ("COMPLETE", "TargetReached"),
    }
    [deletion] = [child for child in done.children if child.item["work"]["target"] == "DELETED"]
    assert "AwaitDeletion" in entered(deletion.events)
    assert entered(deletion.events)[-1] == "JobComplete"


def test_a_campaign_that_another_caller_stops_cannot_be_resumed(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        stages(campaigns("PAUSED"), campaigns("FINISHED", "other"), campaigns("RUNNING")),
        campaigns=[campaign(), campaign("other", completes_after_s=900)],
        actions=[{"at_s": 600, "operation": "StopCampaign", "campaign_id": "c-1"}],
    )

    assert done.statuses == ["FAILED"]
    assert (done.jobs[2]["reason"], done.jobs[2]["final_state"]) == (
        "IllegalTransition",
        "Stopped",
    )


def test_a_campaign_that_is_deleted_while_it_is_watched_ends_the_watch(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        campaigns("FINISHED"),
        campaigns=[campaign(deletion_s=0, delete_while_active="accept")],
        actions=[{"at_s": 600, "operation": "DeleteCampaign", "campaign_id": "c-1"}],
    )

    assert done.statuses == ["SUCCEEDED"]
    assert done.job["reason"] == "CampaignGone"
    assert done.job["warnings"] == ["the campaign was deleted while it was watched"]


def test_a_watched_campaign_that_fails_fails_the_request(orchestrate: Orchestrate) -> None:
    done = orchestrate(campaigns("FINISHED"), campaigns=[campaign(fails_after_s=100)])

    assert done.statuses == ["FAILED"]
    assert (done.job["reason"], done.job["final_state"]) == ("CampaignFailed", "Failed")


def test_a_campaign_that_another_caller_keeps_changing_ends_as_lost_race(
    orchestrate: Orchestrate,
) -> None:
    resume = {"operation": "ResumeCampaign", "campaign_id": "c-1", "every_s": 1}

    done = orchestrate(campaigns("PAUSED"), campaigns=[campaign()], actions=[{"at_s": 0, **resume}])

    assert done.job["reason"] == "LostRace"
    assert done.job["phase"] == "FAILED"


def test_a_mutation_whose_response_is_lost_is_not_repeated(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        campaigns("PAUSED"),
        campaigns=[campaign()],
        faults=[{"operation": "PauseCampaign", "error": "lost_response", "times": 1}],
    )

    assert (done.job["phase"], done.job["initial_state"]) == ("COMPLETE", "Running")
    assert done.report["calls"]["PauseCampaign"] == 1


def test_a_deadline_ends_a_watch(orchestrate: Orchestrate) -> None:
    watch = campaigns("FINISHED", deadline_seconds=120)
    done = orchestrate(watch, campaigns=[campaign()])

    assert done.job["reason"] == "DeadlineExceeded"
    assert 120 <= done.job["elapsed_seconds"] < 180


def test_a_permanent_error_of_one_campaign_does_not_affect_the_others(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        campaigns("STOPPED", "c-1", "c-2", "c-3"),
        campaigns=[campaign("c-1"), campaign("c-2"), campaign("c-3")],
        faults=[
            {"operation": "StopCampaign", "campaign_id": "c-2", "error": "AccessDeniedException"}
        ],
    )

    assert [
        (job["id"], job["phase"], job["reason"])
        for job in sorted(done.jobs, key=lambda job: job["id"])
    ] == [
        ("c-1", "COMPLETE", "TargetReached"),
        ("c-2", "FAILED", "AccessDeniedException"),
        ("c-3", "COMPLETE", "TargetReached"),
    ]
