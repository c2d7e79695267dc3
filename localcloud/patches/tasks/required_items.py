"""PutItem needs an item.

moto answers with an HTML page. On AWS it is a ValidationException, which an AWS SDK integration
calls DynamoDb.DynamoDbException. Source: LocalStack's snapshot test_dynamodb_invalid_param,
recorded on 27 July 2023.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.patches.patching import Moto, Patches, moto

_MESSAGE = (
    "1 validation error detected: Value null at 'item' failed to satisfy constraint: "
    "Member must not be null"
)


def apply(patches: Patches) -> None:
    """Refuse to put what is not there."""

    def put_item(response: Moto) -> Moto:
        if response.body.get("Item") is None:
            raise moto("dynamodb.exceptions").MockValidationException(_MESSAGE)
        return original(response)

    handler = moto("dynamodb.responses").DynamoHandler
    original: Callable[[Any], Any] = patches.replace(handler, "put_item", put_item)
