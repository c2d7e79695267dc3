"""Without a world file, all that the requests name exists."""

from __future__ import annotations

from typing import Any

from localcloud.plain_world import plain_world, world_of
from localcloud.world import World

RDS = "arn:aws:rds:us-east-1:123456789012"
ORDERS = f"{RDS}:snapshot:orders"


def test_a_named_campaign_is_running_and_a_watched_one_ends() -> None:
    job = {"kind": "campaigns", "campaign_ids": ["a", "b"], "target": "PAUSED"}
    watch = job | {"campaign_ids": ["b"], "target": "FINISHED"}
    world = plain_world([{"stages": [{"jobs": [job]}, {"jobs": [watch]}]}])
    assert [(one.id, one.state, one.completes_after_s) for one in world.campaigns] == [
        ("a", "Running", None),
        ("b", "Running", 3600.0),
    ]


def test_a_source_is_being_exported_if_it_is_only_to_be_canceled() -> None:
    cancel = {"kind": "export", "source_arn": ORDERS, "target": "CANCELED"}
    assert [one.source_arn for one in plain_world([cancel]).exports] == [ORDERS]
    both = plain_world([cancel, cancel | {"target": "COMPLETE"}])
    assert [one.arn for one in both.snapshots] == [ORDERS]
    assert both.exports == ()


def test_a_request_that_will_be_rejected_has_no_world() -> None:
    assert plain_world([{"kind": "nothing"}, 7]) == World()


def test_what_is_selected_exists_in_each_state_that_is_asked_for() -> None:
    select = {"instance_id": "sales", "states": ["Running", "Paused"], "tags": {"a": "b"}}
    job = {"target": "PAUSED", "api_version": "v1", "select": select | {"name_prefix": "Sale "}}
    campaigns = world_of([job]).campaigns
    assert [one.state for one in campaigns] == ["Running", "Running", "Paused", "Paused"]
    for one in campaigns:
        assert (one.api_version, one.instance_id, one.tags) == ("v1", "sales", {"a": "b"})
        assert one.name
        assert one.name.startswith("Sale ")


def test_databases_and_young_snapshots_exist() -> None:
    jobs: list[dict[str, Any]] = [
        {"target": "AVAILABLE", "db_instance": "shop"},
        {"target": "COMPLETE", "source": {"db_instance": "Shop", "type": "any"}},
        {
            "target": "COMPLETE",
            "source": {"db_cluster": "crm", "type": "manual", "max_age_seconds": 600},
        },
        {"target": "DELETED", "of": "shop"},
    ]
    world = world_of(jobs)
    assert [(one.kind, one.id) for one in world.databases] == [
        ("instance", "shop"),
        ("cluster", "crm"),
    ]
    assert [(one.arn, one.type, one.created_at_s) for one in world.snapshots] == [
        (f"{RDS}:snapshot:rds:shop-2025-12-31-23-00", "automated", -1800.0),
        (f"{RDS}:cluster-snapshot:crm-by-hand", "manual", -300.0),
    ]
