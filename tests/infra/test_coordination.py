"""The table keeps nothing for long, loses nothing by accident, and costs what it is used."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.shared.environment import COORDINATION_TABLE
from tests.infra.stack_parts import Functions, Template, of_type


@pytest.fixture(scope="module")
def table(template: Template) -> dict[str, Any]:
    (logical_id,) = of_type(template, "AWS::DynamoDB::Table")
    found: dict[str, Any] = template["Resources"][logical_id]
    return found


def test_items_are_found_by_what_they_are_about_and_sorted_within(table: dict[str, Any]) -> None:
    assert table["Properties"]["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert {a["AttributeType"] for a in table["Properties"]["AttributeDefinitions"]} == {"S"}


def test_items_expire(table: dict[str, Any]) -> None:
    assert table["Properties"]["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }


def test_the_table_can_be_recovered_to_any_second(table: dict[str, Any]) -> None:
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }


def test_the_table_is_encrypted_and_paid_by_request(table: dict[str, Any]) -> None:
    assert table["Properties"]["SSESpecification"]["SSEType"] == "KMS"
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


def test_the_table_goes_with_the_stack_for_it_holds_nothing_of_worth(
    table: dict[str, Any],
) -> None:
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Delete"


def test_those_who_need_the_table_are_told_its_name_and_no_one_else(
    functions: Functions, template: Template
) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table")
    told = {
        properties["Handler"].split(".")[-2]: properties["Environment"]["Variables"].get(
            COORDINATION_TABLE
        )
        for properties in functions.values()
    }
    assert told == {
        "accept_request": None,
        "advance_plan": None,
        "plan_clean_up": {"Ref": table},
        "reconcile_campaigns": {"Ref": table},
        "reconcile_export": {"Ref": table},
        "wake_waiters": {"Ref": table},
    }
