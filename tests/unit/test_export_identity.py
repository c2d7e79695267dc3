"""Identifiers are legal, and the same exactly where the work is the same."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lambdas.exports.contract import SOURCE_ARN
from lambdas.exports.identifier import MAX_LENGTH, identifier
from tests.unit.builders import CLUSTER, SNAPSHOT
from tests.unit.examples import examples

RULE = re.compile(r"^[A-Za-z](?:-?[A-Za-z0-9])*$")

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9:-]{0,254}", fullmatch=True)
ARNS = st.builds(
    "arn:{}:rds:{}:123456789012:{}:{}".format,
    st.sampled_from(["aws", "aws-cn"]),
    st.sampled_from(["us-east-1", "eu-west-1"]),
    st.sampled_from(["snapshot", "cluster-snapshot", "cluster"]),
    NAMES,
)
TABLES = st.lists(st.sampled_from(["a", "b", "a.b", "a.b.c", "shop.orders"]), unique=True)
PREFIXES = st.sampled_from(["", "exports", "exports/daily"])
GENERATIONS = st.integers(1, 999)
EXPORT_IDS = st.none() | st.sampled_from(["", "a", "b", "nächtlich 2026-11-01", "x" * 128])


@given(ARNS, TABLES, PREFIXES, GENERATIONS, EXPORT_IDS)
@examples(150)
def test_is_always_legal(arn, tables, prefix, generation, export_id):
    assert SOURCE_ARN.fullmatch(arn)
    made = identifier(arn, tables, prefix, generation, export_id)
    assert RULE.match(made)
    assert len(made) <= MAX_LENGTH


@given(ARNS, TABLES, PREFIXES, GENERATIONS, EXPORT_IDS, st.randoms(use_true_random=False))
@examples(50)
def test_is_the_same_for_the_same_work(arn, tables, prefix, generation, export_id, random):
    shuffled = random.sample(tables, k=len(tables))
    made = identifier(arn, tables, prefix, generation, export_id)
    assert made == identifier(arn, shuffled, prefix, generation, export_id)
    assert made == identifier(arn, [*shuffled, *tables], prefix, generation, export_id)


WORK = st.tuples(ARNS, TABLES.map(frozenset), PREFIXES, GENERATIONS, EXPORT_IDS)


@given(WORK, WORK)
@examples(100)
def test_differs_where_the_work_differs(one, other):
    assert (identifier(*one) == identifier(*other)) == (one == other)


def test_differs_by_each_part_of_the_work():
    one = (SNAPSHOT, ("a",), "exports", 1)
    others: list[tuple[Any, ...]] = [
        (CLUSTER, ("a",), "exports", 1),
        (SNAPSHOT, (), "exports", 1),
        (SNAPSHOT, ("b",), "exports", 1),
        (SNAPSHOT, ("a",), "", 1),
        (SNAPSHOT, ("a",), "exports", 2),
        (SNAPSHOT, ("a",), "exports/daily", 1),
        (SNAPSHOT, ("a",), "exports", 1, "a"),
        (SNAPSHOT, ("a",), "exports", 1, "b"),
        (SNAPSHOT, (), "exports", 1, "a"),
    ]
    made = {identifier(*work) for work in (one, *others)}
    assert len(made) == 1 + len(others)


def test_reads_as_its_source():
    assert identifier(SNAPSHOT, (), "exports", 1).startswith("orders-")
    automated = SNAPSHOT.replace(":orders", ":rds:orders-2026-11-01")
    assert identifier(automated, (), "exports", 1).startswith("orders-2026-11-01-")


def test_is_the_same_from_release_to_release():
    """Another identifier would export again what is exported already."""
    assert identifier(SNAPSHOT, ("shop.orders",), "exports", 1) == "orders-d59729a2934d"


def test_an_export_id_is_never_taken_for_a_table():
    assert identifier(SNAPSHOT, ("export_id=a",), "", 1) != identifier(SNAPSHOT, (), "", 2, "a")
    assert identifier(SNAPSHOT, (), "", 1, "a") == identifier(SNAPSHOT, (), "", 1, "a")


def test_an_export_id_stays_the_same_from_release_to_release():
    made = identifier(SNAPSHOT, ("shop.orders",), "exports", 1, "nightly")
    assert made == "orders-4a0c398614aa"
