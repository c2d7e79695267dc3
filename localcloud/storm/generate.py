"""Draws a scenario from a seed: small worlds, and requests that compete for the same resources."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from infra.project import ROOT
from localcloud.storm.scenario import (
    ENDS,
    LOST,
    MUTATION,
    NOTE,
    SETTINGS,
    Json,
    Mishap,
    Scenario,
    Sent,
)

Value = TypeVar("Value")

HOME: Final = "us-east-1:123456789012"
STATES: Final = ("Initialized", "Running", "Running", "Running", "Paused", "Stopped", "Failed")
TARGETS: Final = ("RUNNING", "PAUSED", "PAUSED", "STOPPED", "DELETED", "FINISHED")
INSTANCES: Final = ("north", "south")
TEAMS: Final = ("sales", "care")
SEASONS: Final = ("spring", "autumn")
TABLES: Final[tuple[list[str], ...]] = ([], [], ["shop.orders"], ["shop.orders", "shop.customers"])
DEADLINES: Final = (60, 300, 1_800, 3_600, 7_200)
DATABASES: Final[tuple[Json, ...]] = (
    {"db_instance": "shop"},
    {"db_instance": "shop"},
    {"db_cluster": "books"},
)

CAMPAIGN_MUTATIONS: Final = tuple(
    f"{verb}Campaign" for verb in ("Start", "Pause", "Resume", "Stop", "Delete")
)
CAMPAIGN_READS: Final = ("GetCampaignStateBatch", "GetCampaignStateBatch", "ListCampaigns")
CAMPAIGN_READ_ERRORS: Final[tuple[str, ...]] = (
    "lost_response",
    "lost_response",
    "ThrottlingException",
    "InternalServerException",
    "ServiceUnavailableException",
)
CAMPAIGN_ERRORS: Final = (*CAMPAIGN_READ_ERRORS, "ConflictException")
"""No read has a conflict in botocore's models."""
RDS_CALLS: Final = (
    "StartExportTask",
    "CancelExportTask",
    "DescribeExportTasks",
    "DescribeDBInstances",
    "DescribeDBClusters",
    "DescribeDBSnapshots",
    "DescribeDBClusterSnapshots",
    "CreateDBSnapshot",
    "CreateDBClusterSnapshot",
    "DeleteDBSnapshot",
    "DeleteDBClusterSnapshot",
)
RDS_ERRORS: Final = (
    "lost_response",
    "lost_response",
    "Throttling",
    "ThrottlingException",
    "InternalFailure",
    "ServiceUnavailable",
)
READS: Final = ("GetCampaignStateBatch", "DescribeExportTasks", "DescribeDBSnapshots")
CREATIONS: Final = ("StartExportTask", "StartExportTask", "CreateDBSnapshot")
TABLE_CALLS: Final = ("GetItem", "PutItem", "UpdateItem", "Query", "DeleteItem")
TABLE_ERRORS: Final = (
    LOST,
    LOST,
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
)
OWN: Final = "own"
"""How the names of resources begin that one request alone is about."""

EVENTS: Final = ("*", "*", "RDS-EVENT-0161", "RDS-EVENT-0162", "RDS-EVENT-0042", "PauseCampaign")


def scenario(seed: int) -> Scenario:
    """Return the scenario of a seed."""
    draw = random.Random(f"storm {seed}")
    world = _world(draw)
    sent: list[Sent] = []
    mishaps: list[Mishap] = []
    for number in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        end = _end(draw, number) if draw.random() < 0.4 else None
        if isinstance(end, Mishap):
            mishaps.append(end)
        if sent and draw.random() < 0.1:  # as who sends twice, under another name
            sent.append(sent[-1]._replace(at_s=sent[-1].at_s + draw.choice((0, 1, 40))))
            continue
        sent.append(_sent(draw, world, number, end))
    mishaps += _mishaps(draw)
    return Scenario(seed, world, tuple(sent), draw.randrange(len(SETTINGS)), tuple(mishaps))


