"""Requests and worlds for the workflow tests."""

from __future__ import annotations

from typing import Any

SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:snapshot:orders"
CLUSTER_SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:orders"


def campaigns(target: str, *ids: str, **more: Any) -> dict[str, Any]:
    return {"kind": "campaigns", "target": target, "campaign_ids": list(ids or ("c-1",)), **more}


def export(target: str = "COMPLETE", source_arn: str = SNAPSHOT, **more: Any) -> dict[str, Any]:
    return {"kind": "export", "target": target, "source_arn": source_arn, **more}


def stages(*jobs: dict[str, Any], last_always: bool = False) -> dict[str, Any]:
    """One job per stage."""
    listed: list[dict[str, Any]] = [{"jobs": [job]} for job in jobs]
    if last_always:
        listed[-1]["run"] = "always"
    return {"stages": listed}


def campaign(campaign_id: str = "c-1", state: str = "Running", **more: Any) -> dict[str, Any]:
    return {"id": campaign_id, "state": state, **more}


def snapshot(arn: str = SNAPSHOT, **more: Any) -> dict[str, Any]:
    return {"arn": arn, "starting_s": 60, "export_s": 120, **more}
