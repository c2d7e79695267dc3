"""A copy of a model has the fields of the model, with values of their types."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from infra.project import ROOT
from lambdas.exports.slots import SlotWait
from lambdas.jobs.pass_result import TaskError
from lambdas.jobs.polling import Polling
from tests.unit.builders import NOW, campaign_work


def test_a_copy_has_the_new_values_and_keeps_the_others():
    work = campaign_work("a", "b")
    begun = work.replace(polling=Polling(started_at=NOW))
    assert begun.polling.started_at == NOW
    assert begun.replace(polling=work.polling) == work
    assert work.polling.started_at is None


def test_a_copy_with_a_field_that_there_is_not_is_an_error():
    with pytest.raises(TypeError, match=r"^Polling has no field pols, started$"):
        Polling().replace(started=NOW, pols=1)


@pytest.mark.parametrize("value", [None, "many", SlotWait(refused_at=NOW, taken=5)])
def test_a_copy_with_a_value_of_another_type_is_an_error(value):
    with pytest.raises(ValidationError):
        Polling().replace(polls=value)


def test_a_copy_keeps_what_its_payload_has_under_another_name():
    failed = TaskError.model_validate({"Error": "AnyError", "Cause": "any"})
    assert failed.replace(cause="other") == TaskError(Error="AnyError", Cause="other")


def test_no_function_copies_a_model_unchecked():
    unchecked = re.compile(r"\.(model_copy|model_construct|copy)\(")
    sources = list((ROOT / "lambdas").rglob("*.py"))
    assert sources
    assert [path for path in sources if unchecked.search(path.read_text("utf-8"))] == []
