"""Every line of a log says whose request it is about."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from lambdas.campaigns import reconcile_campaigns
from lambdas.requests import advance_plan
from lambdas.shared.observability import logger
from tests.unit.builders import (
    EXECUTION,
    any_campaign_job,
)
from tests.unit.handlers.functions import (
    accept,
    invoke,
    items,
)


@pytest.fixture
def logged(monkeypatch) -> Callable[[], list[dict[str, Any]]]:
    """Return the lines that were logged since the test began."""
    log = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    return lambda: [json.loads(line) for line in log.getvalue().splitlines()]


def test_every_line_of_a_pass_says_whose_request_it_is(campaigns, logged):
    campaigns.states_of["c-1"] = "Running"
    state = accept(any_campaign_job(correlation_id="nightly"))
    invoke(reconcile_campaigns.handler, items(state["plan"])[0])
    accepted, *lines = logged()
    assert (accepted["correlation_id"], accepted["message"]) == ("nightly", "request accepted")
    assert len(lines) == 2
    for line in lines:
        assert line["correlation_id"] == "nightly"
        assert line["execution_arn"] == EXECUTION
        assert line["job"] == "0.0.0"
        assert line["service"] == "orchestrator"


def test_the_outcome_of_a_request_is_logged_as_its_own(logged):
    state = accept(any_campaign_job(correlation_id="nightly"))
    invoke(advance_plan.handler, {"plan": state["plan"], "results": []})
    _accepted, line = logged()
    assert (line["correlation_id"], line["execution_arn"]) == ("nightly", EXECUTION)
    assert (line["message"], line["phase"]) == ("request ended", "FAILED")


def test_a_rejection_is_logged_with_its_faults(logged):
    accept(any_campaign_job(target="DANCING", correlation_id="nightly"))
    (line,) = logged()
    assert (line["correlation_id"], line["execution_arn"]) == ("nightly", EXECUTION)
    assert "target" in line["faults"]
