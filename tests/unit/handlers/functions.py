"""The functions as Step Functions calls them: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambdas.campaigns import reconcile_campaigns
from lambdas.exports import reconcile_export
from lambdas.requests import accept_request, advance_plan
from tests.unit.builders import (
    DESTINATION,
    EXECUTION,
    REGION,
    AnyContext,
    through_json,
)
from tests.unit.conftest import ManualClock
from tests.unit.fakes import (
    FakeTable,
)

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
SETTINGS = {
    "AWS_REGION": REGION,
    "EXPORT_BUCKET": DESTINATION.bucket,
    "EXPORT_PREFIX": DESTINATION.prefix,
    "EXPORT_ROLE_ARN": "arn:aws:iam::123456789012:role/any",
    "EXPORT_KEY_ARN": f"arn:aws:kms:{REGION}:123456789012:key/any",
    "COORDINATION_TABLE": FakeTable.NAME,
    "CAMPAIGN_RATES": "false",
    "SNAPSHOT_EXPORTS": "[]",
}


SETTINGS_OF_EXPORTS = sorted(set(SETTINGS) - {"AWS_REGION", "CAMPAIGN_RATES", "SNAPSHOT_EXPORTS"})


def invoke(handler: Handler, event: dict[str, Any]) -> dict[str, Any]:
    return through_json(handler(through_json(event), AnyContext()))


def accept(request: object) -> dict[str, Any]:
    event = {"request": request, "execution_arn": EXECUTION, "execution_name": "run-1"}
    return invoke(accept_request.handler, event)


def items(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each child execution's first pass is given."""
    given: dict[str, Any] = {"trace": plan["trace"], "history_events": 3}
    return [{"work": work, **given} for work in plan["running"]]


def last_pass(item: dict[str, Any], manual_clock: ManualClock) -> dict[str, Any]:
    """Return the answer with which a job ends, after as many passes as that takes."""
    handlers = {"campaigns": reconcile_campaigns.handler, "export": reconcile_export.handler}
    for _ in range(60):
        seen = invoke(handlers[item["work"]["kind"]], item)
        if "entries" in seen and "work" not in seen:
            return seen
        assert isinstance(seen["wait_seconds"], int)
        assert seen["wait_seconds"] >= 1
        manual_clock.advance(seen["wait_seconds"])
        item = item | {"work": seen["work"]}
    raise AssertionError("a job does not end")


def advance(state: dict[str, Any], manual_clock: ManualClock) -> dict[str, Any]:
    """Bring what runs of a plan to its end, and return what AdvancePlan makes of that."""
    results = [last_pass(item, manual_clock) for item in items(state["plan"])]
    return invoke(advance_plan.handler, {"plan": state["plan"], "results": results})
