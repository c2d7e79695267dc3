"""Sends what could not be delivered to a queue, with the reason in its attributes.

Shared by the targets of rules and the asynchronous invocations of functions.
"""

from __future__ import annotations

import logging
from typing import Any

from localcloud.patches.patching import moto

_LOG = logging.getLogger(__name__)


def queue(arn: str, body: str, attributes: dict[str, str | int], group: str | None = None) -> bool:
    """Send a message to an SQS queue and return whether that worked; a failure is logged."""
    _, _, service, region, account, name = arn.split(":", 5)
    if service != "sqs":
        _LOG.warning("Only queues take undelivered messages here, not %s", arn)
        return False
    try:
        moto("sqs.models").sqs_backends[account][region].send_message(
            queue_name=name,
            message_body=body,
            message_attributes={key: _attribute(value) for key, value in attributes.items()},
            group_id=group,
        )
    except Exception as error:  # moto raises exceptions of many kinds
        _LOG.warning("The queue %s took no message: %s", arn, error)
        return False
    return True


def _attribute(value: str | int) -> dict[str, Any]:
    kind = "Number" if isinstance(value, int) else "String"
    return {"DataType": kind, "StringValue": str(value) or "-"}
