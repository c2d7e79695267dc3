"""The notes about campaigns, in a table as moto has it, and the same in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.moves import Moves, MovesOfWork, NotedMove
from lambdas.campaigns.transitions import Move, Mutation
from lambdas.campaigns.work import Undoes
from lambdas.shared import items
from tests.unit.builders import EXECUTION, NOW, campaign_work
from tests.unit.examples import examples
from tests.unit.fake_moves import FakeMoves

TABLE = "any-table"


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        names = ("pk", "sk")
        client.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": name, "KeyType": kind}
                for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
            ],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def moves(dynamodb: Any) -> Moves:
    for item in dynamodb.scan(TableName=TABLE)["Items"]:
        key = {name: item[name] for name in ("pk", "sk")}
        dynamodb.delete_item(TableName=TABLE, Key=key)
    return Moves(TABLE, connect=lambda _service: dynamodb)


def noted(
    campaign_id: str = "c-1", found: str = "Running", asked: str = "Paused", **fields: Any
) -> NotedMove:
    given = NotedMove(
        "pause", campaign_id, Move(found=found, asked=asked), ApiVersion.V2, True, NOW
    )
    return given._replace(**fields)


def test_what_is_noted_is_read_back_in_its_order(moves: Moves) -> None:
    later = noted("c#1", "Initialized", "Running", job="0.0", api_version=ApiVersion.V1)
    later = later._replace(noted_at=NOW + 1.5, restore_on_abort=False)
    moves.note_call(EXECUTION, later, "a")
    moves.note_call(EXECUTION, noted(), "b")
    moves.note_call(f"{EXECUTION}-2", noted("other"), "c")
    assert moves.of(EXECUTION) == (noted(), later)
    assert moves.of("none") == ()


def test_the_state_found_is_that_before_the_first_call(moves: Moves) -> None:
    moves.note_call(EXECUTION, noted(found="Initialized", asked="Running"), "a")
    moves.note_call(EXECUTION, noted(found="Paused", asked="Running", noted_at=NOW + 9), "b")
    (found,) = moves.of(EXECUTION)
    assert found == noted(found="Initialized", asked="Running", noted_at=NOW + 9)


def test_a_refused_call_leaves_no_note_and_no_state_found(moves: Moves) -> None:
    moves.note_call(EXECUTION, noted(found="Initialized", asked="Running"), "a")
    for _ in range(2):
        moves.withdraw(EXECUTION, "pause", "c-1", "a")
    assert moves.of(EXECUTION) == ()
    assert not moves.holds(EXECUTION, "pause", "c-1")
    moves.note_call(EXECUTION, noted(found="Paused", asked="Running"), "b")
    assert moves.of(EXECUTION)[0].move.found == "Paused"


def test_a_refused_call_is_taken_out_once_however_often_it_is_withdrawn(moves: Moves) -> None:
    for call in ("lost", "refused"):
        moves.note_call(EXECUTION, noted(), call)
    for _ in range(3):
        moves.withdraw(EXECUTION, "pause", "c-1", "refused")
    assert moves.of(EXECUTION) == (noted(),)
    assert moves.holds(EXECUTION, "pause", "c-1")


def test_an_item_outlives_any_execution_and_its_clean_up(moves: Moves, dynamodb: Any) -> None:
    moves.note_call(EXECUTION, noted(), "a")
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert float(item["expires_at"]["N"]) == NOW + items.KEPT_FOR_CLEAN_UP_SECONDS
    assert items.KEPT_FOR_CLEAN_UP_SECONDS > 365 * 86_400


JOBS = st.sampled_from(["a", "b"])
IDS = st.sampled_from(["c-1", "c-2"])
CALLS = st.sampled_from(["x", "y", "z"])
STATES = st.sampled_from(["Running", "Paused", "Initialized"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("note"), JOBS, IDS, CALLS, STATES),
        st.tuples(st.just("withdraw"), JOBS, IDS, CALLS),
        st.tuples(st.just("forget"), JOBS, IDS),
    ),
    max_size=12,
)


@given(STEPS)
@examples(30)
def test_the_notes_in_memory_are_those_of_the_table(dynamodb: Any, steps: list[Any]) -> None:
    table, memory = Moves(TABLE, connect=lambda _service: dynamodb), FakeMoves()
    execution = f"{EXECUTION}-{id(steps)}"
    for job in ("a", "b"):
        for name in ("c-1", "c-2"):
            table.forget(execution, job, name)
    for number, (operation, job, campaign_id, *more) in enumerate(steps):
        for notes in (table, memory):
            if operation == "note":
                call, found = more
                one = noted(campaign_id, found, job=job, noted_at=NOW + number)
                notes.note_call(execution, one, call)
            elif operation == "withdraw":
                notes.withdraw(execution, job, campaign_id, *more)
            else:
                notes.forget(execution, job, campaign_id)
    assert table.of(execution) == memory.of(execution)
    for job in ("a", "b"):
        for name in ("c-1", "c-2"):
            assert table.holds(execution, job, name) == memory.holds(execution, job, name)


def test_work_that_neither_notes_nor_undoes_makes_no_calls() -> None:
    table = FakeMoves()
    moves = table.of_work(campaign_work("c-1"))
    moves.note_call("c-1", "Running", Mutation.PAUSE, moves.next_call())
    moves.withdraw("c-1", ["any"])
    moves.forget("c-1")
    assert not moves.are_undone("c-1")
    assert table.calls == []


def test_work_undoes_the_notes_of_all_its_jobs() -> None:
    table = FakeMoves()
    for job in ("a", "b"):
        table.note_call("of-another-execution", noted(job=job), "any")
    work = campaign_work(
        "c-1", undoes=Undoes(execution_arn="of-another-execution", jobs=("a", "b"))
    )
    moves = table.of_work(work)
    assert not moves.are_undone("c-1")
    moves.forget("c-1")
    assert moves.are_undone("c-1")
    assert table.noted == {}


def test_no_two_calls_have_the_same_name() -> None:
    table, work = FakeMoves(), campaign_work("c-1", on_abort="restore")
    invocations: list[MovesOfWork] = [table.of_work(work) for _ in range(3)]
    names = [moves.next_call() for moves in invocations for _ in range(3)]
    assert len(set(names)) == 9
