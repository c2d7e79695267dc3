"""Which events of new snapshots start the machine if the settings name databases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from tests.infra.stack_parts import Template, of_type
from tools.synthesis import synthesise, template_of

INSTANCE, CLUSTER = ("RDS-EVENT-0042", "RDS-EVENT-0091"), ("RDS-EVENT-0075", "RDS-EVENT-0169")
MAX_PATTERN = 2_048
"""Characters of an event pattern. Source: EventBridge user guide, quotas."""


@pytest.fixture(scope="module")
def template() -> Template:
    exports = [
        {"source_prefix": "p" * 63},
        *({"db_instance": f"shop-{number}".ljust(63, "x")} for number in range(7)),
        {"db_instance": "shop"},
        {"db_cluster": "books"},
    ]
    return template_of(synthesise({"snapshot_exports": exports}))


def pattern(template: Template, rule: str) -> str:
    (found,) = (
        template["Resources"][name]["Properties"]["EventPattern"]
        for name in of_type(template, "AWS::Events::Rule")
        if name[:-8].endswith(rule)
    )
    return json.dumps(found, separators=(",", ":"))


def matches(template: Template, event_id: str, name: str, rule: str = "SnapshotCreated") -> bool:
    detail = {"EventID": event_id, "SourceIdentifier": name, "SourceArn": f"any:{name}"}
    event: Any = {"source": "aws.rds", "detail": detail}
    return bool(EventPattern.load(pattern(template, rule)).matches_event(event))


@pytest.mark.parametrize(
    ("name", "event_ids"),
    [
        ("rds:shop-2026-11-21-03-00", INSTANCE),
        ("rds:books-2026-11-21-03-00", CLUSTER),
        ("awsbackup:job-1", INSTANCE + CLUSTER),
        ("any-manual-one", INSTANCE + CLUSTER),
        (f"{'p' * 63}1", INSTANCE + CLUSTER),
        (f"rds:{'p' * 63}1", INSTANCE + CLUSTER),
        ("rds:bookings-2026-11-21-03-00", ()),
    ],
)
def test_a_snapshot_that_may_be_of_a_named_database_starts_the_machine(
    template: Template, name: str, event_ids: tuple[str, ...]
) -> None:
    found = {event_id for event_id in INSTANCE + CLUSTER if matches(template, event_id, name)}
    assert found == set(event_ids)


def test_as_many_databases_as_the_settings_take_fit_into_a_pattern(template: Template) -> None:
    assert len(pattern(template, "SnapshotCreated")) <= MAX_PATTERN


@pytest.mark.parametrize("event_id", [*INSTANCE, *CLUSTER])
def test_every_new_snapshot_wakes_those_who_wait_for_one(template: Template, event_id: str) -> None:
    assert matches(template, event_id, "any", rule="SnapshotAvailable")
    assert not matches(template, event_id, "any", rule="ExportEnded")


@pytest.mark.parametrize("event_id", ["RDS-EVENT-0040", "RDS-EVENT-0041", "RDS-EVENT-0161"])
def test_what_is_no_new_snapshot_wakes_nobody_who_waits_for_one(
    template: Template, event_id: str
) -> None:
    assert not matches(template, event_id, "any", rule="SnapshotAvailable")
