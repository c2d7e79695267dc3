"""Jobs that select their campaigns when their stage begins, or take those of an earlier job."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflow.conftest import Orchestrate
from tests.workflow.requests import campaign, stages

INSTANCE = "22222222-3333-4444-5555-666666666666"
SALES = {"team": "sales"}


def selecting(target: str, select: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "campaigns", "target": target, "select": select, **more}


@pytest.mark.parametrize(
    ("version", "known_to_tagging"), [("v1", True), ("v2", True), ("v2", False)]
)
def test_selects_by_instance_state_and_tags(
    version: str, known_to_tagging: bool, orchestrate: Orchestrate
) -> None:
    def fleet(prefix: str, count: int, **fields: Any) -> list[dict[str, Any]]:
        given = {"api_version": version, "instance_id": INSTANCE, "tags": SALES} | fields
        return [campaign(f"{prefix}-{number}", **given) for number in range(count)]

    run = orchestrate(
        selecting(
            "PAUSED",
            {"instance_id": INSTANCE, "states": ["Running"], "tags": SALES},
            api_version=version,
        ),
        campaigns=[
            *fleet("untagged", 60, tags=None),
            *fleet("match", 2, name="winter sale"),
            *fleet("support", 40, tags={"team": "support"}),
            *fleet("paused", 5, state="Paused"),
            *fleet("elsewhere", 5, instance_id="elsewhere"),
            *fleet("other-api", 1, api_version="v2" if version == "v1" else "v1"),
        ],
        tagging_knows_v2=known_to_tagging,
    )
    assert run.statuses == ["SUCCEEDED"]
    assert {job["id"]: (job["final_state"], job["name"]) for job in run.jobs} == {
        "match-0": ("Paused", "winter sale"),
        "match-1": ("Paused", "winter sale"),
    }
    calls = run.report["calls"]
    assert calls["PauseCampaign"] == 2
    assert calls["ListCampaigns"] == 3
    assert ("DescribeCampaign" in calls) != known_to_tagging
    assert run.report["throttled"] == {}


def test_a_hundred_campaigns_take_six_reads_and_none_selected_is_complete(
    orchestrate: Orchestrate,
) -> None:
    """A job about the campaigns of one that has none is complete as well."""
    run = orchestrate(
        stages(
            selecting("PAUSED", {"states": ["Running"]}, id="none"),
            {"kind": "campaigns", "target": "STOPPED", "of": "none"},
        ),
        campaigns=[campaign(f"c-{number}", "Paused") for number in range(100)],
    )
    assert run.statuses == ["SUCCEEDED"]
    assert run.report["calls"] == {"ListCampaigns": 2, "GetCampaignStateBatch": 4}
    assert [(job["id"], job["phase"], job["reason"], job["details"]) for job in run.jobs] == [
        (
            "none",
            "COMPLETE",
            "NothingSelected",
            {"select": {"states": ["Running"], "at_most": 250}},
        ),
        ("1.0", "COMPLETE", "NothingSelected", {"of": "none"}),
    ]


def test_a_selection_of_too_many_changes_none(orchestrate: Orchestrate) -> None:
    run = orchestrate(
        selecting("STOPPED", {"states": ["Running"]}),
        campaigns=[campaign(f"c-{number}") for number in range(251)],
    )
    assert run.statuses == ["FAILED"]
    assert (run.job["phase"], run.job["reason"]) == ("FAILED", "TooManySelected")
    assert "at least 251" in run.job["message"]
    assert run.report["calls"] == {"ListCampaigns": 6, "GetCampaignStateBatch": 11}


def test_a_selection_never_grows(orchestrate: Orchestrate) -> None:
    run = orchestrate(
        selecting("FINISHED", {"states": ["Running"]}),
        campaigns=[
            campaign("early", completes_after_s=600),
            campaign("late", "Initialized", completes_after_s=60),
            campaign("new", exists_from_s=30),
        ],
        actions=[{"at_s": 20, "operation": "StartCampaign", "campaign_id": "late"}],
    )
    assert (run.statuses, run.job["id"]) == (["SUCCEEDED"], "early")


def test_a_later_stage_takes_the_campaigns_of_an_earlier_one(orchestrate: Orchestrate) -> None:
    """Those that failed there too."""
    run = orchestrate(
        stages(
            selecting("PAUSED", {"name_prefix": "spring"}, id="spring"),
            {"kind": "campaigns", "target": "DELETED", "of": "spring", "id": "gone"},
            last_always=True,
        ),
        campaigns=[
            campaign("a", name="spring 1"),
            campaign("b", "Initialized", name="spring 2"),
            campaign("c", name="summer"),
        ],
    )
    found = {(job["job"], job["id"]): (job["reason"], job["name"]) for job in run.jobs}
    assert found == {
        ("spring", "a"): ("TargetReached", "spring 1"),
        ("spring", "b"): ("IllegalTransition", "spring 2"),
        ("gone", "a"): ("TargetReached", "spring 1"),
        ("gone", "b"): ("TargetReached", "spring 2"),
    }


def test_a_selection_that_is_throttled_goes_on(orchestrate: Orchestrate) -> None:
    reads = ("ListCampaigns", "GetCampaignStateBatch", "GetResources")
    run = orchestrate(
        selecting("PAUSED", {"states": ["Running"], "tags": SALES}),
        campaigns=[campaign(f"c-{number}", tags=SALES) for number in range(3)],
        faults=[
            {"operation": operation, "error": error, "times": 4}
            for operation, error in zip(
                reads, (*["TooManyRequestsException"] * 2, "ThrottledException"), strict=True
            )
        ],
    )
    assert run.statuses == ["SUCCEEDED"]
    assert len(run.jobs) == 3