def _end(draw: random.Random, number: int) -> Mishap | float:
    """Return when a request ends before its time: by what it does, or by the clock."""
    if draw.random() < 0.4:
        ways = (1.0, float(draw.randint(0, 60)), 150.0, round(draw.uniform(0, 1_500), 1))
        return draw.choice(ways)
    if draw.random() < 0.08:
        return Mishap("ABORTED", "PutEvents", is_after=True, number=number)
    operation = draw.choice((MUTATION, MUTATION, MUTATION, NOTE, NOTE, *CREATIONS))
    return Mishap(
        what=draw.choice((*ENDS[:1] * 6, *ENDS[1:])),
        operation=operation,
        nth=1 if operation in CREATIONS else draw.choice((1, 1, 1, 2, 2, 3)),
        is_after=draw.random() < 0.75,
        number=number,
    )


def _mishaps(draw: random.Random) -> Iterator[Mishap]:
    """Yield what goes wrong with functions, with the table and with the event bus."""
    for _ in range(draw.choice((0, 0, 0, 1, 2))):
        yield Mishap(
            what=draw.choice(("kill", "kill", "kill", "hang")),
            operation=draw.choice((MUTATION, MUTATION, NOTE, NOTE, *READS, *TABLE_CALLS)),
            nth=draw.choice((1, 1, 2, 3, 5, 8)),
            is_after=draw.random() < 0.6,
        )
    for _ in range(draw.choice((0, 0, 0, 1, 2))):
        what = draw.choice(TABLE_ERRORS)
        yield Mishap(
            what=what,
            operation=draw.choice((*TABLE_CALLS, NOTE)),
            nth=draw.choice((1, 1, 2, 4, 8)),
            is_after=what == LOST,
            times=draw.choice((1, 1, 2, 3)),
        )
    if draw.random() < 0.15:
        nth, times = draw.choice((1, 2)), draw.choice((1, 2))
        yield Mishap("FailedEntry", "PutEvents", nth=nth, times=times)


def _some(draw: random.Random, chance: float, **fields: object) -> Json:
    """Return each field with a chance; a sequence stands for one of its values."""
    return {name: _one(draw, value) for name, value in fields.items() if draw.random() < chance}


def _one(draw: random.Random, value: object) -> object:
    return draw.choice(value) if isinstance(value, tuple) else value


def _world(draw: random.Random) -> Json:
    campaigns = 30 if draw.random() < 0.04 else draw.randint(1, 9)
    world: Json = {
        "campaigns": [_campaign(draw, number) for number in range(campaigns)],
        "databases": [
            {"id": "shop", "kind": "instance"} | _database(draw),
            {"id": "books", "kind": "cluster"} | _database(draw),
        ],
        "snapshots": [_snapshot(draw, number) for number in range(draw.randint(1, 4))],
        "limits": {"concurrent_exports": draw.choice((1, 2, 5, 5))}
        | _some(draw, 0.1, manual_snapshots=(1, 3)),
    }
    if draw.random() < 0.3:
        world["snapshots"].append({"arn": _arn("cluster", "books")} | _course(draw))
    world["exports"] = _exports(draw, world["snapshots"])
    is_stormy = draw.random() < 0.75
    world["faults"] = [_fault(draw, world) for _ in range(draw.randint(1, 6) if is_stormy else 0)]
    has_rivals = draw.random() < 0.5
    world["actions"] = [
        _action(draw, world) for _ in range(draw.randint(1, 5) if has_rivals else 0)
    ]
    return world | _some(draw, 0.1, tagging_knows_v2=False, awsbackup_listed_by_default=True)


