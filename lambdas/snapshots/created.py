"""The snapshots that must not outlive the executions that create them, in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lambdas.jobs.databases import Database
from lambdas.shared import clock, items
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.partitions import Partitions


class CreatedSnapshot(NamedTuple):
    """A snapshot that a job is about to create, or has created.

    Attributes:
        job: what the outcome calls the job.
    """

    snapshot_id: str
    database: Database
    job: str


class CreatedSnapshots:
    """The notes in the table about what executions create."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._partitions = Partitions(table, connect)
        self._dynamodb = connect("dynamodb")

    def record(self, execution_arn: str, created: CreatedSnapshot) -> None:
        """Note a snapshot of a request's execution, before it is created.

        Raises:
            AwsError: when it could not be noted.
        """
        database = {name: {"S": value} for name, value in created.database.as_payload().items()}
        with api_call("PutItem"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    **items.CREATED_SNAPSHOT.key(
                        execution_arn=execution_arn, snapshot_id=created.snapshot_id
                    ),
                    items.JOB: {"S": created.job},
                    **database,
                    **items.expiry(clock.now() + items.KEPT_FOR_CLEAN_UP_SECONDS),
                },
            )

    def of(self, execution_arn: str) -> tuple[CreatedSnapshot, ...]:
        """Return what an execution's jobs create.

        Raises:
            AwsError: when the table did not answer.
        """
        partition = items.CREATED_SNAPSHOT.partition.format(execution_arn=execution_arn)
        return tuple(map(_created, self._partitions.read_partition(partition)))


def _created(item: items.Attributes) -> CreatedSnapshot:
    named = {
        name: item[name]["S"] for name in (items.DB_INSTANCE, items.DB_CLUSTER) if name in item
    }
    return CreatedSnapshot(
        snapshot_id=item[items.SORT_KEY]["S"],
        database=Database.model_validate(named),
        job=item[items.JOB]["S"],
    )
