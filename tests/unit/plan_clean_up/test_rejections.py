"""A clean-up is rejected unless its execution exists and has ended."""

from __future__ import annotations

import pytest

from tests.unit.builders import (
    any_export_job,
)
from tests.unit.fakes import client_error
from tests.unit.plan_clean_up.ended_executions import (
    OWN,
    accepted,
    started,
)


@pytest.mark.parametrize("error", ["ExecutionDoesNotExist", "InvalidArn"])
def test_an_execution_that_there_is_not_is_rejected(stack, clean_up, error):
    stack.executions.will("describe_execution", client_error(error))
    outcome = clean_up()["outcome"]
    assert (outcome["reason"], outcome["correlation_id"]) == ("RequestRejected", "run-1-clean-up")
    assert outcome["execution_arn"] == OWN
    assert [fault["field"] for fault in outcome["faults"]] == ["clean_up.execution_arn"]
    assert "publish" not in clean_up()


def test_an_execution_that_still_runs_is_rejected_and_not_read(stack, clean_up):
    stack.ended("RUNNING", *started(accepted({"jobs": [any_export_job()]})))
    stack.noted("mine", "0.0")
    outcome = clean_up()["outcome"]
    assert outcome["reason"] == "RequestRejected"
    assert outcome["faults"] == [
        {"field": "clean_up.execution_arn", "rule": "is still running: stop it first"}
    ]
    assert [operation for operation, _arn in stack.executions.calls] == ["describe_execution"]
