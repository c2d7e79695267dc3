"""The waiters in the coordination table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from lambdas.shared import items
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ConditionalCheckFailedException, StaleTokenException
from lambdas.shared.partitions import Partitions
from lambdas.waiting.handles import WaiterSelector


class Woken(NamedTuple):
    """How many waiters were woken, and how many had continued by themselves."""

    live: int
    stale: int


class Waiters:
    """The waiters, by what they wait for, in the order in which they are woken."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._partitions = Partitions(table, connect)
        self._dynamodb = connect("dynamodb")
        self._states = connect("stepfunctions")

    def wake(self, selector: WaiterSelector) -> Woken:
        """Wake the selected waiters; stale tokens are expected, and counted.

        Raises:
            AwsError: when a service did not respond; waking again is harmless.
        """
        live = stale = 0
        for sk, token in self._waiting(selector):
            if live == selector.most:
                break
            if self._wake(token):
                live += 1
            else:
                stale += 1
            self._forget(selector.on, sk, token)
        return Woken(live, stale)

    def _waiting(self, selector: WaiterSelector) -> Iterator[tuple[str, str]]:
        for item in self._partitions.read_partition(selector.on, selector.listed):
            yield item[items.SORT_KEY]["S"], item[items.TOKEN]["S"]

    def _wake(self, token: str) -> bool:
        """Return whether the execution was still waiting."""
        try:
            with api_call("SendTaskSuccess"):
                self._states.send_task_success(taskToken=token, output="{}")
        except StaleTokenException:
            return False
        return True

    def _forget(self, on: str, sk: str, token: str) -> None:
        """Delete a waiter's item, unless it has started to wait again meanwhile."""
        with suppress(ConditionalCheckFailedException), api_call("DeleteItem"):
            self._dynamodb.delete_item(
                TableName=self._table,
                Key=items.key(on, sk),
                ConditionExpression="#token = :token",
                ExpressionAttributeNames={"#token": items.TOKEN},  # reserved in DynamoDB
                ExpressionAttributeValues={":token": {"S": token}},
            )
