"""Which clean-up publishes the outcome of an execution, in the coordination table.

An event may be delivered twice, and a person may start another clean-up; the outcome is still
published once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lambdas.shared import clock, items
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ConditionalCheckFailedException

KEPT_SECONDS: Final = 90 * 86_400
"""As long as Step Functions keeps what could be cleaned up after. Source: its service quotas."""


class OutcomeClaims:
    """Claims of clean-ups, each of which is known by its execution's ARN."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._dynamodb = connect("dynamodb")

    def claim(self, execution_arn: str, holder: str, *, instead_of: str | None = None) -> bool:
        """Claim to publish an execution's outcome; return whether the claim is the holder's.

        Args:
            execution_arn: of the execution that has ended.
            holder: who is going to publish its outcome; to claim again is harmless.
            instead_of: whose claim is void.

        Raises:
            AwsError: when the table did not answer.
        """
        try:
            with api_call("PutItem"):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item={
                        **_key(execution_arn),
                        items.HOLDER: {"S": holder},
                        **items.expiry(clock.now() + KEPT_SECONDS),
                    },
                    ConditionExpression=(
                        f"attribute_not_exists({items.PARTITION_KEY})"
                        f" OR {items.HOLDER} IN (:holder, :void)"
                    ),
                    ExpressionAttributeValues={
                        ":holder": {"S": holder},
                        ":void": {"S": instead_of or holder},
                    },
                )
        except ConditionalCheckFailedException:
            return False
        return True

    def holder(self, execution_arn: str) -> str | None:
        """Return who has claimed an execution's outcome, if anyone has.

        Raises:
            AwsError: when the table did not answer.
        """
        with api_call("GetItem"):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=_key(execution_arn), ConsistentRead=True
            )
        holder: str | None = answer.get("Item", {}).get(items.HOLDER, {}).get("S")
        return holder


def _key(execution_arn: str) -> items.Attributes:
    return items.OUTCOME_CLAIM.key(execution_arn=execution_arn)
