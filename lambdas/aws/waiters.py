"""Executions that wait with a task token, in the coordination table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lambdas.aws.calls import api_call
from lambdas.aws.client import client
from lambdas.aws.errors import StaleTokenException


class Woken(NamedTuple):
    """How many waiters were woken, and how many had already gone on by themselves."""

    live: int
    stale: int


class Waiters:
    """Those who wait, by what they wait for, in the order in which they are to be woken."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._dynamodb = connect("dynamodb")
        self._states = connect("stepfunctions")

    def wake(self, on: str, most: int | None = None) -> Woken:
        """Wake who waits for something; a stale token is expected, and counted.

        Args:
            on: what they wait for.
            most: how many live ones to wake; None for all of them.

        Raises:
            AwsError: when a service did not answer; waking again is harmless.
        """
        live = stale = 0
        for sk, token in self._waiting(on):
            if live == most:
                break
            if self._wake(token):
                live += 1
            else:
                stale += 1
            with api_call("DeleteItem"):
                self._dynamodb.delete_item(
                    TableName=self._table, Key={"pk": {"S": on}, "sk": {"S": sk}}
                )
        return Woken(live, stale)

    def _waiting(self, on: str) -> Iterator[tuple[str, str]]:
        more: dict[str, Any] = {}
        while True:
            with api_call("Query"):
                page = self._dynamodb.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :on",
                    ExpressionAttributeValues={":on": {"S": on}},
                    ConsistentRead=True,
                    **more,
                )
            for item in page["Items"]:
                yield item["sk"]["S"], item["token"]["S"]
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _wake(self, token: str) -> bool:
        """Return whether the execution was still waiting."""
        try:
            with api_call("SendTaskSuccess"):
                self._states.send_task_success(taskToken=token, output="{}")
        except StaleTokenException:
            return False
        return True
