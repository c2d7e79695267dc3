"""A job always creates the same snapshot, and no other job creates it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from lambdas.jobs.databases import DATABASE_ID, Database
from lambdas.snapshots.identifier import identifier, snapshot_arn
from lambdas.snapshots.ownership import NAME_PREFIX
from tests.unit.builders import ACCOUNT, EXECUTION, REGION

LEGAL = re.compile(r"[a-z](-?[a-z0-9])*")
"""What RDS stores. Source: RDS API reference, CreateDBClusterSnapshot."""

names = st.from_regex(r"[a-z](-?[a-z0-9]){0,31}", fullmatch=True) | st.just("a" * 63)
databases = st.builds(Database, db_instance=names) | st.builds(Database, db_cluster=names)


@given(databases)
def test_rds_accepts_it_for_instances_and_for_clusters(database):
    assert DATABASE_ID.fullmatch(database.id)
    name = identifier(EXECUTION, "0.0", database)
    assert LEGAL.fullmatch(name)
    assert len(name) <= 63
    assert name.startswith(NAME_PREFIX)
    assert name == identifier(EXECUTION, "0.0", database)


def test_it_differs_by_execution_job_and_database():
    shop = Database(db_instance="shop")
    named = {
        identifier(EXECUTION, "0.0", shop),
        identifier(f"{EXECUTION}-2", "0.0", shop),
        identifier(EXECUTION, "0.1", shop),
        identifier(EXECUTION, "0.0", Database(db_instance="shop2")),
        identifier(EXECUTION, "0.0", Database(db_cluster="shop")),
    }
    assert len(named) == 5


def test_the_arn_is_in_the_account_and_the_region_of_the_execution():
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}"
    assert snapshot_arn(EXECUTION, "a", Database(db_instance="shop")) == f"{arn}:snapshot:a"
    assert snapshot_arn(EXECUTION, "a", Database(db_cluster="shop")) == f"{arn}:cluster-snapshot:a"
