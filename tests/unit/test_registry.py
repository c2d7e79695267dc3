"""Every kind is reached by its name, and nothing else passes for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from infra.project import ROOT
from lambdas.jobs.registry import KINDS, AnyWork, ChildResult, UnknownKindError, kind_named
from lambdas.requests import advance_plan
from lambdas.requests.plan import Plan
from tests.unit.builders import EXECUTION, NOW, AnyContext, campaign_work, export_work, through_json

WORK = {"kind": "faxes", "key": "0.0", "polling": {"started_at": NOW}}
PLAN = {
    "trace": {"correlation_id": "any", "execution_arn": EXECUTION},
    "started_at": NOW,
    "running": [WORK],
}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_kind_has_one_name_in_all_that_describes_it(kind):
    for model in (kind.job, kind.work):
        assert get_args(model.model_fields["kind"].annotation) == (kind.name,)
    assert kind_named(kind.name) is kind
    assert Path(ROOT, *kind.reconciler.split(".")).with_suffix(".py").is_file()


@pytest.mark.parametrize("name", ["faxes", "Export", "", None, 5, ["export"]])
def test_what_is_no_kind_is_a_fault_that_says_which_there_are(name):
    with pytest.raises(UnknownKindError, match="none of the kinds campaigns, export"):
        kind_named(name)


@pytest.mark.parametrize("work", [campaign_work("a", "b"), export_work()])
def test_work_is_read_as_it_was_written_of_whichever_kind_it_is(work):
    adapter = TypeAdapter(AnyWork)
    assert adapter.validate_python(through_json(adapter.dump_python(work, mode="json"))) == work


@pytest.mark.parametrize("value", [WORK, {}, None, "export"])
def test_work_of_no_kind_is_a_fault_of_its_own(value):
    with pytest.raises(UnknownKindError):
        TypeAdapter(AnyWork).validate_python(value)


def test_work_of_a_kind_that_breaks_its_model_is_not_taken():
    with pytest.raises(ValidationError):
        TypeAdapter(AnyWork).validate_python({"kind": "export", "key": "0.0"})


def test_a_plan_and_a_result_of_an_unknown_kind_are_no_work_of_another():
    with pytest.raises(UnknownKindError):
        Plan.model_validate(PLAN)
    with pytest.raises(UnknownKindError):
        ChildResult.model_validate({"key": "0.0", "phase": "FAILED", "work": WORK})


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_function_that_meets_an_unknown_kind_fails_by_that_name():
    event = json.loads(json.dumps({"plan": PLAN, "results": []}))
    with pytest.raises(UnknownKindError):
        advance_plan.handler(event, AnyContext())