def _campaign(draw: random.Random, number: int) -> Json:
    version = draw.choice(("v2", "v2", "v2", "v2", "v1"))
    ends = ("Completed",) if version == "v2" else ()
    campaign: Json = {
        "id": f"c-{number}",
        "name": f"{draw.choice(SEASONS)}-{number}",
        "instance_id": draw.choice(INSTANCES),
        "state": draw.choice((*STATES, *ends)),
        "api_version": version,
    }
    campaign |= _some(draw, 0.8, tags=({"team": "sales"}, {"team": "care"}))
    campaign |= _some(draw, 0.1, completes_after_s=(1, 20, 100, 1_000), fails_after_s=(30, 600))
    campaign |= _some(draw, 0.3, deletion_s=(0, 5, 300, 2_500))
    campaign |= _some(draw, 0.1, delete_while_active=("accept", "ConflictException"))
    campaign |= _some(draw, 0.05, exists_from_s=(5, 200))
    if version == "v2":
        campaign |= _some(draw, 0.05, schedule_end_s=(10, 500))
    return campaign


def _course(draw: random.Random) -> Json:
    """Return how exports of a source proceed."""
    course: Json = {"starting_s": draw.choice((0, 30, 300)), "export_s": draw.choice((0, 60, 900))}
    course |= _some(draw, 0.25, outcome=("FAILED", ["FAILED", "COMPLETE"]), canceling_s=(0, 100))
    course |= _some(draw, 0.1, fails_in="STARTING", warning="Some tables were skipped.")
    course |= _some(draw, 0.1, failure_cause=("The S3 bucket is full.", "Access Denied"))
    course |= _some(draw, 0.15, cancel_outcome="COMPLETE", cooldown_s=(10, 200))
    return course


def _database(draw: random.Random) -> Json:
    database = _course(draw) | {"snapshot_s": draw.choice((0, 60, 300, 1_200))}
    database |= _some(draw, 0.15, available_from_s=(60, 900), snapshot_deletion_s=(0, 300))
    if "available_from_s" in database or draw.random() < 0.05:
        database["state"] = draw.choice(("modifying", "stopped", "an-unknown-status"))
    database |= _some(draw, 0.1, snapshot_outcome=("failed", ["failed", "available"]))
    return database | _some(draw, 0.15, snapshot_listed_after_s=(5, 90), backing_up=(False, True))


def _snapshot(draw: random.Random, number: int) -> Json:
    kind, of = draw.choice(
        (("snapshot", "shop"), ("snapshot", "shop"), ("cluster-snapshot", "books"))
    )
    field = "db_instance" if kind == "snapshot" else "db_cluster"
    snapshot: Json = {"arn": _arn(kind, f"s-{number}"), field: of} | _course(draw)
    snapshot |= _some(draw, 0.4, type=("automated", "awsbackup"))
    if draw.random() < 0.4:
        snapshot["created_at_s"] = draw.choice((-100_000, -5_000, -600, 30, 400, 3_000))
        snapshot |= _some(draw, 0.5, creating_s=(60, 500))
    snapshot |= _some(draw, 0.1, status=("failed", "incompatible-restore", "an-unknown-status"))
    return snapshot | _some(draw, 0.1, deletion_s=(0, 400))


def _exports(draw: random.Random, sources: Sequence[Json]) -> list[Json]:
    exports = []
    for number, source in enumerate(sources):
        if draw.random() < 0.35:
            status = draw.choice(("STARTING", "IN_PROGRESS", "IN_PROGRESS", "COMPLETE", "FAILED"))
            export: Json = {
                "export_id": f"before-{number}",
                "source_arn": source["arn"],
                "status": status,
                "s3_prefix": draw.choice(("exports", "exports", "exports", "elsewhere")),
                "export_only": draw.choice((*TABLES, [], [])),
                "age_s": draw.choice((0, 20, 50)),
            }
            exports.append(export | _some(draw, 0.3, s3_bucket="a-bucket-of-others"))
    return exports


