"""Changes by other callers between a poll and its mutations, and failing reads."""

from __future__ import annotations

from typing import Any

from tests.workflow.conftest import Orchestrate
from tests.workflow.requests import campaign, campaigns

OTHERS = [f"c-{number}" for number in range(1, 22)]
"""One pass polls them and those after them; each of their mutations takes a second."""

MEANWHILE_S = 22
"""After that pass has polled, and before it mutates the last campaigns."""


def ends(done: Any) -> dict[str, tuple[str, str, str]]:
    return {job["id"]: (job["phase"], job["reason"], job["final_state"]) for job in done.jobs}


def test_a_change_between_poll_and_mutation_is_decided_again(orchestrate: Orchestrate) -> None:
    gone: dict[str, Any] = {"deletion_s": 0, "delete_while_active": "accept"}

    def by_another(operation: str, campaign_id: str, at_s: float = MEANWHILE_S) -> dict[str, Any]:
        return {"at_s": at_s, "operation": operation, "campaign_id": campaign_id}

    done = orchestrate(
        campaigns("PAUSED", *OTHERS, "stopped", "deleted", "recreated", "paused"),
        campaigns=[
            *map(campaign, OTHERS),
            campaign("stopped"),
            campaign("deleted", **gone),
            campaign("recreated", **gone),
            campaign("paused"),
        ],
        actions=[
            by_another("StopCampaign", "stopped"),
            by_another("DeleteCampaign", "deleted"),
            by_another("DeleteCampaign", "recreated"),
            by_another("CreateCampaign", "recreated", MEANWHILE_S + 0.1),
            by_another("PauseCampaign", "paused"),
        ],
    )

    found = ends(done)
    assert {found[name] for name in OTHERS} == {("COMPLETE", "TargetReached", "Paused")}
    assert found["stopped"] == ("FAILED", "IllegalTransition", "Stopped")
    assert found["deleted"] == ("FAILED", "CampaignGone", "NotFound")
    assert found["recreated"] == ("FAILED", "IllegalTransition", "Initialized")
    assert found["paused"] == ("COMPLETE", "TargetReached", "Paused")
    assert {job["initial_state"] for job in done.jobs} == {"Running"}


def test_a_campaign_that_cannot_be_read_or_mutated_does_not_affect_the_others(
    orchestrate: Orchestrate,
) -> None:
    def fault(operation: str, campaign_id: str, error: str, **more: Any) -> dict[str, Any]:
        return {"operation": operation, "campaign_id": campaign_id, "error": error, **more}

    names = ("good", "unknown", "rejected", "conflicts", "fine")
    done = orchestrate(
        campaigns("PAUSED", *names, "missing"),
        campaigns=[campaign(name) for name in names],
        faults=[
            fault("GetCampaignStateBatch", "unknown", "UnknownError"),
            fault("GetCampaignStateBatch", "rejected", "ValidationException"),
            fault("PauseCampaign", "conflicts", "ConflictException", times=3),
        ],
    )

    found = {job["id"]: (job["phase"], job["reason"]) for job in done.jobs}
    assert found == {
        "good": ("COMPLETE", "TargetReached"),
        "fine": ("COMPLETE", "TargetReached"),
        "conflicts": ("COMPLETE", "TargetReached"),
        "unknown": ("FAILED", "Unreadable"),
        "rejected": ("FAILED", "ValidationException"),
        "missing": ("FAILED", "CampaignNotFound"),
    }
    assert done.report["calls"]["PauseCampaign"] == 3 + 3


def test_an_id_that_only_v1_allows_is_rejected_for_v2(
    orchestrate: Orchestrate,
) -> None:
    jobs = [campaigns("PAUSED", "a_1", "b", api_version=version) for version in ("v1", "v2")]
    done = orchestrate(*jobs, campaigns=[campaign("a_1", api_version="v1")])

    accepted, rejected = done.outcomes
    assert {entry["id"]: entry["reason"] for entry in accepted["resources"]} == {
        "a_1": "TargetReached",
        "b": "CampaignNotFound",
    }
    assert [fault["field"] for fault in rejected["faults"]] == ["campaign_ids[0]"]
    assert done.report["calls"]["PauseCampaign"] == 1


def test_a_deletion_that_never_finishes_ends_before_the_deadline(
    orchestrate: Orchestrate,
) -> None:
    done = orchestrate(
        campaigns("DELETED", "never", "soon", deadline_seconds=86_400),
        campaigns=[campaign("never", deletion_s=1_000_000), campaign("soon", deletion_s=30)],
    )

    assert ends(done) == {
        "never": ("FAILED", "DeletionUnfinished", "Stopped"),
        "soon": ("COMPLETE", "TargetReached", "NotFound"),
    }
    assert done.report["calls"]["DeleteCampaign"] == 2


def test_a_quota_that_is_used_up_has_a_reason_and_a_hint(orchestrate: Orchestrate) -> None:
    done = orchestrate(
        campaigns("RUNNING", "one-too-many", "paused"),
        campaigns=[campaign("one-too-many", "Initialized"), campaign("paused", "Paused")],
        faults=[{"operation": "StartCampaign", "error": "ServiceQuotaExceededException"}],
    )

    [failed] = [job for job in done.jobs if job["phase"] == "FAILED"]
    assert (failed["id"], failed["reason"]) == ("one-too-many", "QuotaExceeded")
    assert failed["message"].endswith("stop one, or ask for more")
