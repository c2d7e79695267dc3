"""The deployed orchestrator that the console reads and acts on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import boto3


@dataclass(frozen=True)
class Stack:
    """One deployed orchestrator.

    Attributes:
        name: of the CloudFormation stack.
        table_name: of the coordination table.
        slot_limit: how many exports RDS runs at the same time in this account and Region.
    """

    name: str
    account: str
    region: str
    state_machine_arn: str
    table_name: str
    slot_limit: int

    @classmethod
    def find(cls, session: boto3.Session, name: str | None = None) -> Self:
        """Return the stack of this name, or the only orchestrator there is.

        Args:
            session: its credentials and Region say where.
            name: of the CloudFormation stack.

        Raises:
            AwsUnavailable: CloudFormation could not be read; no credentials or Region.
            StackNotFound: there is none; the message names those with a similar name.
            SeveralStacks: no name was given, and there are several.
        """
        raise NotImplementedError
