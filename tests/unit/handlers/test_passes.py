"""A reconciler takes its work as it returned it, and its settings from the environment."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.campaigns import reconcile_campaigns
from lambdas.exports import reconcile_export
from lambdas.exports.decisions import Destination
from lambdas.shared.environment import MissingSettingError
from tests.unit.builders import (
    DESTINATION,
    any_campaign_job,
    any_export_job,
)
from tests.unit.fake_snapshots import FakeSnapshots
from tests.unit.fakes import (
    FakeExports,
    LostResponse,
)
from tests.unit.handlers.functions import (
    SETTINGS,
    SETTINGS_OF_EXPORTS,
    accept,
    advance,
    invoke,
    items,
)


def test_a_pass_after_many_events_waits_longer_and_has_no_wake(campaigns):
    campaigns.states_of["c-1"] = "Running"
    (item,) = items(accept(any_campaign_job(target="FINISHED"))["plan"])
    soon, late = (
        invoke(reconcile_campaigns.handler, item | {"history_events": events})
        for events in (3, 10_000)
    )
    assert soon["wait_seconds"] < 60 < late["wait_seconds"]
    assert ["wake" in seen for seen in (soon, late)] == [True, False]


def test_an_export_after_many_events_waits_longer_and_has_no_wake(rds):
    (item,) = items(accept(any_export_job())["plan"])
    soon, late = (
        invoke(reconcile_export.handler, item | {"history_events": events})
        for events in (3, 19_500)
    )
    assert soon["wait_seconds"] < 600 < late["wait_seconds"]
    assert ["wake" in seen for seen in (soon, late)] == [True, False]


def test_an_export_whose_start_was_lost_is_the_same_in_the_next_pass(rds, manual_clock):
    rds.will("start", LostResponse())
    rds.will("of_source", None, lambda: [rds.end(task_id, "COMPLETE") for task_id in rds.tasks])
    outcome = advance(accept(any_export_job()), manual_clock)["outcome"]
    assert outcome["phase"] == "COMPLETE"
    assert outcome["resources"][0]["details"]["adopted"] is False


@pytest.mark.parametrize(
    ("ours", "asked", "prefix"),
    [
        ("exports", "", "exports"),
        ("exports", "daily/orders", "exports/daily/orders"),
        ("", "daily", "daily"),
        ("", "", ""),
    ],
)
def test_a_reconciler_gives_its_settings_to_aws(monkeypatch, rds, ours, asked, prefix):
    given: dict[str, Any] = {}
    monkeypatch.setenv("EXPORT_PREFIX", ours)

    def exports(destination, **settings):
        given.update(settings, destination=destination)
        return FakeExports()

    monkeypatch.setattr(reconcile_export, "Exports", exports)
    monkeypatch.setattr(reconcile_export, "Snapshots", lambda _account: FakeSnapshots())
    state = accept(any_export_job(s3_prefix=asked))
    invoke(reconcile_export.handler, items(state["plan"])[0])
    assert given == {
        "destination": Destination(DESTINATION.bucket, prefix),
        "role_arn": SETTINGS["EXPORT_ROLE_ARN"],
        "key_arn": SETTINGS["EXPORT_KEY_ARN"],
    }


@pytest.mark.parametrize("name", SETTINGS_OF_EXPORTS)
def test_a_setting_that_is_missing_is_named(monkeypatch, rds, name):
    state = accept(any_export_job())
    monkeypatch.delenv(name)
    with pytest.raises(MissingSettingError, match=name):
        invoke(reconcile_export.handler, items(state["plan"])[0])


def test_a_pass_that_waits_says_what_wakes_it(rds):
    state = accept(any_export_job())
    seen = invoke(reconcile_export.handler, items(state["plan"])[0])
    assert set(seen["wake"]) == {"on", "order", "expires_at"}
    assert isinstance(seen["wake"]["expires_at"], int)
