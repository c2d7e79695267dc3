"""The largest selection, beside the largest exports, fits every payload."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import pytest

from lambdas.campaigns.contract import CampaignJob
from lambdas.campaigns.resolve import resolve_select
from lambdas.jobs.resolution import Context, Resolved
from lambdas.requests import advance_plan, resolve_jobs
from lambdas.shared import limits
from tests.unit.builders import REGION
from tests.unit.test_campaign_selection import Fleet
from tests.unit.test_payloads import (
    LONG_DESCRIPTION,
    LONG_ID,
    accept,
    accepts,
    invoke,
    longest_last_pass,
    request,
    work_of,
)

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

CAMPAIGN_ID = "11111111-2222-3333-4444-{:012}"
"""As long as the ids of Amazon Connect."""


@pytest.fixture(autouse=True)
def _largest_fleet(monkeypatch, manual_clock):
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("SNAPSHOT_EXPORTS", "[]")
    assert manual_clock
    fleet = Fleet()
    for number in range(limits.MAX_CAMPAIGNS_PER_REQUEST):
        fleet.add(CAMPAIGN_ID.format(number), name="😀" * 127)

    def resolve(job: CampaignJob, key: str, context: Context) -> Resolved:
        assert job.select is not None
        return resolve_select(job, job.select, key, context, fleet)

    monkeypatch.setattr(resolve_jobs, "RESOLVERS", {"campaigns": resolve})


def largest(exports: int) -> dict[str, Any]:
    """Return a request of as many bytes as are accepted, with a selection and some exports."""
    whole = request(campaigns=0, batches=0, exports=exports, stages=1) if exports else None
    exported = whole["stages"][0]["jobs"] if whole else []

    def with_tables(length: int) -> dict[str, Any]:
        selected = {
            "id": "s" * limits.MAX_JOB_ID_CHARACTERS,
            "kind": "campaigns",
            "target": "FINISHED",
            "select": {"name_prefix": "😀"},
        }
        shorter = [job | {"export_only": job["export_only"][:length]} for job in exported]
        return {
            "jobs": [selected, *shorter],
            "correlation_id": LONG_ID,
            "description": LONG_DESCRIPTION,
        }

    longest = bisect_right(range(2_000), False, key=lambda length: not accepts(with_tables(length)))
    return with_tables(longest - 1)


@pytest.mark.parametrize("exports", [0, 1, limits.MAX_EXPORTS_PER_REQUEST])
def test_the_largest_selection_fits_every_payload(exports):
    state = accept(largest(exports))
    assert len(state["plan"]["resolving"]["deferred"]) == 1
    state = invoke(resolve_jobs.handler, {"plan": state["plan"]})
    works = [work_of(one) for one in state["plan"]["running"]]
    results = [longest_last_pass(work).as_payload() for work in works]
    state = invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
    entries = state["outcome"]["resources"]
    assert len(entries) == limits.MAX_CAMPAIGNS_PER_REQUEST + exports
