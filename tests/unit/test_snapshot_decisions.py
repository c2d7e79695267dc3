"""There is one decision for every status and target, and nobody else's snapshot is touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.jobs.databases import Database
from lambdas.jobs.phases import Reason
from lambdas.snapshots import decisions
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.decisions import (
    MEANINGS,
    Create,
    Delete,
    Reached,
    Refuse,
    Snapshot,
    SnapshotStatus,
    Watch,
    decide,
)
from lambdas.snapshots.work import SnapshotDetails, SnapshotProgress, SnapshotWork
from tests.unit.builders import EXECUTION

OWNER = "AnyStack"
SHOP = Database(db_instance="shop")
AVAILABLE, DELETED = SnapshotTarget.AVAILABLE, SnapshotTarget.DELETED


def work(target: SnapshotTarget, *, may_appear: bool = False, **progress: Any) -> SnapshotWork:
    named = SnapshotWork(
        kind="snapshot",
        key="0.0",
        job_label="0.0",
        resource_id="shop",
        target=target,
        details=SnapshotDetails(database=SHOP),
        may_appear=may_appear,
        progress=SnapshotProgress(**progress),
    )
    return named.of_execution(EXECUTION)


def snapshot(status: str, owner: str | None = OWNER, database: Database = SHOP) -> Snapshot:
    return Snapshot("any", database, status, owner)


def decided(
    found: Snapshot | None, target: SnapshotTarget, *, age: float = 10.0, **progress: Any
) -> decisions.Decision:
    return decide(found, work(target, **progress), owner=OWNER, age=age)


EXPECTED: dict[str, tuple[object, object]] = {
    "creating": (Watch(), Watch()),
    "copying": (Watch(), Watch()),
    "modifying": (Watch(), Watch()),
    "rebooting": (Watch(), Watch()),
    "available": (Reached(Reason.TARGET_REACHED), Delete()),
    "failed": (Reason.SNAPSHOT_FAILED, Delete()),
    "incompatible-restore": (Reason.SNAPSHOT_FAILED, Delete()),
    "incompatible-parameters": (Reason.SNAPSHOT_FAILED, Delete()),
    "deleting": (Reason.BEING_DELETED, Watch()),
    "deleted": (Reason.BEING_DELETED, Reached(Reason.TARGET_REACHED)),
}


@pytest.mark.parametrize("status", SnapshotStatus)
@pytest.mark.parametrize("target", SnapshotTarget)
def test_every_status_has_a_decision(status, target):
    expected = EXPECTED[status][target is DELETED]
    decision = decided(snapshot(status), target)
    assert expected == (decision.reason if isinstance(decision, Refuse) else decision)


def test_the_tables_are_total():
    assert set(EXPECTED) == set(SnapshotStatus)
    assert {target: set(table) for target, table in MEANINGS.items()} == {
        target: set(SnapshotStatus) for target in SnapshotTarget
    }


def test_what_is_not_there_is_created_once_and_then_missed():
    assert decided(None, AVAILABLE) == Create()
    assert decided(None, AVAILABLE, state="creating") == Watch()
    gone = decided(None, AVAILABLE, state="creating", unexplained_polls=5)
    assert isinstance(gone, Refuse)
    assert gone.reason is Reason.SNAPSHOT_GONE


def test_what_is_not_there_has_been_deleted():
    assert decided(None, DELETED) == Reached(Reason.ALREADY_GONE)
    assert decided(None, DELETED, state="deleting") == Reached(Reason.TARGET_REACHED)


def test_what_may_still_appear_is_waited_for():
    assert decided(None, DELETED, may_appear=True, age=89) == Watch()
    assert decided(None, DELETED, may_appear=True, age=90) == Reached(Reason.ALREADY_GONE)


@pytest.mark.parametrize("target", SnapshotTarget)
@pytest.mark.parametrize(
    "other",
    [
        snapshot("available", owner="OtherStack"),
        snapshot("available", database=Database(db_instance="other")),
        snapshot("available", database=Database(db_cluster="shop")),
    ],
)
def test_an_identifier_that_is_taken_is_a_collision(target, other):
    decision = decided(other, target)
    assert isinstance(decision, Refuse)
    assert decision.reason is Reason.IDENTIFIER_COLLISION


@pytest.mark.parametrize("target", SnapshotTarget)
@pytest.mark.parametrize(
    ("unclear", "reason"),
    [
        (snapshot("hibernating"), Reason.UNKNOWN_STATE),
        (snapshot("available", owner=None), Reason.IDENTIFIER_COLLISION),
    ],
)
def test_an_unknown_status_and_missing_tags_are_waited_for_and_not_forever(target, unclear, reason):
    assert decided(unclear, target, unexplained_polls=4) == Watch()
    refused = decided(unclear, target, unexplained_polls=5)
    assert isinstance(refused, Refuse)
    assert refused.reason is reason


@pytest.mark.parametrize("target", SnapshotTarget)
def test_a_deadline_ends_what_is_not_reached(target):
    late = decided(snapshot("creating"), target, age=86_400)
    assert isinstance(late, Refuse)
    assert late.reason is Reason.DEADLINE_EXCEEDED
    assert isinstance(decided(snapshot("deleted"), DELETED, age=86_400), Reached)


def test_calls_without_effect_are_not_repeated_forever():
    for found, target in ((None, AVAILABLE), (snapshot("available"), DELETED)):
        assert isinstance(decided(found, target, calls=6), Create | Delete)
        refused = decided(found, target, calls=7)
        assert isinstance(refused, Refuse)
        assert refused.reason is Reason.NO_ANSWER


snapshots = st.none() | st.builds(
    Snapshot,
    snapshot_id=st.just("any"),
    database=st.sampled_from([SHOP, Database(db_cluster="shop"), Database(db_instance="b")]),
    status=st.sampled_from([*SnapshotStatus, "hibernating", ""]),
    owner=st.sampled_from([None, OWNER, "OtherStack", ""]),
)
works = st.builds(
    work,
    st.sampled_from(SnapshotTarget),
    may_appear=st.booleans(),
    state=st.none() | st.sampled_from([*SnapshotStatus, "hibernating"]),
    calls=st.integers(0, 10),
    unexplained_polls=st.integers(0, 10),
    called=st.booleans(),
)


@given(snapshots, works, st.floats(0, 100_000))
def test_only_its_own_snapshot_is_deleted_and_only_a_missing_one_created(found, given_work, age):
    decision = decide(found, given_work, owner=OWNER, age=age)
    if isinstance(decision, Delete):
        assert found is not None
        assert (found.owner, found.database, given_work.target) == (OWNER, SHOP, DELETED)
    if isinstance(decision, Create):
        assert found is None
        assert given_work.target is AVAILABLE
    if isinstance(decision, Watch):
        assert age < given_work.deadline_seconds
