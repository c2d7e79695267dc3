"""What an export job may say of its source, and what becomes of it before its first pass."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.exports.contract import ExportJob
from lambdas.exports.resolve import resolve
from lambdas.exports.work import ExportWork
from lambdas.jobs.phases import Phase
from lambdas.jobs.registry import kind_named
from lambdas.jobs.resolution import Context, entry_of_job
from lambdas.jobs.resource_result import Entry
from lambdas.requests.acceptance import RequestRejected, parse
from tests.unit.builders import ACCOUNT, CLUSTER_SNAPSHOT, EXECUTION, NOW, REGION, SNAPSHOT

EXPORT = {"kind": "export", "target": "COMPLETE"}


def parsed(**job: Any) -> ExportJob:
    request = parse(EXPORT | job, region=REGION, account=ACCOUNT)
    ((found,),) = (stage.jobs for stage in request.stages)
    assert isinstance(found, ExportJob)
    return found


def faults(**job: Any) -> dict[str, str]:
    with pytest.raises(RequestRejected) as rejected:
        parsed(**job)
    return {fault.field: fault.rule for fault in rejected.value.faults}


@pytest.mark.parametrize(
    "source",
    [
        {"db_instance": "shop"},
        {"db_cluster": "Shop-2", "type": "automated", "max_age_seconds": 1},
        {"db_instance": "shop", "type": "awsbackup"},
        {"db_instance": "shop", "snapshot_arn": SNAPSHOT},
        {"db_cluster": "shop", "snapshot_arn": CLUSTER_SNAPSHOT},
    ],
)
def test_a_source_is_planned_as_it_was_requested(source):
    job = parsed(source=source)
    (work,) = kind_named("export").plan(job, "0.0")
    assert isinstance(work, ExportWork)
    assert work.job.source_arn is None
    assert work.job.query is not None
    database = source.get("db_instance") or source["db_cluster"]
    assert work.job.resource == database.lower()
    requested = {name: value.lower() if name.startswith("db_") else value
                 for name, value in source.items()}  # fmt: skip
    assert work.job.query.as_requested() == requested


@pytest.mark.parametrize(
    ("job", "field", "words"),
    [
        ({}, "source_arn", "is missing: a job names its source by source_arn, or by source"),
        (
            {"source_arn": SNAPSHOT, "source": {"db_instance": "shop"}},
            "source",
            "must not be given beside source_arn",
        ),
        ({"source": {}}, "source", "must have exactly one of db_instance, db_cluster, of; got 0"),
        ({"source": {"db_instance": "a", "db_cluster": "b"}}, "source", "got 2"),
        ({"source": {"db_instance": "a", "of": "b"}}, "source", "got 2"),
        ({"source": {"db_instance": "a--b"}}, "source.db_instance", "must be a database's"),
        ({"source": {"db_instance": SNAPSHOT}}, "source.db_instance", "must be a database's"),
        ({"source": {"db_instance": "a" * 64}}, "source.db_instance", "must be a database's"),
        ({"source": {"db_instnce": "a"}}, "source.db_instnce", "did you mean db_instance?"),
        ({"source": {"db_instance": "a", "type": "auto"}}, "source.type", "must be one of any,"),
        (
            {"source": {"db_instance": "a", "max_age_seconds": 0}},
            "source.max_age_seconds",
            "must be at least 1",
        ),
        (
            {"source": {"db_instance": "a", "max_age_seconds": 31_622_401}},
            "source.max_age_seconds",
            "must be at most 31622400",
        ),
        (
            {"source": {"db_instance": "a", "max_age_seconds": "3600"}},
            "source.max_age_seconds",
            "must be a whole number of seconds",
        ),
        (
            {"source": {"of": "snap", "max_age_seconds": 60}},
            "source.max_age_seconds",
            "`of` is one snapshot",
        ),
        (
            {"source": {"of": "snap", "snapshot_arn": SNAPSHOT}},
            "source.snapshot_arn",
            "is for db_instance and db_cluster",
        ),
        (
            {"source": {"db_instance": "a", "type": "any", "snapshot_arn": SNAPSHOT}},
            "source.type",
            "does not go with snapshot_arn",
        ),
        (
            {"source": {"db_cluster": "a", "snapshot_arn": SNAPSHOT}},
            "source.snapshot_arn",
            "must be the ARN of a cluster-snapshot",
        ),
        (
            {"source": {"db_instance": "a", "snapshot_arn": SNAPSHOT.replace(REGION, "eu-west-1")}},
            "source.snapshot_arn",
            "is in account",
        ),
        (
            {"source": {"db_instance": "a"}, "target": "CANCELED"},
            "source",
            "must be source_arn, or name a job by `of`",
        ),
        ({"source": {"of": "snap"}}, "source.of", "must be the id of a job of an earlier stage"),
    ],
)
def test_a_source_that_breaks_a_rule_is_a_fault_at_its_field(job, field, words):
    found = faults(**job)
    assert list(found) == [field], found
    assert words in found[field]


@pytest.mark.parametrize(
    "earlier", [EXPORT | {"source_arn": SNAPSHOT}, EXPORT | {"source": {"db_instance": "a"}}]
)
def test_only_the_snapshot_of_a_snapshot_job_is_exported(earlier):
    stages = [
        {"jobs": [earlier | {"id": "snap"}]},
        {"jobs": [EXPORT | {"source": {"of": "snap"}}]},
    ]
    with pytest.raises(RequestRejected) as rejected:
        parse({"stages": stages}, region=REGION, account=ACCOUNT)
    (fault,) = rejected.value.faults
    assert fault.field == "stages[1].jobs[0].source.of"
    assert fault.rule == "must be the id of a snapshot job with target AVAILABLE; snap is none"


@pytest.mark.parametrize("target", ["COMPLETE", "CANCELED"])
def test_a_job_that_names_an_earlier_one_is_deferred(target):
    job = ExportJob(kind="export", target=target, source={"of": "snap"})  # type: ignore[arg-type]
    assert kind_named("export").deferred(job)
    assert job.of_job == "snap"
    assert not kind_named("export").deferred(parsed(source={"db_instance": "shop"}))
    assert parsed(source={"db_instance": "shop"}).of_job is None


def made(label: str = "snap", phase: Any = Phase.COMPLETE, kind: str = "snapshot") -> Entry:
    entry = entry_of_job(
        label, kind=kind, target="AVAILABLE", phase=phase, reason="any", message="", now=NOW
    )
    details = {"created_at": "2026-11-21T03:00:00.000Z"}
    return entry.replace(id=SNAPSHOT, details=details, final_state="available")


def resolved(*entries: Entry) -> Any:
    job = ExportJob.model_validate(EXPORT | {"id": "copy", "source": {"of": "snap"}})
    return resolve(job, "1.0", Context(EXECUTION, entries, NOW, 15))


def test_the_snapshot_of_an_earlier_job_is_exported():
    found = resolved(made("other"), made())
    (work,) = found.work
    assert found.entries == ()
    assert (work.job.source_arn, work.job.query) == (SNAPSHOT, None)
    assert (work.key, work.job_label) == ("1.0.0", "copy")
    entry = work.fail_all(reason="Any", message="", now=NOW).entries[0]
    assert entry.details == {
        "source": {"of": "snap"},
        "snapshot_created_at": "2026-11-21T03:00:00.000Z",
    }


def test_a_dry_run_plans_the_export_of_a_snapshot_that_would_be_made():
    planned = made(phase=Phase.PLANNED)
    assert resolved(planned.replace(final_state="available")).work
    assert not resolved(planned.replace(final_state=None)).work


@pytest.mark.parametrize(
    "entries", [(), (made("other"),), (made(phase=Phase.FAILED),), (made(kind="export"),)]
)
def test_without_the_earlier_jobs_snapshot_there_is_nothing_to_export(entries):
    found = resolved(*entries)
    assert found.work == ()
    (entry,) = found.entries
    assert (entry.id, entry.job, entry.phase, entry.reason) == (
        "copy",
        "copy",
        Phase.FAILED,
        "NoSnapshot",
    )
    assert entry.details["source"] == {"of": "snap"}
