"""The table keeps nothing for long, loses nothing by accident, and costs what it is used."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra.project import ROOT
from lambdas.shared import items
from lambdas.shared.environment import COORDINATION_TABLE
from tests.infra.stack_parts import Functions, State, Template, of_type


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


def test_the_states_that_wait_write_the_items_that_wake_waiters_reads(
    optional_states: dict[str, State],
) -> None:
    written = {
        name: state["Arguments"]["Item"].keys() - {"pk", "sk", "expires_at"}
        for name, state in optional_states.items()
        if "dynamodb:putItem" in str(state.get("Resource", ""))
    }
    assert set(written) == set(items.WAITER.written_by)
    assert set().union(*written.values()) == set(items.WAITER.attributes)


@pytest.mark.parametrize("item", items.ITEM_TYPES, ids=lambda item: item.partition)
def test_how_an_item_is_keyed_is_written_in_one_place(item: items.ItemType) -> None:
    prefix = item.partition.partition("{")[0]
    sources = [*(ROOT / "lambdas").rglob("*.py"), *(ROOT / "infra").rglob("*.py")]
    found = {path.name for path in sources if prefix in path.read_text(encoding="utf-8")}
    assert found == {"items.py"}


def test_the_page_has_every_item() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"<!-- items -->\n(.*?)<!-- /items -->", page, re.DOTALL)
    assert table.splitlines()[2:] == [_row(item) for item in items.ITEM_TYPES]


def _row(item: items.ItemType) -> str:
    cells = (
        item.name,
        f"`{item.partition}`",
        f"`{item.sort}`",
        ", ".join(f"`{name}`" for name in item.attributes),
        ", ".join(item.written_by),
        ", ".join(item.read_by),
        item.kept,
    )
    return f"| {' | '.join(cells)} |"


def test_those_who_need_the_table_receive_its_name_and_no_one_else(
    functions: Functions, template: Template
) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table")
    settings = {
        properties["Handler"].split(".")[-2]: properties["Environment"]["Variables"].get(
            COORDINATION_TABLE
        )
        for properties in functions.values()
    }
    assert settings == {
        "accept_request": None,
        "advance_plan": None,
        "plan_clean_up": {"Ref": table},
        "reconcile_campaigns": {"Ref": table},
        "reconcile_export": {"Ref": table},
        "reconcile_snapshot": {"Ref": table},
        "resolve_jobs": {"Ref": table},
        "wake_waiters": {"Ref": table},
    }
