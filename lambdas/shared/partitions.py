"""Reads the items of one partition of the coordination table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lambdas.shared import items
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call


class Partitions:
    """The partitions of the coordination table."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._dynamodb = connect("dynamodb")

    def read_partition(
        self, partition: str, listing: tuple[str, str] | None = None
    ) -> Iterator[items.Attributes]:
        """Yield the items of a partition in the order of their sort keys, all pages of them.

        Args:
            partition: the partition key.
            listing: an attribute and a value; only items whose attribute has the value in it.

        Raises:
            AwsError: when the table did not answer.
        """
        values = {":partition": {"S": partition}}
        more: dict[str, Any] = {}
        if listing is not None:
            attribute, value = listing
            values[":value"] = {"S": value}
            more["FilterExpression"] = f"contains({attribute}, :value)"
        while True:
            with api_call("Query"):
                page = self._dynamodb.query(
                    TableName=self._table,
                    KeyConditionExpression=f"{items.PARTITION_KEY} = :partition",
                    ExpressionAttributeValues=values,
                    ConsistentRead=True,
                    **more,
                )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            more["ExclusiveStartKey"] = page["LastEvaluatedKey"]
