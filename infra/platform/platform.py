"""What the stack's capabilities share."""

from __future__ import annotations

from typing import NamedTuple

from aws_cdk import aws_events as events

from infra.platform.coordination import Coordination
from infra.platform.dead_letters import DeadLetters
from infra.platform.encryption import Encryption
from infra.platform.functions import Functions


class Platform(NamedTuple):
    """The constructs that every capability is built on.

    Attributes:
        bus: for requests and outcomes.
        encryption: the stack's key.
        coordination: the table.
        dead_letters: the queues, and the targets of rules that use them.
        functions: makes the functions.
    """

    bus: events.EventBus
    encryption: Encryption
    coordination: Coordination
    dead_letters: DeadLetters
    functions: Functions
