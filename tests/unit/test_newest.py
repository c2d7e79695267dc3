"""Which of a database's snapshots is exported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.exports.newest import (
    AVAILABLE,
    EXPORTABLE_ENGINES,
    Await,
    Choice,
    Chosen,
    NoChoice,
    Snapshot,
    choose,
)
from lambdas.exports.work import SnapshotQuery
from lambdas.jobs.phases import Phase, Reason
from tests.unit.builders import ACCOUNT, NOW
from tests.unit.fake_snapshots import snapshot

HOUR = 3_600
FOREIGN = "arn:aws:rds:us-east-1:210987654321:snapshot:shared-1"


def choice(*listed: Snapshot, passed_over: tuple[str, ...] = (), **query: Any) -> Choice:
    asked = SnapshotQuery(db_instance="shop", **query)
    return choose(listed, asked, account=ACCOUNT, now=NOW, passed_over=passed_over)


def chosen(*listed: Snapshot, **query: Any) -> str:
    found = choice(*listed, **query)
    assert isinstance(found, Chosen), found
    return found.arn.split(":", 6)[6]


def reason(*listed: Snapshot, **query: Any) -> Reason:
    found = choice(*listed, **query)
    assert isinstance(found, NoChoice), found
    assert found.phase is Phase.FAILED
    return found.reason


def test_the_newest_is_chosen_whatever_its_name_type_and_place_in_the_list():
    listed = [
        snapshot("rds:shop-2", age=2 * HOUR),
        snapshot("a-manual-one", age=HOUR),
        snapshot("awsbackup:job-9", age=3 * HOUR, type="awsbackup"),
    ]
    assert {chosen(*listed[turn:], *listed[:turn]) for turn in range(3)} == {"a-manual-one"}


def test_what_is_not_available_is_not_chosen_and_has_no_time():
    assert chosen(snapshot("new", age=None), snapshot("old", age=9 * HOUR)) == "old"


@pytest.mark.parametrize("status", ["creating", "copying", "failed", "deleting", "modifying", "?"])
def test_only_an_available_one_is_chosen(status):
    """Some statuses have a time."""
    assert reason(snapshot(age=HOUR, status=status)) is Reason.NO_SNAPSHOT


def test_without_a_snapshot_there_is_nothing_to_wait_for_unless_an_age_is_given():
    assert reason() is Reason.NO_SNAPSHOT
    assert isinstance(choice(max_age_seconds=HOUR), Await)


def test_one_that_is_being_created_is_waited_for_only_if_an_age_is_given():
    creating = snapshot(age=None)
    assert reason(creating) is Reason.NO_SNAPSHOT
    assert isinstance(choice(creating, max_age_seconds=HOUR), Await)
    assert isinstance(choice(creating, snapshot("old", age=2 * HOUR), max_age_seconds=HOUR), Await)


@pytest.mark.parametrize(("age", "young"), [(HOUR, True), (HOUR + 1, False), (-60, True)])
def test_an_age_is_the_oldest_that_is_chosen(age, young):
    assert isinstance(choice(snapshot(age=age), max_age_seconds=HOUR), Chosen if young else Await)


def test_a_copy_is_as_old_as_the_snapshot_that_it_is_a_copy_of():
    copy = snapshot("copy", age=HOUR, original_at=NOW - 30 * HOUR)
    assert chosen(copy, snapshot("rds:shop-1", age=26 * HOUR)) == "rds:shop-1"
    assert isinstance(choice(copy, max_age_seconds=2 * HOUR), Await)


def test_a_later_copy_of_the_newest_does_not_replace_it():
    original = snapshot("rds:shop-1", age=2 * HOUR, original_at=NOW - 2 * HOUR)
    copy = snapshot("a-copy", age=HOUR, original_at=NOW - 2 * HOUR)
    assert chosen(original, copy) == chosen(copy, original) == "rds:shop-1"


def test_what_belongs_to_another_account_is_not_chosen():
    shared = snapshot(age=60, arn=FOREIGN, type="manual")
    public = snapshot("public-1", age=60, type="public")
    assert chosen(shared, public, snapshot("own", age=HOUR)) == "own"
    assert reason(shared, public) is Reason.NO_SNAPSHOT


@pytest.mark.parametrize("engine", ["oracle-ee", "sqlserver-se", "db2-se", "custom-oracle-ee"])
@pytest.mark.parametrize("max_age", [None, HOUR])
def test_an_engine_that_cannot_be_exported_fails_by_its_name_without_a_wait(engine, max_age):
    found = choice(snapshot(age=None, engine=engine), max_age_seconds=max_age)
    assert isinstance(found, NoChoice)
    assert (found.phase, found.reason) == (Phase.FAILED, Reason.ENGINE_NOT_EXPORTABLE)
    assert engine in found.why


@pytest.mark.parametrize("engine", ["docdb", "neptune"])
def test_snapshots_of_other_services_do_not_count(engine):
    assert reason(snapshot(engine=engine)) is Reason.NO_SNAPSHOT
    assert chosen(snapshot("x", age=1, engine=engine), snapshot("shop", age=9)) == "shop"


def test_what_rds_did_not_find_is_not_chosen_again():
    newest, older = snapshot("new", age=HOUR), snapshot("old", age=2 * HOUR)
    found = choice(newest, older, passed_over=(newest.arn,))
    assert found == Chosen(older.arn, NOW - 2 * HOUR)


def test_the_snapshot_of_an_event_is_exported_even_if_a_newer_one_is_there():
    one, newer = snapshot("awsbackup:job-1", age=HOUR), snapshot("newer", age=60)
    assert chosen(one, newer, snapshot_arn=one.arn) == "awsbackup:job-1"


def test_the_snapshot_of_an_event_of_another_database_is_nothing_to_export():
    found = choice(snapshot("shop-1"), snapshot_arn=snapshot("awsbackup:job-2").arn)
    assert isinstance(found, NoChoice)
    assert (found.phase, found.reason) == (Phase.COMPLETE, Reason.OTHER_DATABASE)


def test_the_snapshot_of_an_event_is_waited_for_while_it_may_become_available():
    creating = snapshot(age=None)
    assert isinstance(choice(creating, snapshot_arn=creating.arn), Await)
    failed = snapshot(age=None, status="failed")
    assert reason(failed, snapshot_arn=failed.arn) is Reason.NO_SNAPSHOT
    gone = snapshot()
    assert reason(gone, snapshot_arn=gone.arn, passed_over=(gone.arn,)) is Reason.NO_SNAPSHOT
    oracle = snapshot(engine="oracle-ee")
    assert reason(oracle, snapshot_arn=oracle.arn) is Reason.ENGINE_NOT_EXPORTABLE


times = st.none() | st.integers(-60, 40 * HOUR).map(lambda age: NOW - age)
snapshots = st.builds(
    Snapshot,
    arn=st.sampled_from([snapshot(f"s{number}").arn for number in range(9)] + [FOREIGN]),
    type=st.sampled_from(["automated", "manual", "awsbackup", "shared", "public", ""]),
    status=st.sampled_from([AVAILABLE, AVAILABLE, "creating", "deleting", "?"]),
    engine=st.sampled_from([*sorted(EXPORTABLE_ENGINES), "postgres", "docdb", "oracle-ee", ""]),
    created_at=times,
    original_at=times,
)


@given(
    st.lists(snapshots, unique_by=lambda one: one.arn),
    st.none() | st.integers(1, 40 * HOUR),
    st.randoms(use_true_random=False),
)
def test_every_list_in_every_order_has_one_choice_that_keeps_the_rules(listed, max_age, random):
    found = choice(*listed, max_age_seconds=max_age)
    shuffled = random.sample(listed, len(listed))
    assert choice(*shuffled, max_age_seconds=max_age) == found
    usable = [
        one
        for one in listed
        if one.status == AVAILABLE
        and one.engine in EXPORTABLE_ENGINES
        and one.type not in {"shared", "public"}
        and one.arn != FOREIGN
        and one.created_at is not None
    ]
    best = max((one.data_at for one in usable), default=None)
    if best is None or (max_age is not None and NOW - best > max_age):
        assert not isinstance(found, Chosen)
        assert isinstance(found, NoChoice) or max_age is not None
    else:
        assert isinstance(found, Chosen)
        assert found.data_at == best
        assert found.arn in {one.arn for one in usable if one.data_at == best}
