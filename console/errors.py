"""What a person is shown instead of a traceback: the message says what to do."""

from __future__ import annotations

from collections.abc import Sequence


class ConsoleError(Exception):
    """Something that the person who called can do something about."""


class AwsUnavailable(ConsoleError):
    """AWS refused a call or did not answer: no credentials, Region, permission or network."""


class StackNotFound(ConsoleError):
    """There is no orchestrator with this name, or none at all, in this account and Region."""


class SeveralStacks(ConsoleError):
    """There are several orchestrators; the message names them."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = tuple(names)


class RequestNotFound(ConsoleError):
    """No request has this correlation id, name or execution ARN."""


class AmbiguousReference(ConsoleError):
    """Several requests have this correlation id.

    Attributes:
        execution_arns: of these requests, the newest first.
    """

    def __init__(self, message: str, execution_arns: Sequence[str]) -> None:
        super().__init__(message)
        self.execution_arns = tuple(execution_arns)


class NotRunning(ConsoleError):
    """The request has ended: there is nothing to cancel."""