def _fault(draw: random.Random, world: Json) -> Json:
    way = draw.random()
    if way < 0.2:
        drop, delay_s, duplicates = draw.choice(((1, 0, 0), (0.5, 0, 0), (0, 200, 0), (0, 0, 2)))
        event = draw.choice(EVENTS)
        return {"event": event, "drop": drop, "delay_s": delay_s, "duplicates": duplicates}
    often: Json = draw.choice(
        ({"times": 1}, {"times": 1}, {"times": 3}, {"times": 12}, {"rate": 0.2}, {"rate": 0.5})
    )
    if way < 0.65:
        operation = draw.choice((*CAMPAIGN_MUTATIONS, *CAMPAIGN_MUTATIONS, *CAMPAIGN_READS))
        errors = CAMPAIGN_ERRORS if operation in CAMPAIGN_MUTATIONS else CAMPAIGN_READ_ERRORS
        if operation == "GetCampaignStateBatch":
            errors = (*errors, "UnknownError", "UnknownError")
        fault = {"operation": operation, "error": draw.choice(errors)} | often
        if operation != "ListCampaigns" and draw.random() < 0.5:
            fault["campaign_id"] = draw.choice(world["campaigns"])["id"]
            if operation in CAMPAIGN_MUTATIONS and draw.random() < 0.1:
                fault = {**fault, "error": "AccessDeniedException"}
        return fault
    return {"operation": draw.choice(RDS_CALLS), "error": draw.choice(RDS_ERRORS)} | often


def _action(draw: random.Random, world: Json) -> Json:
    """Return what another caller does."""
    action: Json = {"at_s": draw.choice((0, 1, 2, 5, round(draw.uniform(0, 400), 1)))}
    way = draw.random()
    if way < 0.7:
        action["operation"] = draw.choice((*CAMPAIGN_MUTATIONS, "FailCampaign", "CreateCampaign"))
        action["campaign_id"] = draw.choice(_shared(world))["id"]
        return action | _some(draw, 0.1, every_s=(37, 400))
    source = draw.choice(_shared_sources(world))["arn"]
    if way < 0.85 or ":cluster:" in source:
        return action | {"operation": "CancelExportTask", "source_arn": source}
    return action | {"operation": "DeleteSnapshot", "arn": source}


def _sent(draw: random.Random, world: Json, number: int, end: Mishap | float | None) -> Sent:
    at_s = draw.choice((0, 0, 1, 5, draw.randint(0, 300)))
    again_after_s = draw.choice((0, 2, 500)) if draw.random() < 0.08 else None
    is_typical = draw.random() < 0.4
    request = _typical(draw, world, number) if is_typical else _request(draw, world)
    if end is not None:
        for stage in request["stages"]:
            for job in stage["jobs"]:
                job.update(_on_abort(draw, job))
    return Sent(request, at_s, end if isinstance(end, float) else None, again_after_s)


def _on_abort(draw: random.Random, job: Json) -> Json:
    """Return what becomes of a job of a request that ends before its time: most are undone."""
    undone = {
        ("campaigns", "PAUSED"): "restore",
        ("campaigns", "RUNNING"): "restore",
        ("export", "COMPLETE"): "cancel",
        ("snapshot", "AVAILABLE"): "delete",
    }.get((job["kind"], job["target"]))
    return _some(draw, 0.8, on_abort=undone) if undone else {}


