"""An event starts what its rule would have started, in whichever form it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambdas.requests.acceptance import RequestRejected
from lambdas.requests.events import SnapshotExport, input_of_event
from tests.unit.builders import EXECUTION, SNAPSHOT

SHOP = SnapshotExport(source_prefix="shop-", export_only=("shop.orders",))
EU = SnapshotExport(source_prefix="shop-eu-")
OTHER = SnapshotExport(source_prefix="bookings")
CLEAN_UP = {"clean_up": {"execution_arn": EXECUTION}}


def rds_event(event_id: str, identifier: object) -> dict[str, Any]:
    detail = {"EventID": event_id, "SourceArn": SNAPSHOT, "SourceIdentifier": identifier}
    return {"id": "event-1", "source": "aws.rds", "detail": detail}


def status_event(given: object) -> dict[str, Any]:
    detail = {"executionArn": EXECUTION, "status": "ABORTED", "input": given}
    kind = "Step Functions Execution Status Change"
    return {"source": "aws.states", "detail-type": kind, "detail": detail}


def export_of(export: SnapshotExport) -> dict[str, Any]:
    return {
        "kind": "export",
        "source_arn": SNAPSHOT,
        "target": "COMPLETE",
        "export_only": list(export.export_only),
    }


@pytest.mark.parametrize(
    ("identifier", "matching"),
    [("shop-1", [SHOP]), ("rds:shop-2026-11-20", [SHOP]), ("shop-eu-1", [SHOP, EU])],
)
@pytest.mark.parametrize("number", [42, 91, 75, 169])
def test_a_new_snapshot_is_exported_as_each_matching_setting_says(
    number: int, identifier: str, matching: list[SnapshotExport]
) -> None:
    event = rds_event(f"RDS-EVENT-{number:04}", identifier)
    assert input_of_event(event, (SHOP, EU, OTHER)) == {
        "correlation_id": "event-1",
        "jobs": [export_of(export) for export in matching],
    }


@pytest.mark.parametrize("identifier", ["bookshop-1", "awsbackup:shop-1", ""])
def test_a_snapshot_of_no_setting_is_rejected(identifier: str) -> None:
    with pytest.raises(RequestRejected) as rejected:
        input_of_event(rds_event("RDS-EVENT-0042", identifier), (SHOP,))
    assert [fault.field for fault in rejected.value.faults] == ["detail.SourceIdentifier"]


@pytest.mark.parametrize(
    "given",
    [
        rds_event("RDS-EVENT-0161", "shop-1"),
        rds_event("RDS-EVENT-0042", ["shop-1"]),
        {"source": "aws.rds", "detail": "RDS-EVENT-0042"},
        {"source": "aws.states", "detail-type": "Something Else", "detail": {"executionArn": "a"}},
        CLEAN_UP,
        {"stages": []},
        [],
        None,
        "aws.states",
    ],
)
def test_whatever_is_no_such_event_is_its_own_input(given: object) -> None:
    assert input_of_event(given, (SHOP,)) == given


@pytest.mark.parametrize(
    "given", ['{"jobs": []}', "no json", "[]", None, 5, json.dumps("clean_up")]
)
def test_the_event_of_an_execution_that_was_left_behind_asks_for_its_clean_up(
    given: object,
) -> None:
    assert input_of_event(status_event(given), ()) == CLEAN_UP


def test_the_event_of_a_clean_up_asks_for_the_same_clean_up() -> None:
    of_another = {"clean_up": {"execution_arn": f"{EXECUTION}-2"}}
    assert input_of_event(status_event(json.dumps(of_another)), ()) == of_another
