"""Identifiers are legal, and the same exactly where the work is the same."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.domain.export_identity import MAX_LENGTH, identifier
from lambdas.domain.requests import SOURCE_ARN
from tests.unit.builders import CLUSTER, SNAPSHOT

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


@given(ARNS, TABLES, PREFIXES, GENERATIONS)
@settings(max_examples=150, deadline=None)
def test_is_always_legal(arn, tables, prefix, generation):
    assert SOURCE_ARN.fullmatch(arn)
    made = identifier(arn, tables, prefix, generation)
    assert RULE.match(made)
    assert len(made) <= MAX_LENGTH


@given(ARNS, TABLES, PREFIXES, GENERATIONS, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_is_the_same_for_the_same_work(arn, tables, prefix, generation, random):
    shuffled = random.sample(tables, k=len(tables))
    made = identifier(arn, tables, prefix, generation)
    assert made == identifier(arn, shuffled, prefix, generation)
    assert made == identifier(arn, [*shuffled, *tables], prefix, generation)


WORK = st.tuples(ARNS, TABLES.map(frozenset), PREFIXES, GENERATIONS)


@given(WORK, WORK)
@settings(max_examples=100, deadline=None)
def test_differs_where_the_work_differs(one, other):
    assert (identifier(*one) == identifier(*other)) == (one == other)


def test_differs_by_each_part_of_the_work():
    one = (SNAPSHOT, ("a",), "exports", 1)
    others = [
        (CLUSTER, ("a",), "exports", 1),
        (SNAPSHOT, (), "exports", 1),
        (SNAPSHOT, ("b",), "exports", 1),
        (SNAPSHOT, ("a",), "", 1),
        (SNAPSHOT, ("a",), "exports", 2),
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