def _typical(draw: random.Random, world: Json, number: int) -> Json:
    """Return a request about resources of its own, which it changes and then restores."""
    campaigns = [
        {
            "id": f"{OWN}-{number}-{each}",
            "name": f"{OWN}-{number}-{each}",
            "instance_id": OWN,
            "state": draw.choice(("Running", "Running", "Paused")),
            "api_version": "v2",
        }
        for each in range(draw.randint(1, 3))
    ]
    world["campaigns"] += campaigns
    source: Json = {"arn": _arn("snapshot", f"{OWN}-{number}")} | _course(draw)
    source["export_s"] = draw.choice((60, 900, 900))
    world["snapshots"].append(source)
    change: Json = {
        "id": "change",
        "kind": "campaigns",
        "campaign_ids": [each["id"] for each in campaigns],
        "target": draw.choice(("PAUSED", "PAUSED", "RUNNING")),
    }
    change |= _some(draw, 0.5, on_abort="restore")
    export = {"kind": "export", "source_arn": source["arn"], "target": "COMPLETE"}
    between: list[Json] = [
        export,
        {"kind": "snapshot", "target": "AVAILABLE", "deadline_seconds": 7_200}
        | draw.choice(DATABASES),
        {
            "kind": "campaigns",
            "campaign_ids": [draw.choice(world["campaigns"])["id"]],
            "target": "FINISHED",
            "deadline_seconds": 60,
        },
    ]
    stages: list[Json] = [{"jobs": [change]}]
    if draw.random() < 0.8:
        jobs = draw.sample(between, draw.choice((1, 2, 2, 3)))
        stages.append({"run": "always", "jobs": jobs})
    if draw.random() < 0.8:
        restore = {"kind": "campaigns", "of": "change", "target": "RESTORED"}
        stages.append({"run": "always", "jobs": [restore]})
    return {"stages": stages}


def _request(draw: random.Random, world: Json) -> Json:
    stages: list[Json] = []
    earlier: list[Json] = []
    for number in range(draw.choice((1, 2, 2, 3, 4))):
        jobs = [
            _job(draw, world, earlier, f"j{number}-{place}")
            for place in range(draw.choice((1, 1, 2, 3)))
        ]
        stage: Json = {"jobs": jobs}
        stages.append(stage | _some(draw, 0.7, run=("always", "always", "on_success")))
        earlier += jobs
    restorable = _restorable(earlier)
    if restorable and draw.random() < 0.6:  # as the typical request ends
        stages.append({"run": "always", "jobs": [{"id": "last"} | _restore(draw, restorable)]})
    request: Json = {"stages": stages}
    request |= _some(draw, 0.2, description="a storm", correlation_id="storm-1")
    if draw.random() < 0.12:
        request["dry_run"] = True
    if draw.random() < 0.02:
        request["stages"][-1]["jobs"][0]["targets"] = "PAUSED"  # is rejected
    return request


def _job(draw: random.Random, world: Json, earlier: list[Json], job_id: str) -> Json:
    way = draw.random()
    if way < 0.55:
        job = _campaign_job(draw, world, earlier)
    elif way < 0.8:
        job = _export_job(draw, world, earlier)
    else:
        job = _snapshot_job(draw, earlier)
    # Few jobs wait for a day for a database that never becomes available.
    deadline = _some(draw, 0.95 if way >= 0.8 else 0.5, deadline_seconds=DEADLINES)
    if job["target"] == "FINISHED":
        deadline = {"deadline_seconds": draw.choice(DEADLINES)}
    return {"id": job_id} | job | deadline


def _campaign_job(draw: random.Random, world: Json, earlier: list[Json]) -> Json:
    job: Json = {"kind": "campaigns", "target": draw.choice(TARGETS)}
    before = [each for each in earlier if each["kind"] == "campaigns"]
    restorable = _restorable(earlier)
    if restorable and draw.random() < 0.3:
        return _restore(draw, restorable)
    if job["target"] in ("PAUSED", "STOPPED"):
        job |= _some(draw, 0.4, if_ended="accept")
    if job["target"] in ("PAUSED", "RUNNING"):
        job |= _some(draw, 0.5, on_abort="restore")
    if before and draw.random() < 0.15:
        of = draw.choice(before)
        return job | {"of": of["id"]} | _version(of)
    version = draw.choice(("v2", "v2", "v2", "v2", "v1"))
    if version == "v1":
        job["api_version"] = version
    if draw.random() < 0.35:
        return job | {"select": _select(draw)}
    ids = [each["id"] for each in _shared(world) if each["api_version"] == version]
    ids = draw.sample(ids, draw.randint(1, len(ids))) if ids else ["c-0"]
    if draw.random() < 0.1:
        ids = [*ids, "never-existed", ids[0]]
    return job | {"campaign_ids": ids}


