"""A verb and names are a request that the contract accepts."""

from __future__ import annotations

import pytest

from console.check import checked
from console.short_forms import VERBS, Details, request_of
from tests.unit.builders import CLUSTER, SNAPSHOT

NONE = Details()
CAMPAIGNS = {"kind": "campaigns", "campaign_ids": ["a", "b"]}

FORMS = [
    ("pause", ["a", "b"], NONE, CAMPAIGNS | {"target": "PAUSED"}),
    ("resume", ["a", "b"], NONE, CAMPAIGNS | {"target": "RUNNING"}),
    ("stop", ["a", "b"], NONE, CAMPAIGNS | {"target": "STOPPED"}),
    ("delete", ["a", "b"], NONE, CAMPAIGNS | {"target": "DELETED"}),
    ("watch", ["a", "b"], NONE, CAMPAIGNS | {"target": "FINISHED"}),
    (
        "stop",
        ["a", "b"],
        Details(deadline_seconds=90, api_version="v1"),
        CAMPAIGNS | {"target": "STOPPED", "deadline_seconds": 90, "api_version": "v1"},
    ),
    ("export", [SNAPSHOT], NONE, {"kind": "export", "target": "COMPLETE", "source_arn": SNAPSHOT}),
    (
        "export",
        ["shop"],
        NONE,
        {"kind": "export", "target": "COMPLETE", "source": {"db_instance": "shop"}},
    ),
    (
        "export",
        ["shop"],
        Details(cluster=True),
        {"kind": "export", "target": "COMPLETE", "source": {"db_cluster": "shop"}},
    ),
    (
        "cancel-export",
        [SNAPSHOT, CLUSTER],
        NONE,
        {
            "jobs": [
                {"kind": "export", "target": "CANCELED", "source_arn": SNAPSHOT},
                {"kind": "export", "target": "CANCELED", "source_arn": CLUSTER},
            ]
        },
    ),
    (
        "snapshot",
        ["shop"],
        NONE,
        {"kind": "snapshot", "target": "AVAILABLE", "db_instance": "shop"},
    ),
    (
        "snapshot",
        ["shop"],
        Details(cluster=True),
        {"kind": "snapshot", "target": "AVAILABLE", "db_cluster": "shop"},
    ),
]


@pytest.mark.parametrize(("verb", "things", "details", "request_"), FORMS)
def test_a_short_form_is_a_valid_request(verb, things, details, request_):
    assert request_of(verb, things, details) == request_
    assert checked(request_).faults == ()


def test_every_verb_is_tested():
    assert {verb for verb, *_ in FORMS} == set(VERBS)


def test_what_is_no_arn_is_named_by_the_contract():
    [fault] = checked(request_of("cancel-export", ["orders"], NONE)).faults
    assert fault.field == "source_arn"
