"""A snapshot job is accepted as its contract says, and each of its faults is named."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.shared.limits import MAX_SNAPSHOTS_PER_REQUEST
from lambdas.snapshots.contract import SnapshotJob
from tests.unit.builders import ACCOUNT, REGION

CREATION = {"kind": "snapshot", "id": "create", "db_instance": "shop", "target": "AVAILABLE"}
DELETION = {"kind": "snapshot", "of": "create", "target": "DELETED"}


def accepted(*jobs: dict[str, Any]) -> list[SnapshotJob]:
    request = parse({"stages": [{"jobs": [job]} for job in jobs]}, region=REGION, account=ACCOUNT)
    return [job for stage in request.stages for job in stage.jobs if isinstance(job, SnapshotJob)]


def faults(*jobs: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(RequestRejected) as rejection:
        accepted(*jobs)
    return [(fault.field, fault.rule) for fault in rejection.value.faults]


def without(job: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name not in names}


def test_accepts_a_creation_and_its_deletion():
    created, deleted = accepted(CREATION | {"on_abort": "delete"}, DELETION)
    assert (created.database.db_instance, created.on_abort, created.of_job) == (
        "shop",
        "delete",
        None,
    )
    assert deleted.of_job == "create"


def test_identifiers_are_the_same_in_any_case():
    cluster = without(CREATION, "db_instance") | {"db_cluster": "Shop-EU"}
    (created,) = accepted(cluster)
    assert created.database.as_payload() == {"db_cluster": "shop-eu"}


@pytest.mark.parametrize("name", ["", "1shop", "shop-", "a--b", "a_b", "arn:aws:rds", "a" * 64])
def test_rejects_what_is_not_an_identifier_of_a_database(name):
    ((field, rule),) = faults(CREATION | {"db_instance": name})
    assert field == "stages[0].jobs[0].db_instance"
    assert rule.startswith("must be a database's identifier")


@pytest.mark.parametrize(
    "job",
    [
        without(CREATION, "db_instance"),
        CREATION | {"db_cluster": "shop"},
        CREATION | {"of": "create"},
    ],
)
def test_a_creation_names_one_database(job):
    assert faults(job) == [
        (
            "stages[0].jobs[0]",
            "with target AVAILABLE must name either db_instance or db_cluster",
        )
    ]


@pytest.mark.parametrize("job", [without(DELETION, "of"), DELETION | {"db_instance": "shop"}])
def test_a_deletion_names_an_earlier_job_only(job):
    assert faults(CREATION, job) == [
        (
            "stages[1].jobs[0]",
            "with target DELETED must name a snapshot job in of, and no database",
        )
    ]


def test_only_a_creation_is_undone_after_an_abort():
    assert faults(CREATION, DELETION | {"on_abort": "delete"}) == [
        ("stages[1].jobs[0].on_abort", "is for target AVAILABLE only")
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "campaigns", "id": "other", "campaign_ids": ["c"], "target": "PAUSED"},
        DELETION | {"id": "other"},
    ],
)
def test_deletes_the_snapshot_of_a_creation_only(other):
    ((field, rule),) = faults(CREATION, other, DELETION | {"of": "other"})
    assert field == "stages[2].jobs[0].of"
    assert rule == "must be the id of a snapshot job with target AVAILABLE; other is none"


def test_limits_how_many_are_created_and_not_how_many_are_deleted():
    creations = [CREATION | {"id": f"s{n}"} for n in range(MAX_SNAPSHOTS_PER_REQUEST + 1)]
    deletions = [DELETION | {"of": f"s{n}"} for n in range(MAX_SNAPSHOTS_PER_REQUEST)]
    request = {"stages": [{"jobs": creations[:-1]}, {"jobs": deletions}]}
    parse(request, region=REGION, account=ACCOUNT)
    with pytest.raises(RequestRejected, match="names 16 new snapshots; at most 15"):
        parse({"jobs": creations}, region=REGION, account=ACCOUNT)