def _shared(world: Json) -> list[Json]:
    """Return the campaigns that any request, and any other caller, may be about."""
    return [each for each in world["campaigns"] if not each["id"].startswith(OWN)]


def _shared_sources(world: Json) -> list[Json]:
    found = [each for each in world["snapshots"] if f":{OWN}-" not in each["arn"]]
    return found[:2] if len(found) > 2 else found  # few, so that exports meet


def _restorable(earlier: Sequence[Json]) -> list[Json]:
    campaigns = [each for each in earlier if each["kind"] == "campaigns"]
    return [each for each in campaigns if each["target"] in ("RUNNING", "PAUSED")]


def _restore(draw: random.Random, restorable: Sequence[Json]) -> Json:
    of = draw.choice(restorable)
    return {"kind": "campaigns", "target": "RESTORED", "of": of["id"]} | _version(of)


def _version(job: Json) -> Json:
    return {name: job[name] for name in ("api_version",) if name in job}


def _select(draw: random.Random) -> Json:
    every: Json = {
        "instance_id": draw.choice(INSTANCES),
        "states": draw.sample(["Running", "Paused", "Stopped"], draw.randint(1, 3)),
        "name_prefix": draw.choice(SEASONS),
        "tags": {"team": draw.choice(TEAMS)},
    }
    select = {name: every[name] for name in draw.sample(sorted(every), draw.randint(1, 2))}
    if list(select) == ["states"]:
        select["instance_id"] = every["instance_id"]  # not those of one request alone
    return select | _some(draw, 0.1, at_most=(1, 3))


def _export_job(draw: random.Random, world: Json, earlier: list[Json]) -> Json:
    job: Json = {"kind": "export", "target": draw.choice(("COMPLETE", "COMPLETE", "CANCELED"))}
    job |= _some(draw, 0.25, export_only=TABLES)
    job |= _some(draw, 0.05, export_id=("nightly", "weekly"), s3_prefix=("sales", "care"))
    if job["target"] == "COMPLETE":
        job |= _some(draw, 0.4, max_attempts=(2, 3), on_abort="cancel", on_deadline="cancel")
    created = [
        each for each in earlier if each["kind"] == "snapshot" and each["target"] == "AVAILABLE"
    ]
    if _has_sources() and job["target"] == "COMPLETE" and draw.random() < 0.4:
        if created and draw.random() < 0.5:
            return job | {"source": {"of": draw.choice(created)["id"]}}
        source = dict(draw.choice(DATABASES))
        source |= _some(
            draw, 0.4, type=("any", "automated", "manual"), max_age_seconds=(600, 7_200)
        )
        return job | {"source": source}
    return job | {"source_arn": draw.choice(_shared_sources(world))["arn"]}


def _snapshot_job(draw: random.Random, earlier: list[Json]) -> Json:
    created = [
        each for each in earlier if each["kind"] == "snapshot" and each["target"] == "AVAILABLE"
    ]
    if created and draw.random() < 0.5:
        return {"kind": "snapshot", "of": draw.choice(created)["id"], "target": "DELETED"}
    job = {"kind": "snapshot", "target": "AVAILABLE"} | draw.choice(DATABASES)
    return job | _some(draw, 0.4, on_abort="delete")


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:rds:{HOME}:{kind}:{name}"


@cache
def _has_sources() -> bool:
    """Return whether export jobs may name a database as their source."""
    path = ROOT / "docs" / "schemas" / "request.schema.json"
    definitions: dict[str, Any] = json.loads(path.read_text("utf-8"))["$defs"]
    return "source" in definitions["ExportJob"]["properties"]
