"""What worlds leave behind in moto beside the stack: executions, items, messages, objects, logs.

A deployed stack can serve one world after another only if nothing is left of those before.
"""

from __future__ import annotations

from typing import Final

from localcloud.functions.environment import ACCOUNT, REGION
from localcloud.patches.patching import Moto, moto

_GLOBAL: Final = "aws"


class Contents:
    """Empties the deployed resources, except of the objects that were there with the deployment."""

    def __init__(self) -> None:
        """Remember the buckets, and the objects in them, that are there now."""
        buckets = _backend("s3.models", "s3", _GLOBAL).buckets
        self._deployed = {name: set(bucket.keys) for name, bucket in buckets.items()}

    def empty(self) -> None:
        """Empty everything that worlds fill."""
        for machine in _backend(
            "stepfunctions.parser.models", "stepfunctions_parser"
        ).state_machines:
            machine.executions.clear()
        moto("stepfunctions.parser.utils").TMP_THREADS.clear()
        for table in _backend("dynamodb.models", "dynamodb").tables.values():
            table.items.clear()
        for queue in _backend("sqs.models", "sqs").queues.values():
            queue._messages.clear()
            queue._pending_messages.clear()
            queue.deleted_messages.clear()
        for topic in _backend("sns.models", "sns").topics.values():
            topic.sent_notifications.clear()
        for group in _backend("logs.models", "logs").groups.values():
            group.streams.clear()
        self._empty_buckets()

    def _empty_buckets(self) -> None:
        backend = _backend("s3.models", "s3", _GLOBAL)
        for name, bucket in list(backend.buckets.items()):
            for key in set(bucket.keys) - self._deployed.get(name, set()):
                bucket.keys.pop(key)
            if name not in self._deployed:
                backend.delete_bucket(name)


def _backend(module: str, name: str, region: str = REGION) -> Moto:
    return vars(moto(module))[f"{name}_backends"][ACCOUNT][region]
