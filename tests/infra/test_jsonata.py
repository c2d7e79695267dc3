"""Expressions read and write only fields that the functions' models have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from infra.workflow import jobs
from infra.workflow.jobs import Jobs, KindsMismatchError, Reconciler
from infra.workflow.jsonata import UnknownFieldError, Value, checked, concatenated, written
from lambdas.campaigns.work import CampaignWork
from lambdas.jobs.pass_result import PassResult, TaskError
from lambdas.jobs.registry import KINDS, ChildResult
from lambdas.requests.plan import Plan

PASS = Value("$pass", PassResult)
PLAN = Value("$plan", Plan)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (PASS.field("wait_seconds"), "$pass.wait_seconds"),
        (PASS.field("wake", "on"), "$pass.wake.on"),
        (PASS.field("wake").field("expires_at"), "$pass.wake.expires_at"),
        (PASS.field("work", "polling", "polls"), "$pass.work.polling.polls"),
        (PASS.field("error", "Cause"), "$pass.error.Cause"),
        (PLAN.field("waiting", "work", "key"), "$plan.waiting.work.key"),
        (Value("$work", CampaignWork).field("open").values("$one").field("polls"), "$one.polls"),
        (Value("$states.input", {"plan": Plan}).field("plan", "trace"), "$states.input.plan.trace"),
    ],
)
def test_a_field_that_is_there_is_written_as_its_path(value: Value, path: str) -> None:
    assert str(value) == path


@pytest.mark.parametrize(
    ("value", "names", "message"),
    [
        (PASS, ["wait"], "$pass.wait: PassResult has no field 'wait'"),
        (PASS, ["wake", "until"], "$pass.wake.until: "),
        (PASS, ["error", "cause"], "has no field 'cause'"),
        (PASS, ["work", "open"], "has no field 'open'"),
        (PASS, ["key", "length"], "$pass.key.length: str has no field 'length'"),
        (Value("$work", CampaignWork), ["open", "c-1"], "has no field 'c-1'"),
        (Value("$states.input", {"plan": Plan}), ["plans"], "an object of plan has no field"),
    ],
)
def test_a_field_that_is_not_there_is_reported_with_its_expression_and_its_model(
    value: Value, names: list[str], message: str
) -> None:
    with pytest.raises(UnknownFieldError) as raised:
        value.field(*names)
    assert message in str(raised.value)


def test_only_a_mapping_has_values() -> None:
    with pytest.raises(UnknownFieldError, match="is not a mapping"):
        PASS.field("key").values("$one")


def test_what_is_written_for_a_function_has_only_fields_that_it_reads() -> None:
    assert written(TaskError, {"Error": "any"}) == {"Error": "any"}
    with pytest.raises(UnknownFieldError, match="PassResult has no field 'ended'"):
        written(PassResult, {"key": "any", "ended": 1})


def test_an_expression_is_checked_for_the_fields_of_its_variables() -> None:
    body = "$pass.wake.on & $results.entries.($f($)) & $states.context.Any.Thing"
    shapes = {"$pass": PassResult, "$results": tuple[ChildResult, ...]}
    assert checked(body, shapes) == body
    with pytest.raises(UnknownFieldError, match=r"\$pass\.wake\.off.* has no field 'off'"):
        checked("1 + $pass.wake.off", shapes)
    with pytest.raises(UnknownFieldError, match=r"not known what \$other holds"):
        checked("$other.field", shapes)


def test_a_text_is_concatenated_of_its_template() -> None:
    assert concatenated("{one}#{two}", one="$one", two="$two") == "$one & '#' & $two"
    assert concatenated("a#{one}", one="$one") == "'a#' & $one"


def reconcilers(scope: Stack) -> dict[str, Reconciler]:
    return {
        kind.name: Reconciler(
            lambda_.Function(
                scope,
                kind.task,
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="any",
                code=lambda_.Code.from_inline("any"),
            )
        )
        for kind in KINDS
    }


@pytest.fixture
def stack() -> Stack:
    return Stack()


@pytest.fixture
def table(stack: Stack) -> dynamodb.ITable:
    return dynamodb.Table.from_table_name(stack, "Table", "any")


def test_a_kind_whose_loop_reads_a_field_that_its_work_lacks_is_not_synthesised(
    monkeypatch: pytest.MonkeyPatch, stack: Stack, table: dynamodb.ITable
) -> None:
    campaigns, *others = KINDS
    loop = replace(campaigns.loop, waits_for_keys_of={"ids": ("opened",)})
    monkeypatch.setattr(jobs, "KINDS", (replace(campaigns, loop=loop), *others))
    message = r"\$pass\.work\.opened: CampaignWork has no field 'opened'"
    with pytest.raises(UnknownFieldError, match=message):
        Jobs(stack, "Jobs", reconcilers=reconcilers(stack), table=table)


def test_a_kind_without_its_function_is_not_synthesised(
    stack: Stack, table: dynamodb.ITable
) -> None:
    given: dict[str, Any] = reconcilers(stack)
    del given["export"]
    with pytest.raises(KindsMismatchError):
        Jobs(stack, "Jobs", reconcilers=given, table=table)


def test_a_kind_with_the_function_of_another_is_not_synthesised(
    stack: Stack, table: dynamodb.ITable
) -> None:
    given = reconcilers(stack)
    swapped = dict(zip(given, reversed(given.values()), strict=True))
    with pytest.raises(KindsMismatchError, match="ReconcileSnapshot is not ReconcileCampaigns"):
        Jobs(stack, "Jobs", reconcilers=swapped, table=table)
