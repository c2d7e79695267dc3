"""Forty requests, each wrong in a way of its own, with the field and a part of the rule."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tests.unit.builders import (
    CLUSTER,
    SNAPSHOT,
    any_campaign_job,
    any_export_job,
)

ELSEWHERE: Final = "arn:aws:rds:eu-west-1:123456789012:snapshot:orders"


class Wrong(NamedTuple):
    """A request, the field that is wrong, and a part of what is said of it."""

    request: object
    field: str
    rule: str


def job(**fields: Any) -> dict[str, Any]:
    return any_campaign_job(**fields)


def restored(**fields: Any) -> dict[str, Any]:
    pause = {"jobs": [job(id="pause")]}
    restore = {"kind": "campaigns", "of": "pause", "target": "RESTORED"} | fields
    return {"stages": [pause, {"jobs": [restore]}]}


def snapshot(**fields: Any) -> dict[str, Any]:
    return {"kind": "snapshot", "target": "AVAILABLE", "db_instance": "shop"} | fields


WRONG: Final = (
    Wrong(None, "request", "must be a JSON object; got null"),
    Wrong([job()], "request", "must be a JSON object; got a list"),
    Wrong({}, "stages", "is missing: a request holds stages, or jobs"),
    Wrong({"stages": []}, "stages", "holds 0 stages; it takes 1 to 20"),
    Wrong({"stages": [{"jobs": [job()]}] * 21}, "stages", "holds 21 stages"),
    Wrong({"stage": [{"jobs": [job()]}]}, "stage", "did you mean stages?"),
    Wrong({"stages": [{"job": [job()]}]}, "stages[0].job", "did you mean jobs?"),
    Wrong({"jobs": "c-1"}, "jobs", 'must be a list; got "c-1"'),
    Wrong({"jobs": [job()], "run": "allways"}, "run", "did you mean always?"),
    Wrong({"jobs": [job(kind="campains")]}, "jobs[0].kind", "did you mean campaigns?"),
    Wrong({"jobs": [{"target": "PAUSED"}]}, "jobs[0].kind", "must be one of campaigns"),
    Wrong(job(target="paused"), "target", "did you mean PAUSED?"),
    Wrong(job(target="FROZEN"), "target", 'must be one of RUNNING, PAUSED'),
    Wrong(job(campaign_ids=[]), "campaign_ids", "holds 0 campaign ids; it takes 1 to 250"),
    Wrong(job(campaign_ids=["c-1", "a b"]), "campaign_ids[1]", 'got "a b"'),
    Wrong(job(campaign_ids=["c-1", 5]), "campaign_ids[1]", "must be text; got 5"),
    Wrong(job(campaign_id="c-1"), "campaign_id", "did you mean campaign_ids?"),
    Wrong(job(api_version="v3"), "api_version", 'must be one of v1, v2; got "v3"'),
    Wrong(job(of="pause"), "request", "exactly one of campaign_ids, select, of"),
    Wrong(job(deadline_seconds="3600"), "deadline_seconds", "without quotes"),
    Wrong(job(deadline_seconds=5), "deadline_seconds", "must be at least 60; got 5"),
    Wrong(job(on_abort="restored"), "on_abort", "did you mean restore?"),
    Wrong(job(target="STOPPED", on_abort="restore"), "on_abort", "only for the targets"),
    Wrong(job(target="RUNNING", if_ended="accept"), "if_ended", "only for the targets"),
    Wrong(job(dry_run="yes"), "dry_run", "must be true or false"),
    Wrong(job(correlation_id=""), "correlation_id", "1 to 128 printable characters"),
    Wrong(job(description="two\nlines"), "description", "without line breaks"),
    Wrong(restored(of="puase"), "stages[1].jobs[0].of", "did you mean pause?"),
    Wrong(restored(on_abort="restore"), "stages[1].jobs[0].on_abort", "that is to be undone"),
    Wrong({"stages": [{"jobs": [job(id="1st")]}]}, "stages[0].jobs[0].id", "the first a letter"),
    Wrong(any_export_job(source_arn="orders"), "source_arn", 'got "orders"'),
    Wrong(any_export_job(source_arn=SNAPSHOT.replace(":snapshot:", ":db:")), "source_arn",
          "DB instance, which RDS does not export"),
    Wrong(any_export_job(source_arn=ELSEWHERE), "source_arn", "Region eu-west-1"),
    Wrong(any_export_job(export_only=["a.b.c.d"]), "export_only[0]", "database.schema.table"),
    Wrong(any_export_job(s3_prefix="/a"), "s3_prefix", "no slash at either end"),
    Wrong(any_export_job(bucket="mine"), "bucket", "is configured on the stack"),
    Wrong(any_export_job(source={"db_instance": "shop"}), "source", "beside source_arn"),
    Wrong({"kind": "export", "target": "CANCELED", "source": {"db_cluster": "shop"}}, "source",
          "if the target is CANCELED"),
    Wrong(snapshot(db_cluster="shop"), "request", "either db_instance or db_cluster"),
    Wrong(snapshot(db_instance="-shop"), "db_instance", 'got "-shop"'),
    Wrong({"jobs": [any_export_job(), any_export_job(source_arn=ELSEWHERE)]},
          "jobs[1].source_arn", "Region eu-west-1"),
    Wrong({"clean_up": {"execution_arn": CLUSTER}}, "clean_up.execution_arn",
          "must be an execution ARN"),
    Wrong({"detail-type": "Orchestration Requested", "detail": job(target="STOPED")}, "target",
          "did you mean STOPPED?"),
)  # fmt: skip
